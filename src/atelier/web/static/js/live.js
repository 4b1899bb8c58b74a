// <live-events src="/live" member="…">: what happens to the member's things becomes `live` events on the document, with the
// kind and its data. `live:back` says that facts may have been missed and must be asked for.
//
// A browser keeps one stream however many pages it shows: the page that holds the lock (Web Locks) has it and passes each
// message on (BroadcastChannel); when it goes, the next one takes over and resumes after the last id. A page out of sight
// neither has the stream nor listens, and catches up when it is shown again. Over plain http on another host than localhost
// a browser has no locks; each page in sight then has a stream of its own.
const KINDS = [
  "job:queued", "job:started", "job:requeued", "job:succeeded", "job:failed", "job:canceled",
  "asset:added", "asset:deleted", "asset:restored", "progress",
];
const FIRST = 1_000, LONGEST = 60_000; // milliseconds until it asks again where it was refused, at first and at most
const REPLACED = 30_000; // milliseconds until it asks again after newer streams of the member took its place

customElements.define("live-events", class extends HTMLElement {
  #channel = null;
  #turn = null; // aborted when this page no longer waits for the stream or has it
  #source = null;
  #last = "";
  #retry = 0;
  #patience = FIRST;
  #late = false; // whether something may have happened since this page was written

  connectedCallback() {
    document.addEventListener("visibilitychange", this);
    addEventListener("pagehide", this);
    addEventListener("pageshow", this);
    if (document.visibilityState !== "hidden") this.#begin();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this);
    removeEventListener("pagehide", this);
    removeEventListener("pageshow", this);
    this.#rest();
  }

  handleEvent(event) {
    if (event.type === "pagehide" || document.visibilityState === "hidden") this.#rest();
    else if (!this.#turn) {
      this.#late = true;
      this.#begin();
    }
  }

  #begin() {
    this.#turn = new AbortController();
    if (!navigator.locks) {
      this.#open();
      return;
    }
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.addEventListener("message", ({ data }) => this.#hear(data));
    this.#takeTurn(this.#turn.signal).catch((error) => {
      if (error.name !== "AbortError") throw error;
    });
  }

  #rest() {
    this.#turn?.abort();
    this.#turn = null;
    this.#close();
    this.#channel?.close();
    this.#channel = null;
  }

  get #name() {
    return `live ${this.getAttribute("member")}`;
  }

  async #takeTurn(signal) {
    const have = async (lock) => {
      if (lock && !signal.aborted) await this.#have(signal);
      return Boolean(lock);
    };
    if (await navigator.locks.request(this.#name, { ifAvailable: true }, have)) return;
    if (signal.aborted) return;
    this.#late = true; // another page has the stream, and told the others before this one listened
    this.#back();
    await navigator.locks.request(this.#name, { signal }, have);
  }

  // the stream is ours until the signal
  #have(signal) {
    this.#open();
    return new Promise((done) => signal.addEventListener("abort", done, { once: true }));
  }

  #open() {
    if (this.#source) return;
    const url = new URL(this.getAttribute("src"), location.href);
    if (this.#last) url.searchParams.set("last", this.#last);
    this.#source = new EventSource(url);
    this.#source.addEventListener("open", () => {
      this.#channel?.postMessage({ back: true });
      this.#back();
      this.#patience = FIRST;
    });
    this.#source.addEventListener("error", () => this.#refused());
    this.#source.addEventListener("replaced", () => this.#openIn(REPLACED));
    for (const kind of KINDS) this.#source.addEventListener(kind, (message) => this.#tell(kind, message));
  }

  // a line that breaks is taken up again by the browser; after a refusal (401, 429, 503 …) it never asks again by itself
  #refused() {
    if (this.#source?.readyState !== EventSource.CLOSED) return;
    this.#openIn(this.#patience);
    this.#patience = Math.min(2 * this.#patience, LONGEST);
  }

  #openIn(milliseconds) {
    this.#close();
    this.#late = true;
    this.#retry = setTimeout(() => this.#open(), milliseconds * (0.5 + Math.random() / 2));
  }

  #tell(kind, message) {
    const told = { id: message.lastEventId, detail: { kind, ...JSON.parse(message.data) } };
    this.#channel?.postMessage(told);
    this.#hear(told);
  }

  #hear({ back, id, detail }) {
    if (back) this.#back();
    else {
      if (id) this.#last = id;
      document.dispatchEvent(new CustomEvent("live", { detail }));
    }
  }

  // `first`: the page was just written, so only what was unfinished in it must be asked for
  #back() {
    document.dispatchEvent(new CustomEvent("live:back", { detail: { first: !this.#late } }));
    this.#late = true;
  }

  #close() {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
  }
});
