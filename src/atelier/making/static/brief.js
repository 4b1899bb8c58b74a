// <brief-form>: the form of the image studio. Has the server price the form while the choices change, sends
// without leaving the page, and shows the new run on top of the wall. Without a script the same form is an ordinary POST.

customElements.define("brief-form", class extends HTMLElement {
  #form = null;
  #chosen = null;
  #resting = 0;
  #asking = null;

  connectedCallback() {
    this.#form = this.querySelector("form");
    this.addEventListener("input", this);
    this.addEventListener("change", this);
    this.addEventListener("htmx:afterRequest", this);
    document.addEventListener("htmx:beforeSwap", this); // it is told to where the answer goes, not to who asked
    this.#chosen = this.querySelector('[name="model"]:checked');
  }

  disconnectedCallback() {
    document.removeEventListener("htmx:beforeSwap", this);
    clearTimeout(this.#resting);
    this.#asking?.abort();
  }

  handleEvent(event) {
    if (event.type === "htmx:beforeSwap") this.#answer(event);
    else if (event.type === "htmx:afterRequest") this.#sent(event);
    else {
      if (event.type === "change" && event.target.name === "model") this.#start(event.target);
      this.#price();
    }
  }

  // another model begins with other settings, where nobody has changed them
  #start(model) {
    const before = JSON.parse(this.#chosen?.dataset.starts ?? "{}");
    for (const [name, value] of Object.entries(JSON.parse(model.dataset.starts ?? "{}"))) {
      const control = this.#form.elements[name];
      if (!control || control.value !== before[name]) continue;
      control.value = value;
      control.dispatchEvent(new Event("input", { bubbles: true }));
    }
    this.#chosen = model;
  }

  // what the form costs as it is now; the server says so, once the hand rests
  #price() {
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => this.#ask(), 120);
  }

  async #ask() {
    const go = this.querySelector("[data-go]");
    if (!go) return;
    this.#asking?.abort();
    this.#asking = new AbortController();
    const typed = new URLSearchParams([...new FormData(this.#form)].filter(([, value]) => typeof value === "string"));
    go.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(`${this.#form.getAttribute("action")}/price`, { method: "POST", body: typed, signal: this.#asking.signal });
      if (!answer.ok) throw new Error(answer.status);
      const said = new DOMParser().parseFromString(await answer.text(), "text/html");
      go.replaceChildren(...said.querySelector("[data-go]").childNodes);
      this.querySelector("[data-short]").hidden = said.querySelector("[data-short]").hidden;
    } catch (error) {
      if (error.name === "AbortError") return; // a newer question is on its way
      go.querySelector(".price")?.remove(); // better no price than one that may be wrong
    }
    go.removeAttribute("aria-busy");
  }

  // a refusal (402, 422, 429 …) comes as the form itself, with what was typed and what is wrong
  #answer(event) {
    const known = event.detail.requestConfig.elt === this.#form && event.detail.serverResponse.match(/<run-card id="([^"]+)"/);
    if (known && document.getElementById(known[1])) event.detail.shouldSwap = false; // sent twice, made once
    if (!this.contains(event.detail.requestConfig.elt) || event.detail.xhr.status < 400 || !/id="brief"/.test(event.detail.serverResponse)) return;
    event.detail.shouldSwap = true;
    event.detail.isError = false;
    event.detail.target = this;
    event.detail.selectOverride = "#brief";
    event.detail.swapOverride = "outerHTML";
  }

  #sent({ detail }) {
    if (detail.requestConfig.elt !== this.#form || !detail.successful || detail.xhr.status >= 400) return; // a model asks too
    document.querySelector("[data-empty]")?.remove();
    for (const fault of this.querySelectorAll(".fault, .notice.bad")) fault.remove();
    for (const field of this.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    this.#price();
    if (matchMedia("(max-width: 900px)").matches) document.getElementById("wall")?.scrollIntoView({ block: "start", behavior: "smooth" });
  }
});
