// A change read the other way round, from candidate to base: what grew shrank. Colours turn by style (.turned).

const OPPOSITE = { "+": "−", "−": "+", grew: "shrank", shrank: "grew" };
const turnedSigns = (text) => text.replace(/[+−]/g, (sign) => OPPOSITE[sign]);

// "base 1 µs (2 samples) → candidate 3 µs (4 samples); +2 µs (95 % interval +1 µs to +3 µs), by itself 0 µs; grew"
function turnedWords(said) {
  const [sides, change, state, ...of] = said.split("; ");
  const turned = turnedSigns(change).replace(/interval (.+) to (.+)\)/, "interval $2 to $1)");
  return [sides.split(" → ").reverse().join(" → "), turned, OPPOSITE[state] ?? state, ...of].join("; ");
}

// Turn all that a graph's block tells; once more, and it reads as before.
function turn(graph) {
  for (const frame of graph.frames) {
    frame.said = turnedWords(frame.said);
    graph.entitle(frame);
    for (const delta of frame.box.querySelectorAll("b")) delta.textContent = turnedSigns(delta.textContent);
  }
  // Sentences, captions and cells carry how they read the other way round.
  for (const part of graph.block.querySelectorAll("[data-turned]")) {
    [part.textContent, part.dataset.turned] = [part.dataset.turned, part.textContent];
  }
  graph.graph.classList.toggle("turned", graph.turned);
  graph.swap.setAttribute("aria-pressed", String(graph.turned));
}
