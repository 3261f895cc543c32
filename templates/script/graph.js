// One flame graph: what of it is shown, and the drawing of that. It knows no mouse, no key and no address.

class FlameGraph {
  #frames = null;
  #chains = null;

  constructor(block) {
    const part = (selector) => block.querySelector(selector);
    this.block = block;
    this.key = block.dataset.flame;
    this.of = block.dataset.of;
    this.arrow = block.dataset.arrow ?? "→"; // from a frame to the next inner one
    [this.graph, this.pane, this.flame] = [".flame-graph", ".pane", ".flame"].map(part);
    [this.told, this.news] = [".told", ".news"].map(part);
    [this.search, this.reset, this.swap] = ["input[type=search]", ".reset", ".swap"].map(part);
    [this.fold, this.copy] = [".fold", ".copy"].map(part);
    this.views = [...block.querySelectorAll("input[type=radio]")];
    this.resting = [...this.told.childNodes];
    this.leavesOut = part(".left-out") !== null;
    this.zoomed = null;
    this.at = null; // the chosen frame
    this.turned = false; // read from candidate to base
    this.folded = false; // chains of single calls
  }

  // Read when first asked for: a report holds thousands of boxes, and most graphs are only looked at.
  get frames() { return (this.#frames ??= framesOf(this.flame)); }
  get chains() { return (this.#chains ??= prepareFold(this)); }
  get view() { return this.views.find((view) => view.checked).value; }
  get wanted() { return this.search.value.trim(); }
  get sides() {
    const sides = ["base", "candidate"].filter((side) => this.frames[0][side].width > 0);
    return this.turned ? sides.reverse() : sides;
  }

  frameOf(box) { return this.frames.find((frame) => frame.box === box) ?? null; }
  place(frame) { return frame[SHAPES[this.view]]; }
  isSeen(frame) {
    const near = !this.zoomed || isWithin(frame, this.zoomed) || isWithin(this.zoomed, frame);
    return near && this.place(frame).width > 0 && this.drawn(frame) === frame;
  }

  // What stands in the graph for a frame, what is around that, in which row, and what it is called.
  drawn(frame) { return (this.folded && frame?.chain?.at(-1)) || frame; }
  outerOf(frame) { return ((this.folded && frame.chain?.[0]) || frame).outer; }
  rowOf(frame) { return this.folded ? frame.row : frame.depth; }
  nameOf(frame) { return this.folded && frame.chain?.at(-1) === frame ? chainWords(this, frame.chain) : frame.name; }
  entitle(frame) { frame.box.title = `${this.nameOf(frame)}: ${frame.said}`; }

  // Show another view, zoomed or chosen frame, search, direction or chains; what is not named stays.
  show({
    view = this.view, zoomed = this.zoomed, at = this.at, wanted = this.search.value, turned = this.turned,
    folded = this.folded,
  }) {
    if (this.folded !== folded) this.#drawFold(folded);
    [zoomed, at] = [this.drawn(zoomed), this.drawn(at)];
    for (const one of this.views) one.checked = one.value === view;
    if (this.search.value !== wanted) this.search.value = wanted;
    this.zoomed = zoomed?.depth > 0 && this.place(zoomed).width > 0 ? zoomed : null;
    this.at = at;
    if (this.turned !== turned) {
      this.turned = turned;
      turn(this);
    }
    this.#drawZoom();
    this.#drawSearch();
    for (const frame of this.frames) frame.box.classList.toggle("at", frame === at);
    this.tell(at);
  }

  tell(frame) {
    if (!frame) { this.told.replaceChildren(...this.resting); return; }
    const lines = [["name", this.nameOf(frame)], ["", frame.said], ...shareWords(this, frame).map((line) => ["share", line])];
    this.told.replaceChildren(...lines.map(([kind, text]) => {
      const line = document.createElement("span");
      [line.className, line.textContent] = [kind, text];
      return line;
    }));
  }

  // Scroll the page as far as the chosen frame needs, above what is told of it.
  reveal() { this.at?.box.scrollIntoView({ behavior: "instant", block: "nearest" }); }

  get matching() {
    const wanted = this.wanted.toLowerCase();
    return wanted ? this.frames.filter((frame) => frame.name.toLowerCase().includes(wanted)) : [];
  }

  #drawFold(folded) {
    this.folded = folded;
    for (const chain of this.chains) this.entitle(chain.at(-1));
    this.graph.classList.toggle("folded", folded);
    this.fold.setAttribute("aria-pressed", String(folded));
  }

  #drawZoom() {
    const { left, width } = this.zoomed ? this.place(this.zoomed) : { left: 0, width: 100 };
    this.flame.style.setProperty("--z0", left);
    this.flame.style.setProperty("--zs", 100 / width);
    for (const frame of this.frames) {
      frame.box.classList.toggle("outer", frame !== this.zoomed && isWithin(this.zoomed, frame));
    }
    this.reset.disabled = !this.zoomed;
  }

  #drawSearch() {
    const matching = this.matching;
    const hits = new Set(matching.map((frame) => this.drawn(frame)));
    this.graph.classList.toggle("searching", this.wanted !== "");
    for (const frame of this.frames) {
      frame.box.classList.toggle("hit", hits.has(frame) && this.place(frame).width > 0);
    }
    this.news.textContent = this.wanted ? searchWords(this, matching) : this.folded ? foldWords(this.chains) : "";
  }
}
