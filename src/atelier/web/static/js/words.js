// <word-offer>: in a prompt, `/` and a few letters offer the words that the model knows; Enter or a click takes one.
const known = () => [...document.querySelectorAll("[data-word-add]")].map((word) => [word.dataset.wordAdd, word.dataset.group]);

customElements.define("word-offer", class extends HTMLElement {
  #area = null;
  #list = null;
  #at = -1;
  #found = [];

  connectedCallback() {
    this.#area = this.querySelector("textarea");
    this.#list = this.querySelector("[role=listbox]");
    this.#area.addEventListener("input", () => this.#look());
    this.#area.addEventListener("keydown", (event) => this.#key(event));
    this.#area.addEventListener("blur", () => setTimeout(() => this.#shut(), 120));
    this.#list.addEventListener("pointerdown", (event) => {
      const row = event.target.closest("li");
      event.preventDefault();
      if (row) this.#take(Number(row.dataset.at));
    });
  }

  #asked() {
    const before = this.#area.value.slice(0, this.#area.selectionStart);
    return /(?:^|\s)\/([\p{L}-]*)$/u.exec(before);
  }

  #look() {
    const asked = this.#asked();
    if (!asked) return this.#shut();
    const start = asked[1].toLowerCase();
    this.#found = known().filter(([word]) => word.toLowerCase().includes(start))
      .sort(([a], [b]) => Number(b.toLowerCase().startsWith(start)) - Number(a.toLowerCase().startsWith(start))).slice(0, 40);
    this.#at = this.#found.length ? 0 : -1;
    this.#draw();
  }

  #draw() {
    this.#list.replaceChildren(...this.#found.map(([word, group], at) => {
      const row = document.createElement("li");
      row.role = "option";
      row.id = `${this.#list.id}-${at}`;
      row.dataset.at = at;
      row.ariaSelected = String(at === this.#at);
      row.append(word, Object.assign(document.createElement("small"), { textContent: group }));
      return row;
    }));
    this.#list.hidden = !this.#found.length;
    this.#area.setAttribute("aria-expanded", String(!this.#list.hidden));
    if (this.#at >= 0) {
      this.#area.setAttribute("aria-activedescendant", `${this.#list.id}-${this.#at}`);
      this.#list.children[this.#at].scrollIntoView({ block: "nearest" });
    } else this.#area.removeAttribute("aria-activedescendant");
  }

  #key(event) {
    if (this.#list.hidden || event.ctrlKey || event.metaKey) return;
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) this.#at = (this.#at + move + this.#found.length) % this.#found.length, this.#draw();
    else if (event.key === "Enter" || event.key === "Tab") this.#take(this.#at);
    else if (event.key === "Escape") this.#shut();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #take(at) {
    const asked = this.#asked();
    if (!asked || !this.#found[at]) return;
    const end = this.#area.selectionStart;
    this.#area.setRangeText(this.#found[at][0], end - asked[1].length - 1, end, "end");
    this.#shut();
    this.#area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #shut() {
    this.#list.hidden = true;
    this.#area.setAttribute("aria-expanded", "false");
    this.#area.removeAttribute("aria-activedescendant");
  }
});

// A word or an example that is clicked goes into the prompt.
document.addEventListener("click", ({ target }) => {
  const word = target.closest?.("[data-word-add], [data-example]");
  const area = word && document.querySelector("brief-form .prompt textarea");
  if (!area) return;
  if ("example" in word.dataset) area.value = word.textContent.trim();
  else {
    const text = area.value.trimEnd();
    const join = !text ? "" : text.endsWith(",") ? " " : ", ";
    area.value = `${text}${join}${word.dataset.wordAdd}`;
  }
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
});
