// Everything that the page tells stands in it without this script; this makes its flame graphs answer.

document.documentElement.classList.add("js");
const graphs = [...document.querySelectorAll("[data-flame]")].map((block) => new FlameGraph(block));
for (const graph of graphs) {
  steer(graph, (part) => {
    graph.show(part);
    keepInAddress(graph);
  });
}
addEventListener("hashchange", () => showFromAddress(graphs));
showFromAddress(graphs);
