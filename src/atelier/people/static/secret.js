// <secret-field data-show data-hide>: a password that its owner may look at.
customElements.define("secret-field", class extends HTMLElement {
  connectedCallback() {
    const input = this.querySelector("input");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = this.dataset.show;
    button.ariaPressed = "false";
    button.addEventListener("click", () => {
      const shown = input.type === "text";
      input.type = shown ? "password" : "text";
      button.textContent = shown ? this.dataset.show : this.dataset.hide;
      button.ariaPressed = String(!shown);
    });
    input.form?.addEventListener("submit", () => { input.type = "password"; });
    this.append(button);
  }
});
