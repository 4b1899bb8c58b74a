// <form-field>: what a field can do beyond HTML: counts letters, shows a slider's value, rolls a seed, sums up what is folded.
customElements.define("form-field", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("input", () => this.#tell());
    this.#tell();
  }

  #tell() {
    const control = this.querySelector("input:not([type=hidden]), textarea, select");
    const count = this.querySelector("[data-count]");
    if (count) count.textContent = `${[...control.value].length} / ${count.dataset.count}`;
    const output = this.querySelector("output");
    if (output) output.textContent = Number(control.value).toLocaleString(document.documentElement.lang);
    const digits = this.querySelector("[data-digits]");
    if (digits && document.activeElement === digits) this.querySelector('[value="fixed"]').checked = true;
    this.#sum();
  }

  #sum() {
    const fold = this.closest("details.more");
    const words = fold?.querySelector("summary [data-sum]");
    if (!words) return;
    const said = [...fold.querySelectorAll("form-field")].map((field) => {
      const random = field.querySelector('[value="random"]');
      if (random?.checked) return random.dataset.word;
      const control = field.querySelector("[data-digits], input:not([type=radio]):not([type=hidden]), select, textarea");
      if (control?.type === "checkbox") return control.checked ? control.dataset.word : "";
      if (control?.matches("select")) return control.selectedOptions[0]?.textContent.trim();
      return control?.matches("textarea, [type=text]") ? "" : control?.value;
    });
    words.textContent = said.filter(Boolean).join(" · ");
  }
});
