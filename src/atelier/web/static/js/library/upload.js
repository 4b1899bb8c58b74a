// <asset-upload>: brings pictures into the library, several at a time, by choosing or by dropping them on the page.
const LARGEST = 20_000_000; // bytes, as the server says too

customElements.define("asset-upload", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", this);
    this.querySelector("input").multiple = true; // the plain form takes one
    for (const kind of ["dragover", "dragleave", "drop"]) document.addEventListener(kind, this);
  }

  disconnectedCallback() {
    for (const kind of ["dragover", "dragleave", "drop"]) document.removeEventListener(kind, this);
  }

  handleEvent(event) {
    if (event.type === "change") this.#bring([...event.target.files]);
    else if (event.type === "dragleave") this.classList.toggle("over", Boolean(event.relatedTarget) && this.matches(".over"));
    else if (event.dataTransfer?.types.includes("Files")) {
      event.preventDefault();
      this.classList.toggle("over", event.type === "dragover");
      if (event.type === "drop") this.#bring([...event.dataTransfer.files]);
    }
  }

  async #bring(files) {
    const button = this.querySelector("label");
    button.setAttribute("aria-disabled", "true");
    let count = 0;
    for (const file of files) count += await this.#send(file);
    button.removeAttribute("aria-disabled");
    this.querySelector("form").reset();
    if (!count) return;
    if (!document.querySelector(".sieve")) return location.reload(); // the first ones change the whole page
    const here = new URL(location.href);
    here.searchParams.delete("cursor");
    await window.htmx.ajax("GET", here.pathname + here.search, { target: "#shown", swap: "outerHTML" });
    this.#say(this.dataset.done.replace("{count}", count));
  }

  // 1 if the file is in the library now
  async #send(file) {
    if (file.size > LARGEST) return this.#say(this.dataset.large.replace("{name}", file.name), "bad");
    const form = new FormData();
    form.append("file", file);
    const answer = await fetch("/api/v1/assets", { method: "POST", body: form, headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.ok) return 1;
    const problem = await answer?.json().catch(() => null);
    return this.#say(`${file.name}: ${problem?.title ?? answer?.statusText ?? ""}`, "bad");
  }

  #say(text, kind = "") {
    document.dispatchEvent(new CustomEvent("toast", { detail: { text, kind } }));
    return 0;
  }
});
