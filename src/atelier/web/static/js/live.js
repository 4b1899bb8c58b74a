// <live-events src="/live">: one stream a page. Each message becomes a `live` event on the document, with the kind and its
// data; `live:back` says that the stream was away and what was missed must be asked for. Resumes by Last-Event-ID.
const KINDS = [
  "job:queued", "job:started", "job:succeeded", "job:failed", "job:canceled",
  "asset:added", "asset:deleted", "asset:restored", "wallet:changed", "progress",
];
const ASLEEP = 60_000; // a page out of sight for this long gives its connection back

customElements.define("live-events", class extends HTMLElement {
  #source = null;
  #last = "";
  #timer = 0;
  #seen = false;

  connectedCallback() {
    document.addEventListener("visibilitychange", this);
    addEventListener("pagehide", this);
    addEventListener("pageshow", this);
    this.#open();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this);
    removeEventListener("pagehide", this);
    removeEventListener("pageshow", this);
    this.#close();
  }

  handleEvent(event) {
    clearTimeout(this.#timer);
    if (event.type === "pagehide") this.#close();
    else if (document.visibilityState === "hidden") this.#timer = setTimeout(() => this.#close(), ASLEEP);
    else this.#open();
  }

  #open() {
    if (this.#source) return;
    const url = new URL(this.getAttribute("src"), location.href);
    if (this.#last) url.searchParams.set("last", this.#last);
    this.#source = new EventSource(url);
    this.#source.addEventListener("open", () => {
      // a page may be older than its stream: whatever was unfinished when it was written looks again
      document.dispatchEvent(new CustomEvent("live:back", { detail: { first: !this.#seen } }));
      this.#seen = true;
    });
    for (const kind of KINDS) this.#source.addEventListener(kind, (message) => this.#tell(kind, message));
  }

  #tell(kind, message) {
    if (message.lastEventId) this.#last = message.lastEventId;
    const detail = { kind, ...JSON.parse(message.data) };
    document.dispatchEvent(new CustomEvent("live", { detail }));
  }

  #close() {
    this.#source?.close();
    this.#source = null;
  }
});
