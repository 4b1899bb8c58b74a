// <run-wall data-tool="…">: a list of runs to which new ones come by themselves, newest first; data-still: a filtered or older
// page, which keeps what it has.
const ask = async (url) => {
  const answer = await fetch(url, { headers: { "HX-Request": "true", Accept: "text/html" } }).catch(() => null);
  return answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
};

customElements.define("run-wall", class extends HTMLElement {
  connectedCallback() {
    if ("still" in this.dataset) return;
    document.addEventListener("live", this);
    document.addEventListener("live:back", this);
  }

  disconnectedCallback() {
    document.removeEventListener("live", this);
    document.removeEventListener("live:back", this);
  }

  handleEvent({ type, detail }) {
    if (type === "live:back") {
      if (!detail.first) this.#catchUp();
    } else if (detail.kind === "job:queued") this.#meet(detail);
  }

  async #meet({ subject, tool }) {
    if (this.dataset.tool && tool && tool !== this.dataset.tool) return;
    await new Promise((done) => setTimeout(done, 300)); // the form's own answer may be bringing it
    if (!document.getElementById(`run-${subject}`)) this.#add(await ask(`/jobs/${subject}/run`));
  }

  async #catchUp() {
    this.#add(await ask(location.href));
  }

  #add(page) {
    const cards = [...(page?.querySelectorAll("run-card") ?? [])].filter((card) => !document.getElementById(card.id));
    if (!cards.length) return;
    document.querySelector("[data-empty]")?.remove();
    for (const card of cards.reverse()) {
      this.prepend(document.adoptNode(card));
      window.htmx?.process(card);
    }
  }
});
