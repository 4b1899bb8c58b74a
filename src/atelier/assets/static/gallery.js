// <asset-gallery>: pictures chosen by click, Shift-click and keys. Arrows move, Space selects, F favours, Delete deletes,
// Enter opens (a link does that by itself), Ctrl or Cmd with A selects what is shown, Escape clears.
customElements.define("asset-gallery", class extends HTMLElement {
  #last = null; // where a Shift-click begins

  connectedCallback() {
    this.addEventListener("click", this);
    this.addEventListener("change", this);
    this.addEventListener("keydown", this);
    this.addEventListener("reset", this);
    document.addEventListener("htmx:afterSettle", this);
    document.addEventListener("keydown", this);
    this.#count();
  }

  disconnectedCallback() {
    document.removeEventListener("htmx:afterSettle", this);
    document.removeEventListener("keydown", this);
  }

  handleEvent(event) {
    switch (event.type) {
      case "click": return this.#click(event);
      case "change": return this.#count();
      case "reset": return queueMicrotask(() => this.#count());
      case "htmx:afterSettle": return this.#settled();
      case "keydown": return event.currentTarget === this ? this.#key(event) : this.#keyAnywhere(event);
    }
  }

  get #tiles() { return [...this.querySelectorAll(".gallery > .pic")]; }
  get #chosen() { return this.querySelectorAll('[name="ids"]:checked'); }

  #box(tile) { return tile.querySelector('[name="ids"]'); }

  #click(event) {
    const tile = event.target.closest(".gallery > .pic");
    if (!tile) return;
    const link = event.target.closest("a[href^='/library/']");
    // once something is chosen, a click chooses too; Enter (a click without a pointer) and a modified click keep their meaning
    if (link && event.detail && (event.shiftKey || this.#chosen.length) && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.#box(tile).checked = event.shiftKey ? true : !this.#box(tile).checked;
    } else if (!event.target.matches('[name="ids"]')) return;
    if (event.shiftKey && this.#last?.isConnected) this.#range(this.#last, tile, this.#box(tile).checked);
    this.#last = tile;
    this.#count();
  }

  #range(from, to, on) {
    const tiles = this.#tiles;
    const [first, last] = [tiles.indexOf(from), tiles.indexOf(to)].sort((a, b) => a - b);
    for (const tile of tiles.slice(first, last + 1)) this.#box(tile).checked = on;
  }

  #count() {
    const count = this.#chosen.length;
    const output = this.querySelector(".chosen output");
    if (output) output.textContent = count ? this.dataset.said.replace("{count}", count) : "";
  }

  #settled() {
    this.#count();
    if (this.querySelector(".gallery") && !this.#tiles.length) location.assign(location.pathname + location.search);
  }

  #keyAnywhere(event) {
    if (event.key === "Escape" && !event.defaultPrevented && !event.target.closest("input[type=search], dialog")) this.#clear();
    else if (event.key.startsWith("Arrow") && event.target === document.body) {
      const first = this.#tiles.find((tile) => tile.getBoundingClientRect().top >= 0);
      if (first) event.preventDefault(), first.querySelector("a").focus();
    }
  }

  #clear() {
    for (const box of this.#chosen) box.checked = false;
    this.#count();
  }

  #key(event) {
    const tile = event.target.closest(".gallery > .pic");
    if (!tile || event.altKey) return;
    const onButton = event.target.matches("button, input");
    if (event.ctrlKey || event.metaKey) {
      if (event.key.toLowerCase() !== "a") return;
      for (const each of this.#tiles) this.#box(each).checked = true;
    } else if (event.key.startsWith("Arrow")) this.#move(tile, event);
    else if (event.key === " " && !onButton) {
      const box = this.#box(tile);
      box.checked = !box.checked;
      this.#last = tile;
    } else if (event.key === "f") tile.querySelector('form[action$="/favourite"]').requestSubmit();
    else if (event.key === "Delete" || event.key === "Backspace") this.#delete(tile);
    else return;
    event.preventDefault();
    this.#count();
  }

  #move(tile, { key, shiftKey }) {
    const tiles = this.#tiles;
    const at = tiles.indexOf(tile);
    const next = key === "ArrowRight" ? tiles[at + 1] : key === "ArrowLeft" ? tiles[at - 1] : this.#across(tiles, tile, key === "ArrowDown");
    if (!next) return;
    if (shiftKey) this.#range(tile, next, true), (this.#last = next);
    next.querySelector("a").focus();
    next.scrollIntoView({ block: "nearest" });
  }

  // the tile in the row below or above whose middle is nearest
  #across(tiles, tile, down) {
    const here = tile.getBoundingClientRect();
    const middle = here.left + here.width / 2;
    let row = null;
    let best = null;
    let far = Infinity;
    const order = tiles.slice(down ? tiles.indexOf(tile) : 0, down ? undefined : tiles.indexOf(tile));
    for (const each of down ? order : order.reverse()) {
      const box = each.getBoundingClientRect();
      if (down ? box.top < here.bottom - 1 : box.bottom > here.top + 1) continue;
      row ??= box.top;
      if (Math.abs(box.top - row) > 2) break;
      const off = Math.abs(box.left + box.width / 2 - middle);
      if (off < far) [best, far] = [each, off];
    }
    return best;
  }

  #delete(tile) {
    if (!this.#chosen.length) this.#box(tile).checked = true;
    const going = new Set([...this.#chosen].map((box) => box.closest(".pic")));
    const tiles = this.#tiles;
    const stays = tiles.slice(tiles.indexOf(tile)).find((each) => !going.has(each)) ?? tiles.findLast((each) => !going.has(each));
    stays?.querySelector("a").focus();
    this.querySelector("[data-delete]").click();
  }
});

// <asset-page>: arrows go to the neighbours, F favours, Delete deletes, Escape goes back to the library.
customElements.define("asset-page", class extends HTMLElement {
  connectedCallback() { document.addEventListener("keydown", this); }
  disconnectedCallback() { document.removeEventListener("keydown", this); }

  handleEvent(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, audio, video, dialog")) return;
    const keys = { ArrowLeft: "[rel=prev]", ArrowRight: "[rel=next]", f: 'form[action$="/favourite"] button', Delete: "[data-delete]", Escape: "[data-up]" };
    const target = keys[event.key] && this.querySelector(keys[event.key]);
    if (!target) return;
    event.preventDefault();
    target.click();
  }
});
