// What the page says of a frame and of a search: always a share of something, and of what.

function percent(share) {
  if (share === 0) return "0 %";
  return share < 0.1 ? "below 0.1 %" : `${share.toFixed(share < 99.95 ? 1 : 0)} %`;
}

// "59.8 % of the base's CPU, 51.2 % of the candidate's per 1,000 stored messages", with one side only that one.
function sharesOfAll(graph, shareOn) {
  const [first, ...others] = graph.sides;
  const rest = others.map((side) => ` and ${percent(shareOn(side))} of the ${side}'s`).join("");
  return `${percent(shareOn(first))} of the ${first}'s ${graph.of}${rest}, per 1,000 stored messages`;
}

function shareWords(graph, frame) {
  const lines = [`Share: ${sharesOfAll(graph, (side) => frame[side].width)}.`];
  const zoomed = graph.zoomed;
  if (zoomed && frame !== zoomed && isWithin(frame, zoomed)) {
    const of = (side) => {
      const whole = zoomed[side].width;
      if (whole === 0) return `not in the ${side}`;
      const share = 100 * frame[side].width / whole;
      // Places are written to a thousandth of a percent, so a share of a narrow frame has no decimals.
      return `${whole < 1 && share >= 1 ? `${Math.round(share)} %` : percent(share)} in the ${side}`;
    };
    lines.push(`Of the zoomed ${zoomed.name}: ${graph.sides.map(of).join(", ")}.`);
  }
  return lines;
}

// "main (server.py) → run (loop.py) → turn (loop.py), 3 frames"
function chainWords(graph, chain) {
  return `${chain.map((frame) => frame.name).join(` ${graph.arrow} `)}, ${chain.length} frames`;
}

function foldWords(chains) {
  if (chains.length === 0) return "There is no chain of single calls to fold.";
  return `${chains.flat().length} frames are shown as ${chains.length}.`;
}

function searchWords(graph, matching) {
  const n = matching.length;
  const unsearched = graph.leavesOut ? " Frames left out as too narrow are not searched." : "";
  if (n === 0) return `No frame matches.${unsearched}`;
  // A match inside a match is part of it already.
  const all = new Set(matching);
  const outermost = matching.filter((frame) => {
    for (let at = frame.outer; at; at = at.outer) if (all.has(at)) return false;
    return true;
  });
  const sum = (side) => outermost.reduce((total, frame) => total + frame[side].width, 0);
  return `${n} ${n === 1 ? "frame matches" : "frames match"}: ${sharesOfAll(graph, sum)}.${unsearched}`;
}
