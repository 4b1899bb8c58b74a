// <live-events src="/live">: one stream a page. Each message becomes a `live` event on the document, with the kind and its
// data; `live:back` says that the stream was away and what was missed must be asked for. Resumes by Last-Event-ID.
const KINDS = [
  "job:queued", "job:started", "job:requeued", "job:succeeded", "job:failed", "job:canceled",
  "asset:added", "asset:deleted", "asset:restored", "progress",
];
const ASLEEP = 60_000; // a page out of sight for this long gives its connection back
const FIRST = 1_000, LONGEST = 60_000; // how long it waits at most before it asks again where it was refused

customElements.define("live-events", class extends HTMLElement {
  #source = null;
  #last = "";
  #timer = 0;
  #retry = 0;
  #patience = FIRST;
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
      this.#patience = FIRST;
    });
    this.#source.addEventListener("error", () => this.#refused());
    for (const kind of KINDS) this.#source.addEventListener(kind, (message) => this.#tell(kind, message));
  }

  // a line that breaks is taken up again by the browser; after a refusal (401, 429, 503 …) it never asks again by itself
  #refused() {
    if (this.#source?.readyState !== EventSource.CLOSED) return;
    this.#close();
    this.#seen = true; // what was told meanwhile must be asked for
    this.#retry = setTimeout(() => this.#open(), this.#patience * (0.5 + Math.random() / 2));
    this.#patience = Math.min(2 * this.#patience, LONGEST);
  }

  #tell(kind, message) {
    if (message.lastEventId) this.#last = message.lastEventId;
    const detail = { kind, ...JSON.parse(message.data) };
    document.dispatchEvent(new CustomEvent("live", { detail }));
  }

  #close() {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
  }
});
