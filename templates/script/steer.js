// Mouse, touch and keys of one graph. Every change of what is shown goes to `change`.

function steer(graph, change) {
  const boxAt = (event) => event.target.closest(".f");
  const zoomOrBack = (frame) => change({ zoomed: frame === graph.zoomed ? null : frame, at: frame });

  graph.flame.addEventListener("mouseover", (event) => { if (boxAt(event)) graph.tell(graph.frameOf(boxAt(event))); });
  graph.flame.addEventListener("mouseleave", () => graph.tell(graph.at));
  graph.flame.addEventListener("click", (event) => { if (boxAt(event)) zoomOrBack(graph.frameOf(boxAt(event))); });
  for (const view of graph.views) view.addEventListener("change", () => change({ view: view.value }));
  graph.reset.addEventListener("click", () => { graph.flame.focus(); change({ zoomed: null }); });
  graph.swap?.addEventListener("click", () => change({ turned: !graph.turned }));
  graph.fold.addEventListener("click", () => change({ folded: !graph.folded }));
  graph.copy.addEventListener("click", () => copyLink(graph));
  graph.search.addEventListener("input", () => change({}));

  graph.search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    change(nextMatch(graph, event.shiftKey ? -1 : 1));
    graph.reveal();
  });
  graph.flame.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape") change({ zoomed: null });
    else if (event.key === "Enter" && graph.at) zoomOrBack(graph.at);
    else if (event.key === "/") graph.search.focus();
    else if (event.key.startsWith("Arrow")) change({ at: neighbour(graph, event.key) ?? graph.at });
    else return;
    event.preventDefault();
    if (event.key !== "/") graph.reveal();
  });
}

function neighbour(graph, key) {
  const { at, frames } = graph;
  if (!at || !graph.isSeen(at)) return graph.zoomed ?? frames[0];
  if (key === "ArrowUp") return graph.outerOf(at);
  if (key === "ArrowDown") return frames.find((frame) => graph.outerOf(frame) === at && graph.isSeen(frame));
  const beside = frames.filter((frame) => graph.rowOf(frame) === graph.rowOf(at) && graph.isSeen(frame));
  return beside[beside.indexOf(at) + (key === "ArrowRight" ? 1 : -1)];
}

function nextMatch(graph, step) {
  const shown = [...new Set(graph.matching.map((frame) => graph.drawn(frame)))].filter(
    (frame) => graph.place(frame).width > 0,
  );
  if (shown.length === 0) return {};
  const now = shown.indexOf(graph.at);
  const at = shown[now < 0 && step < 0 ? shown.length - 1 : (now + step + shown.length) % shown.length];
  return graph.isSeen(at) ? { at } : { at, zoomed: null };
}
