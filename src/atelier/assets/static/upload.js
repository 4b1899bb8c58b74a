// <asset-upload>: brings pictures into the library by choosing them or dropping them on the page, two at a time. What the
// studio cannot take yet (429, 503) and what a broken connection stopped is sent again with the same key, so that it arrives
// once. What is refused stays in the <upload-list> with its reason.
const AT_ONCE = 2; // the studio opens as many files of one member
const TRIES = 8; // connections that may break before a file counts as failed
const LONGEST_WAIT = 30_000; // milliseconds between two of them
const NEVER = [413, 415, 422]; // the same file would be refused again

customElements.define("asset-upload", class extends HTMLElement {
  #list = null;
  #jobs = []; // {file, key, row, tries, state: "waiting" | "sending" | "kept" | "refused"}
  #stopped = ""; // why nothing is sent: "" | "busy" | "offline" | "signed_out"
  #timer = 0;
  #fresh = false; // whether something is in the library that the page does not show yet

  connectedCallback() {
    this.#list = document.getElementById("uploads");
    this.addEventListener("change", this);
    this.querySelector("[type=file]").multiple = true; // the plain form takes one
    for (const kind of ["dragover", "dragleave", "drop"]) document.addEventListener(kind, this);
    for (const kind of ["again", "drop-one", "close", "go-on"]) this.#list.addEventListener(kind, this);
    for (const kind of ["online", "beforeunload"]) addEventListener(kind, this);
  }

  disconnectedCallback() {
    for (const kind of ["dragover", "dragleave", "drop"]) document.removeEventListener(kind, this);
    for (const kind of ["online", "beforeunload"]) removeEventListener(kind, this);
    clearTimeout(this.#timer);
  }

  handleEvent(event) {
    switch (event.type) {
      case "change": return this.#add([...event.target.files]);
      case "beforeunload": return this.#open.length ? event.preventDefault() : undefined;
      case "online": return this.#stopped === "offline" ? this.#goOn() : undefined;
      case "go-on": return this.#goOn();
      case "again": return this.#again(this.#jobs.filter(({ row }) => !event.detail || row === event.detail));
      case "drop-one": return this.#remove(event.detail);
      case "close": return this.#remove(null);
      default: return this.#drag(event);
    }
  }

  get #open() { return this.#jobs.filter(({ state }) => state === "waiting" || state === "sending"); }

  #drag(event) {
    if (event.type === "dragleave") this.classList.toggle("over", Boolean(event.relatedTarget) && this.matches(".over"));
    else if (event.dataTransfer?.types.includes("Files")) {
      event.preventDefault();
      this.classList.toggle("over", event.type === "dragover");
      if (event.type === "drop") this.#add([...event.dataTransfer.files]);
    }
  }

  #add(files) {
    for (const file of files) {
      const job = { file, key: newKey(), row: this.#list.add(file.name), tries: 0, state: "waiting" };
      this.#jobs.push(job);
      const limit = this.#limit(file.name);
      if (limit && file.size > limit.most) this.#become(job, "refused", { text: limit.large });
    }
    this.querySelector("form").reset();
    this.#list.announce(this.#jobs);
    this.#next();
  }

  // what the library takes of this kind of file; nothing of one that it does not know, which the studio then refuses
  #limit(name) {
    const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
    return JSON.parse(this.dataset.limits).find(({ endings }) => endings.includes(ending));
  }

  #become(job, state, more) {
    job.state = state;
    this.#list.show(job.row, state, more);
    this.#list.count(this.#jobs);
  }

  #again(jobs) {
    for (const job of jobs) {
      if (job.state !== "refused" || !("again" in job.row.dataset)) continue;
      job.tries = 0;
      this.#become(job, "waiting");
    }
    this.#goOn();
  }

  // one of the list, or the whole list
  #remove(row) {
    this.#jobs = this.#jobs.filter((job) => {
      const goes = !row || job.row === row;
      if (goes) job.row.remove();
      if (goes) job.request?.abort();
      return !goes;
    });
    this.#list.count(this.#jobs);
    this.#next();
  }

  #goOn() {
    clearTimeout(this.#timer);
    this.#stopped = "";
    this.#list.pause("");
    this.#next();
  }

  // sends nothing for so many milliseconds; without a time until somebody or the connection says so
  #stop(why, wait) {
    if (this.#stopped && this.#stopped !== "busy") return;
    clearTimeout(this.#timer);
    this.#stopped = why;
    this.#list.pause(why, wait);
    if (wait) this.#timer = setTimeout(() => this.#goOn(), wait);
  }

  #next() {
    const sending = this.#jobs.filter(({ state }) => state === "sending").length;
    if (!this.#stopped) for (const job of this.#jobs.filter(({ state }) => state === "waiting").slice(0, AT_ONCE - sending)) this.#send(job);
    if (this.#fresh && !this.#jobs.some(({ state }) => state === "sending")) this.#refresh();
    if (this.#jobs.length && !this.#open.length) this.#list.announce(this.#jobs);
  }

  async #send(job) {
    this.#become(job, "sending", { share: 0 });
    const readable = await job.file.slice(0, 1).arrayBuffer().then(() => true, () => false);
    if (!this.#jobs.includes(job)) return;
    if (!readable) this.#become(job, "refused", { text: this.dataset.unreadable, again: true });
    else this.#judge(job, await this.#post(job));
    this.#next();
  }

  #post(job) {
    return new Promise((resolve) => {
      const request = job.request = new XMLHttpRequest(); // fetch tells no progress
      const form = new FormData();
      form.append("file", job.file);
      request.open("POST", "/api/v1/assets");
      request.responseType = "json";
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader("Idempotency-Key", job.key);
      request.upload.addEventListener("progress", ({ loaded, total }) => this.#list.show(job.row, "sending", { share: loaded / total }));
      request.addEventListener("loadend", () => resolve(request));
      request.send(form);
    });
  }

  #judge(job, request) {
    if (!this.#jobs.includes(job)) return; // removed meanwhile
    const { status, response } = request;
    if (status === 201 || status === 200) {
      this.#fresh = true;
      this.#become(job, "kept", { href: `/library/${response.id}` });
    } else if (status === 429 || status === 503) {
      const seconds = Number(request.getResponseHeader("Retry-After")) || 5;
      this.#become(job, "waiting");
      this.#stop("busy", seconds * 1000);
    } else if (status === 401) {
      this.#become(job, "waiting");
      this.#stop("signed_out");
    } else if (status === 0 && ++job.tries < TRIES) {
      this.#become(job, "waiting");
      this.#stop("offline", navigator.onLine ? Math.min(1000 * 2 ** (job.tries - 1), LONGEST_WAIT) : 0);
    } else this.#become(job, "refused", { text: response?.title ?? this.dataset.broken, again: !NEVER.includes(status) });
  }

  // shows what is new, unless somebody is choosing pictures just now
  async #refresh() {
    if (this.#open.length && document.querySelector("#shown [name=ids]:checked")) return;
    this.#fresh = false;
    document.querySelector(".sieve").hidden = false;
    const here = new URL(location.href);
    here.searchParams.delete("cursor");
    await window.htmx.ajax("GET", here.pathname + here.search, { target: "#shown", swap: "outerHTML" });
  }
});
