// <reference-field>: the picture that a tool works on. Its radio buttons work alone; this shows the chosen one large, opens the
// whole library in a dialog (arrows move, Enter takes, Escape closes), and brings a new one by choosing or dropping it.
const TRIES = 5; // connections that may break before it counts as not arrived

customElements.define("reference-field", class extends HTMLElement {
  #asked = 0;

  connectedCallback() {
    this.#piece("fieldset").addEventListener("change", this);
    this.#piece("dialog").addEventListener("click", this);
    this.#piece("dialog").addEventListener("keydown", this);
    this.#piece("dialog").addEventListener("input", this);
    this.#piece("[data-open]").addEventListener("click", () => this.#open());
    for (const kind of ["dragover", "dragleave", "drop"]) this.addEventListener(kind, this);
  }

  handleEvent(event) {
    switch (event.type) {
      case "change": return event.target.matches("[data-bring]") ? this.#bring(event.target.files[0]) : this.#show();
      case "click": return this.#click(event);
      case "keydown": return this.#key(event);
      case "input": return this.#look(event.target.value, 180);
      default: return this.#drag(event);
    }
  }

  #piece(selector) { return this.querySelector(selector); }

  #show() {
    const chosen = this.#piece("[type=radio]:checked");
    const shown = this.#piece("[data-shown]");
    if (!chosen) return;
    const { url, name, width, height } = chosen.dataset;
    const img = Object.assign(new Image(), { src: url, alt: name });
    if (width && height) Object.assign(img, { width, height });
    shown.classList.remove("none");
    shown.replaceChildren(img);
    for (const fault of this.querySelectorAll(".fault")) fault.remove();
    for (const radio of this.querySelectorAll("[aria-invalid]")) radio.removeAttribute("aria-invalid");
  }

  // takes a picture that the strip may not have yet
  #take({ id, thumb, url, name, width = "", height = "" }) {
    const strip = this.#piece("[data-strip]");
    let radio = strip.querySelector(`[value="${CSS.escape(id)}"]`);
    if (!radio) {
      const label = Object.assign(document.createElement("label"), { className: "pic" });
      radio = Object.assign(document.createElement("input"), { type: "radio", name: "image", value: id });
      Object.assign(radio.dataset, { url, name, width, height });
      label.append(radio, Object.assign(new Image(), { src: thumb, alt: name }));
      strip.prepend(label);
      if (strip.children.length > 8) strip.lastElementChild.remove();
    }
    radio.checked = true;
    this.#show();
    return radio;
  }

  #open() {
    this.#piece("dialog").showModal();
    this.#piece("[data-find]").focus();
    if (!this.#piece("[data-choices]").children.length) this.#look("", 0);
  }

  async #look(words, after) {
    const turn = ++this.#asked;
    await new Promise((done) => setTimeout(done, after));
    if (turn !== this.#asked) return;
    const list = this.#piece("[data-choices]");
    list.setAttribute("aria-busy", "true");
    await window.htmx.ajax("GET", `/library/choices?q=${encodeURIComponent(words)}`, { target: list, swap: "innerHTML" });
    list.removeAttribute("aria-busy");
    if (!list.closest("dialog").contains(document.activeElement)) list.querySelector("[data-choice]")?.focus(); // the one in focus went
  }

  #click(event) {
    const dialog = this.#piece("dialog");
    const choice = event.target.closest("[data-choice]");
    if (choice) {
      const img = choice.querySelector("img");
      const radio = this.#take({ id: choice.dataset.choice, thumb: img.src, url: img.src, name: img.alt, width: img.getAttribute("width"), height: img.getAttribute("height") });
      dialog.close();
      radio.focus();
    } else if (event.target.closest("[data-close]") || event.target === dialog) dialog.close();
  }

  #key(event) {
    const choices = [...this.querySelectorAll("[data-choice]")];
    const at = choices.indexOf(document.activeElement);
    if (event.key === "ArrowDown" && event.target.matches("[data-find]")) choices[0]?.focus();
    else if (event.target.matches("[data-find]") && event.key === "Enter") choices[0]?.click();
    else if (at >= 0 && event.key.startsWith("Arrow")) this.#move(choices, at, event.key);
    else return;
    event.preventDefault();
  }

  #move(choices, at, key) {
    const columns = getComputedStyle(this.#piece("[data-choices]")).gridTemplateColumns.split(" ").length;
    const to = at + ({ ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns })[key];
    if (to < 0) this.#piece("[data-find]").focus();
    else choices[to]?.focus();
  }

  #drag(event) {
    if (event.type === "dragleave") this.classList.toggle("over", this.contains(event.relatedTarget));
    else if (event.dataTransfer?.types.includes("Files")) {
      event.preventDefault();
      this.classList.toggle("over", event.type === "dragover");
      if (event.type === "drop") this.#bring(event.dataTransfer.files[0]);
    }
  }

  async #bring(file) {
    if (!file) return;
    const { most, large } = JSON.parse(this.dataset.limit);
    if (file.size > most) return this.#say(`${file.name}: ${large}`);
    const form = new FormData();
    form.append("file", file);
    this.setAttribute("aria-busy", "true");
    const headers = { Accept: "application/json", "Idempotency-Key": newKey() }; // sent again, it arrives once
    const send = () => fetch("/api/v1/assets", { method: "POST", body: form, headers }).catch(() => null);
    let broken = 0;
    let answer = await send();
    while (answer ? answer.status === 429 || answer.status === 503 : ++broken < TRIES) {
      const seconds = answer ? Number(answer.headers.get("Retry-After")) || 5 : 2 ** (broken - 1);
      if (answer) this.#say(this.dataset.wait.replace("{seconds}", seconds), "");
      await new Promise((done) => setTimeout(done, seconds * 1000));
      if (!this.isConnected) return;
      answer = await send();
    }
    const told = await answer?.json().catch(() => null);
    this.removeAttribute("aria-busy");
    this.#piece("[data-bring]").value = "";
    if (!answer?.ok) return this.#say(`${file.name}: ${told?.title ?? this.dataset.broken}`);
    const { id, thumb_url: thumb, url, title, width, height } = told;
    this.#take({ id, thumb, url, name: title, width, height }).focus();
  }

  #say(text, kind = "bad") {
    document.dispatchEvent(new CustomEvent("toast", { detail: { text, kind } }));
  }
});
