// Chains of single calls: frames of which each calls the next and does nothing else, so that all have one width, one
// figure and one colour. Folded, the innermost stands for all of its chain: what it calls hangs on it already.

const ROUNDED = 0.0015; // places are written to a thousandth of a percent
const OUTERMOST = 2; // the whole, and below it threads, or by callers the functions, are what a graph is read by

function isSame(frame, outer) {
  const near = (shape) => Math.abs(frame[shape].width - outer[shape].width) < ROUNDED;
  return frame.mark === outer.mark && near("both") && near("base") && near("candidate");
}

// Give every frame of a chain its chain, and every frame its row among the rows that are left.
function chainsOf(frames) {
  const only = new Map(); // by outer frame, and null where there are more
  for (const frame of frames) only.set(frame.outer, only.has(frame.outer) ? null : frame);
  const chains = new Set();
  for (const frame of frames) {
    const { outer } = frame;
    if (frame.depth <= OUTERMOST || only.get(outer) !== frame || !isSame(frame, outer)) continue;
    frame.chain = outer.chain ??= [outer];
    frame.chain.push(frame);
    chains.add(frame.chain);
  }
  for (const frame of frames) frame.row = frame.outer ? frame.outer.row + (isFolded(frame.outer) ? 0 : 1) : 0;
  return [...chains];
}

function isFolded(frame) { return frame.chain !== undefined && frame.chain.at(-1) !== frame; }

// Give the boxes what the style needs to fold and unfold them (.folded).
function prepareFold(graph) {
  const chains = chainsOf(graph.frames);
  graph.flame.style.setProperty("--folded-rows", 1 + Math.max(...graph.frames.map((frame) => frame.row)));
  for (const frame of graph.frames) {
    frame.box.style.setProperty("--k", frame.row);
    frame.box.classList.toggle("within", isFolded(frame));
  }
  const words = (tag, className, textContent) => Object.assign(document.createElement(tag), { className, textContent });
  for (const chain of chains) {
    const { box } = chain.at(-1);
    const functions = chain.map((frame) => frame.function);
    // The name of what is coloured is never left out.
    const named = chain[0].mark === "g" && chain.length > 2 ? [functions[0], "…", functions.at(-1)] : functions;
    box.firstChild.replaceWith(
      words("span", "alone", functions.at(-1)), words("span", "chain", named.join(` ${graph.arrow} `)),
    );
    box.querySelector("s")?.classList.add("alone");
    box.append(words("s", "chain", `${chain.length} frames`));
  }
  return chains;
}
