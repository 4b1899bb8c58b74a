// <send-now>: a form that waited and goes on by itself, once. <print-page>: a button that prints the page.
customElements.define("send-now", class extends HTMLElement {
  connectedCallback() {
    const before = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
    if (!before) this.querySelector("form").requestSubmit();
  }
});
customElements.define("print-page", class extends HTMLElement {
  connectedCallback() {
    this.querySelector("button").addEventListener("click", () => print());
  }
});
