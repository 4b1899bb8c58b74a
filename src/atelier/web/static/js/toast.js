// <toast-stack>: short sentences that go by themselves, unless they say that something went wrong.
const STAY = 6000;

customElements.define("toast-stack", class extends HTMLElement {
  connectedCallback() {
    for (const one of this.children) this.#expire(one);
    this.addEventListener("click", ({ target }) => target.closest("button[data-close]")?.closest(".toast").remove());
    document.addEventListener("toast", this);
    document.addEventListener("htmx:responseError", this);
    document.addEventListener("htmx:sendError", this);
  }

  disconnectedCallback() {
    document.removeEventListener("toast", this);
    document.removeEventListener("htmx:responseError", this);
    document.removeEventListener("htmx:sendError", this);
  }

  handleEvent({ type, detail }) {
    if (type === "htmx:sendError") this.#say(this.dataset.lost, true);
    else if (type === "toast") this.#say(detail.text ?? detail.value, detail.kind === "bad");
    else if (detail.xhr.status === 401 && this.#problem(detail.xhr)?.code !== "form_not_kept") location.reload();
    else this.#say(this.#sentence(detail.xhr) || this.dataset.broken, true);
  }

  #sentence(xhr) {
    const page = () => new DOMParser().parseFromString(xhr.responseText, "text/html");
    return this.#problem(xhr)?.title ?? page().querySelector(".card header p")?.textContent;
  }

  // what the studio says to a script, or null if it answered with a page
  #problem(xhr) {
    try {
      return JSON.parse(xhr.responseText);
    } catch {
      return null;
    }
  }

  #say(text, stay) {
    const toast = document.createElement("div");
    toast.className = "toast";
    toast.append(Object.assign(document.createElement("p"), { textContent: text }));
    const close = Object.assign(document.createElement("button"), { type: "button", textContent: "×", ariaLabel: this.dataset.close });
    close.dataset.close = "";
    toast.append(close);
    if (stay) toast.dataset.stay = "";
    this.append(toast);
    this.#expire(toast);
  }

  #expire(toast) {
    if ("stay" in toast.dataset) return;
    const go = () => toast.matches(":hover, :focus-within") ? setTimeout(go, 1500) : toast.remove();
    setTimeout(go, STAY);
  }
});
