"use strict";
// Zoom, search and keys for the flame graphs. Everything they show stands in the page without this script.
document.documentElement.classList.add("js");
for (const graph of document.querySelectorAll("[data-flame]")) {
  const flame = graph.querySelector(".flame");
  const boxes = [...flame.querySelectorAll(".f")];
  const told = graph.querySelector(".told");
  const search = graph.querySelector("input[type=search]");
  const reset = graph.querySelector("button");
  const resting = told.textContent;
  const shapes = { both: ["--u", "--v"], "to-base": ["--b", "--p"], base: ["--b", "--p"], "to-candidate": ["--c", "--q"], candidate: ["--c", "--q"] };
  const read = (box, name) => Number(box.style.getPropertyValue(name));
  const depth = (box) => read(box, "--d");
  const place = (box) => {
    const [left, width] = shapes[graph.querySelector("input[type=radio]:checked").value];
    return { left: read(box, left), width: read(box, width) };
  };
  // Boxes stand in the page outer before inner, so a box's outer frames are the nearest shallower ones before it.
  const outerOf = (box) => {
    const found = [];
    for (let i = boxes.indexOf(box) - 1, d = depth(box); i >= 0 && d > 0; i--) {
      if (depth(boxes[i]) < d) { found.push(boxes[i]); d = depth(boxes[i]); }
    }
    return found;
  };
  let zoomed = null;
  let at = null;
  const zoom = (box) => {
    const wanted = box && box !== zoomed && place(box).width > 0 ? box : null;
    zoomed = wanted && depth(wanted) > 0 ? wanted : null;
    const outer = new Set(zoomed ? outerOf(zoomed) : []);
    const { left, width } = zoomed ? place(zoomed) : { left: 0, width: 100 };
    flame.style.setProperty("--z0", left);
    flame.style.setProperty("--zs", 100 / width);
    for (const one of boxes) one.classList.toggle("outer", outer.has(one));
    reset.disabled = !zoomed;
  };
  const point = (box) => {
    if (at) at.classList.remove("at");
    at = box;
    if (at) at.classList.add("at");
    told.textContent = at ? at.title : resting;
  };
  const find = () => {
    const wanted = search.value.trim().toLowerCase();
    graph.classList.toggle("searching", wanted !== "");
    let base = 0, candidate = 0, hits = 0, within = Infinity;
    for (const box of boxes) {
      const hit = wanted !== "" && box.title.split(": ")[0].toLowerCase().includes(wanted);
      box.classList.toggle("hit", hit);
      if (depth(box) <= within) within = Infinity;
      if (!hit) continue;
      hits++;
      // A match inside a match is part of it already.
      if (within === Infinity) { base += read(box, "--p"); candidate += read(box, "--q"); within = depth(box); }
    }
    told.textContent = wanted === "" ? resting : `${hits} frames match: ${base.toFixed(1)} % of the base's total, ${candidate.toFixed(1)} % of the candidate's`;
  };
  flame.addEventListener("mouseover", (event) => { const box = event.target.closest(".f"); if (box) told.textContent = box.title; });
  flame.addEventListener("mouseleave", () => { if (search.value.trim()) find(); else told.textContent = at ? at.title : resting; });
  flame.addEventListener("click", (event) => { const box = event.target.closest(".f"); if (box) { zoom(box); point(box); } });
  reset.addEventListener("click", () => zoom(null));
  search.addEventListener("input", find);
  for (const view of graph.querySelectorAll("input[type=radio]")) view.addEventListener("change", () => { const kept = zoomed; zoomed = null; zoom(kept); });
  flame.addEventListener("keydown", (event) => {
    const i = boxes.indexOf(at);
    const seen = (box) => place(box).width > 0;
    let next = null;
    if (event.key === "Escape") { zoom(null); return; }
    if (event.key === "Enter" && at) { zoom(at); return; }
    if (!at && event.key.startsWith("Arrow")) next = boxes[0];
    else if (event.key === "ArrowUp") next = outerOf(at)[0];
    else if (event.key === "ArrowDown") next = boxes.slice(i + 1).find((b, j, all) => seen(b) && depth(b) === depth(at) + 1 && !all.slice(0, j).some((o) => depth(o) <= depth(at)));
    else if (event.key === "ArrowRight") next = boxes.slice(i + 1).find((b) => seen(b) && depth(b) === depth(at));
    else if (event.key === "ArrowLeft") next = boxes.slice(0, i).reverse().find((b) => seen(b) && depth(b) === depth(at));
    else return;
    event.preventDefault();
    if (next) point(next);
  });
  zoom(null);
}
