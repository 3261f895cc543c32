// A view of a graph as an address: #flame=cpu-acks1&view=to-base&zoom=all;MainThread;...&search=walk&swap=1&fold=1

const LONGEST_SEARCH = 200;

function hashOf(graph) {
  const link = new URLSearchParams({ flame: graph.key });
  if (graph.view !== graph.views[0].value) link.set("view", graph.view);
  if (graph.zoomed) link.set("zoom", graph.zoomed.path);
  if (graph.at && graph.at !== graph.zoomed) link.set("frame", graph.at.path);
  if (graph.wanted) link.set("search", graph.wanted);
  if (graph.turned) link.set("swap", "1");
  if (graph.folded) link.set("fold", "1");
  return `#${link}`;
}

function keepInAddress(graph) {
  try {
    history.replaceState(history.state, "", hashOf(graph));
  } catch {
    // A page inside another page may not, and no page too often; what is shown is right all the same.
  }
}

// Whatever an address holds is only compared with what the page knows; what it does not know is left out.
function showFromAddress(graphs) {
  const link = new URLSearchParams(location.hash.slice(1));
  const graph = graphs.find((one) => one.key === link.get("flame"));
  if (!graph) return;
  const framed = (name) => graph.frames.find((frame) => frame.path === link.get(name)) ?? null;
  const zoomed = framed("zoom");
  graph.show({
    view: (graph.views.find((view) => view.value === link.get("view")) ?? graph.views[0]).value,
    zoomed,
    at: framed("frame") ?? zoomed,
    wanted: (link.get("search") ?? "").slice(0, LONGEST_SEARCH),
    turned: graph.swap !== null && link.get("swap") === "1",
    folded: link.get("fold") === "1",
  });
  unfold(graph.block);
  graph.flame.focus({ preventScroll: true });
  graph.block.scrollIntoView({ behavior: "instant", block: "start" });
  graph.pane.scrollIntoView({ behavior: "instant", block: "nearest" }); // on a small screen past the words before it
  graph.reveal();
}

async function copyLink(graph) {
  keepInAddress(graph);
  try {
    await navigator.clipboard.writeText(new URL(hashOf(graph), location.href).href);
    graph.news.textContent = "Copied. What follows # opens this view in any copy of this report.";
  } catch {
    graph.news.textContent = "This browser does not let the page copy: the address of this page is the link.";
  }
}
