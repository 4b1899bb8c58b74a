// <brief-form each="1">: the form of the image studio. Keeps the price in its button true while the choices change, sends
// without leaving the page, and shows the new run on top of the wall. A prompt that was sent after the sign-in ended waits
// in this tab until its member is back. Without a script the same form is an ordinary POST.
const place = () => `prompt ${document.querySelector("[data-member]")?.dataset.member} ${location.pathname}${location.search}`;

customElements.define("brief-form", class extends HTMLElement {
  #form = null;
  #chosen = null;

  connectedCallback() {
    this.#form = this.querySelector("form");
    this.addEventListener("input", this);
    this.addEventListener("change", this);
    this.addEventListener("htmx:afterRequest", this);
    this.addEventListener("htmx:responseError", this);
    document.addEventListener("htmx:beforeSwap", this); // it is told to where the answer goes, not to who asked
    this.#chosen = this.querySelector('[name="model"]:checked');
    this.#restore();
    this.#price();
  }

  disconnectedCallback() {
    document.removeEventListener("htmx:beforeSwap", this);
  }

  handleEvent(event) {
    if (event.type === "htmx:beforeSwap") this.#answer(event);
    else if (event.type === "htmx:afterRequest") this.#sent(event);
    else if (event.type === "htmx:responseError") this.#keep(event);
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
      if (!control || control.value !== String(before[name])) continue;
      control.value = value;
      control.dispatchEvent(new Event("input", { bubbles: true }));
    }
    this.#chosen = model;
  }

  #price() {
    const go = this.querySelector("[data-go]");
    if (!go) return;
    const count = Number(this.#form.elements.count?.value ?? 1);
    const chosen = this.querySelector('[name="model"]:checked, input[type="hidden"][name="model"]');
    const each = Number(chosen?.dataset.each ?? this.getAttribute("each") ?? 1);
    const price = each * count;
    go.querySelector(".what").textContent = (count === 1 ? go.dataset.one : go.dataset.many).replace("{n}", count);
    const words = go.querySelector(".price");
    if (words) words.textContent = (price === 1 ? go.dataset.credit : go.dataset.credits).replace("{n}", price.toLocaleString(document.documentElement.lang));
    const have = document.getElementById("balance")?.textContent.replace(/\D/g, "");
    const short = this.querySelector("[data-short]");
    if (short) short.hidden = !have || Number(have) >= price;
  }

  // a refusal (402, 422, 429 …) comes as the form itself, with what was typed and what is wrong
  #answer(event) {
    if (!this.contains(event.detail.requestConfig.elt) || event.detail.xhr.status < 400 || !/id="brief"/.test(event.detail.serverResponse)) return;
    event.detail.shouldSwap = true;
    event.detail.isError = false;
    event.detail.target = this;
    event.detail.selectOverride = "#brief";
    event.detail.swapOverride = "outerHTML";
  }

  // the sign-in has ended, and the page is about to go to the door
  #keep({ detail }) {
    const prompt = this.#form.elements.prompt;
    if (detail.xhr.status === 401 && prompt) sessionStorage.setItem(place(), prompt.value);
  }

  #restore() {
    const kept = sessionStorage.getItem(place());
    const prompt = this.#form.elements.prompt;
    if (kept === null || !prompt) return;
    sessionStorage.removeItem(place());
    prompt.value = kept;
    prompt.dispatchEvent(new Event("input", { bubbles: true }));
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
