// <run-card id="run-…" data-job="…" data-state="queued|running|…" data-src="/jobs/…/run">: a run that keeps itself up to date.
// A fact about its job fetches the run again and swaps only the parts (data-part) whose written form has changed; progress
// moves the line and the preview in place. Nothing is swapped before its pictures are decoded, so nothing flickers.
const ENDED = new Set(["succeeded", "failed", "canceled"]);

const parts = (root) => new Map([...root.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
const called = (one) => one.ariaLabel ?? one.textContent.trim();
const decoded = (root) => Promise.allSettled([...root.querySelectorAll("img")].map((img) => {
  img.loading = "eager";
  return img.decode();
}));

customElements.define("run-card", class extends HTMLElement {
  #written = new Map();
  #busy = false;
  #again = false;
  #previews = new Map();

  connectedCallback() {
    for (const [name, part] of parts(this)) this.#written.set(name, part.outerHTML);
    document.addEventListener("live", this);
    document.addEventListener("live:back", this);
    this.addEventListener("htmx:beforeSwap", this);
    if (!ENDED.has(this.dataset.state)) this.#refresh(); // what was told since this was written, nobody here has heard
  }

  disconnectedCallback() {
    document.removeEventListener("live", this);
    document.removeEventListener("live:back", this);
  }

  handleEvent({ type, detail }) {
    if (type === "htmx:beforeSwap") this.#answered(detail);
    else if (type === "live:back") {
      if (!ENDED.has(this.dataset.state)) this.#refresh();
    } else if (detail.kind === "progress") {
      if (detail.job === this.dataset.job && !ENDED.has(this.dataset.state)) this.#progress(detail);
    } else if ((detail.job ?? detail.subject) === this.dataset.job) this.#refresh();
  }

  // a button of ours was answered: with this run as it is now, or with a new one in its stead
  #answered(detail) {
    if (detail.xhr.status >= 400) return;
    detail.shouldSwap = false;
    const page = new DOMParser().parseFromString(detail.serverResponse, "text/html");
    const card = page.querySelector("run-card");
    if (card?.dataset.job === this.dataset.job) this.#take(page);
    else if (card) this.#beside(card);
  }

  #beside(card) {
    const wall = this.closest("run-wall");
    if (!wall) location.assign(`/jobs/${card.dataset.job}`);
    else if (!document.getElementById(card.id)) wall.prepend(document.adoptNode(card)), window.htmx?.process(card);
  }

  #progress({ position, step, steps, preview, elapsed_s: elapsed }) {
    const frame = this.querySelector(`[data-part="frame-${position}"]`);
    if (frame?.matches(".queued, .making")) {
      frame.classList.replace("queued", "making");
      const line = frame.querySelector("progress");
      if (line && steps) {
        line.max = steps;
        line.value = step;
        frame.classList.toggle("half", step / steps > 0.4);
        frame.classList.toggle("late", step / steps > 0.75);
        frame.classList.toggle("whole", step >= steps);
      }
      if (preview) this.#show(frame, position, preview);
    }
    const status = this.querySelector("[data-left]");
    const done = [...this.querySelectorAll(".making progress")].reduce((sum, line) => sum + line.position, 0);
    if (!status || !elapsed || done < 0.1) return;
    const left = elapsed / done * (Number(this.dataset.expected) - done);
    status.textContent = status.dataset.left.replace("{s}", Math.max(1, Math.round(left)));
  }

  async #show(frame, position, url) {
    if (this.#previews.get(position) === url) return;
    this.#previews.set(position, url);
    const next = new Image();
    next.alt = "";
    next.src = url;
    await next.decode().catch(() => {});
    if (this.#previews.get(position) !== url || !next.naturalWidth || !frame.isConnected) return;
    const old = frame.querySelector("img");
    if (old) old.replaceWith(next);
    else frame.prepend(next);
  }

  async #refresh() {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    try {
      do {
        this.#again = false;
        await this.#fetch();
      } while (this.#again && this.isConnected);
    } finally {
      this.#busy = false;
    }
  }

  async #fetch() {
    const answer = await fetch(this.dataset.src, { headers: { "HX-Request": "true", Accept: "text/html" } }).catch(() => null);
    const written = answer?.ok ? await answer.text().catch(() => null) : null; // null: it was cut off
    if (written !== null) await this.#take(new DOMParser().parseFromString(written, "text/html"));
  }

  async #take(page) {
    const next = page.querySelector(`run-card[data-job="${this.dataset.job}"]`);
    if (!next) return;
    const before = this.dataset.state;
    await this.#swap(next);
    for (const name of ["state", "said"]) this.dataset[name] = next.dataset[name] ?? "";
    this.className = next.className;
    for (const piece of page.querySelectorAll("[data-piece]")) {
      const here = document.getElementById(piece.id);
      if (here && here.outerHTML !== piece.outerHTML) here.replaceWith(document.adoptNode(piece));
    }
    if (before !== this.dataset.state) {
      if (this.dataset.said) document.getElementById("announce").textContent = this.dataset.said;
      this.dispatchEvent(new CustomEvent("run:state", { bubbles: true }));
    }
  }

  async #swap(next) {
    const here = parts(this);
    for (const [name, part] of parts(next)) {
      const html = part.outerHTML;
      const old = here.get(name);
      if (!old || this.#written.get(name) === html) continue;
      const fresh = document.adoptNode(part);
      const shown = old.querySelector("img");
      const kept = fresh.matches(".making") && shown && this.#previews.has(Number(old.dataset.position));
      if (kept) fresh.querySelector("img")?.remove(), fresh.prepend(shown); // ours is newer than the one just written
      else await decoded(fresh);
      this.#written.set(name, html);
      const focused = old.contains(document.activeElement) ? called(document.activeElement) : "";
      if (fresh.matches(".pic:has(> a)")) fresh.classList.add("fresh");
      old.replaceWith(fresh);
      window.htmx?.process(fresh);
      if (focused) ([...fresh.querySelectorAll("a, button")].find((one) => called(one) === focused) ?? fresh.querySelector("button, a"))?.focus();
    }
  }
});
