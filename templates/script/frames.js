"use strict";
// The frames of a flame graph, read off their boxes: name, place in each shape, and who holds whom.

const SHAPES = { both: "both", "to-base": "base", base: "base", "to-candidate": "candidate", candidate: "candidate" };

function framesOf(flame) {
  const open = []; // of each depth the frame that was met last; boxes stand in the page outer before inner
  return [...flame.querySelectorAll(".f")].map((box) => {
    const read = (property) => Number(box.style.getPropertyValue(property));
    const place = (left, width) => ({ left: read(left), width: read(width) });
    const depth = read("--d");
    const outer = depth > 0 ? open[depth - 1] : null;
    const cut = box.title.lastIndexOf(": "); // a name may hold one; what is said of it does not
    const name = box.title.slice(0, cut);
    const frame = {
      box, depth, outer, name, said: box.title.slice(cut + 2),
      function: box.firstChild?.textContent ?? "", mark: box.classList[1],
      path: outer ? `${outer.path};${name}` : name, // as in folded stacks: it stays when the report is made anew
      both: place("--u", "--v"), base: place("--b", "--p"), candidate: place("--c", "--q"),
    };
    open[depth] = frame;
    return frame;
  });
}

function isWithin(frame, outer) {
  for (let at = frame; at; at = at.outer) if (at === outer) return true;
  return false;
}
