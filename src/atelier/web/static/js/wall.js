// <run-wall src="/jobs/{id}/run">: a list of runs to which new ones come by themselves, newest first.
customElements.define("run-wall", class extends HTMLElement {
  connectedCallback() { document.addEventListener("live", this); }
  disconnectedCallback() { document.removeEventListener("live", this); }

  async handleEvent({ detail }) {
    const { kind, subject } = detail;
    if (kind !== "job:queued" || this.dataset.tool && detail.tool && detail.tool !== this.dataset.tool) return;
    const known = () => document.getElementById(`run-${subject}`);
    await new Promise((done) => setTimeout(done, 250)); // the form's own answer may be bringing it
    if (known()) return;
    const answer = await fetch(`/jobs/${subject}/run`, { headers: { "HX-Request": "true", Accept: "text/html" } }).catch(() => null);
    if (!answer?.ok) return;
    const html = await answer.text();
    if (known()) return;
    const card = new DOMParser().parseFromString(html, "text/html").querySelector("run-card");
    if (!card) return;
    document.querySelector("[data-empty]")?.remove();
    this.prepend(document.adoptNode(card));
    window.htmx?.process(card);
  }
});
