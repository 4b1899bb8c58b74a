// <copy-text data-copied>: a text with a button that copies it and says so.
customElements.define("copy-text", class extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    const words = button?.querySelector(".what") ?? button;
    button?.addEventListener("click", async () => {
      const code = this.querySelector("code");
      if (!navigator.clipboard) return getSelection().selectAllChildren(code); // plain http: ready for Ctrl C
      await navigator.clipboard.writeText(code.textContent.trim());
      const before = words.textContent;
      words.textContent = this.dataset.copied;
      setTimeout(() => { words.textContent = before; }, 2000);
    });
  }
});
