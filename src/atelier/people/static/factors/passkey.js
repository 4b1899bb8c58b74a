// <pass-key data-challenge [data-offered] [data-create] data-broken data-known data-confirm>: a form that a passkey signs.
const RENEW = 8 * 60 * 1000; // ms after which an offer's challenge is soon too old
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

customElements.define("pass-key", class extends HTMLElement {
  #form = null;
  #waiting = null; // stops what the browser shows or offers just now

  connectedCallback() {
    this.#form = this.querySelector("form");
    if (!window.PublicKeyCredential) return void this.remove();
    this.#form.addEventListener("submit", (event) => {
      if (this.#form.elements.credential.value) return;
      event.preventDefault();
      this.#ask();
    });
    addEventListener("pageshow", (event) => { if (event.persisted) this.#form.elements.credential.value = ""; });
    if ("offered" in this.dataset) this.#offer();
  }

  disconnectedCallback() {
    this.#waiting?.abort();
  }

  // beside the e-mail, as part of what the browser fills in by itself
  async #offer() {
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    setTimeout(() => { if (this.isConnected) this.#offer(); }, RENEW);
    this.#ask("conditional").catch(() => {});
  }

  async #ask(mediation) {
    const quiet = mediation === "conditional";
    this.#waiting?.abort();
    const stop = this.#waiting = new AbortController();
    const button = this.#form.querySelector("button");
    button.disabled = !quiet;
    this.#say("");
    try {
      const answer = await fetch(this.dataset.challenge, { method: "POST", headers: { accept: "application/json" } });
      const asked = await answer.json();
      if (stop.signal.aborted) return;
      if (asked.code === "confirmation_needed") return void location.assign(this.dataset.confirm);
      if (!answer.ok) throw new Error(asked.title);
      const made = "create" in this.dataset
        ? await navigator.credentials.create({ publicKey: this.#creation(asked), signal: stop.signal })
        : await navigator.credentials.get({ publicKey: this.#request(asked), signal: stop.signal, mediation });
      this.#form.elements.credential.value = JSON.stringify(this.#written(made));
      this.#form.requestSubmit();
    } catch (error) {
      if (quiet || stop.signal.aborted) return;
      const words = { InvalidStateError: this.dataset.known, Error: error.message };
      this.#say(error.name === "NotAllowedError" ? this.dataset.broken : words[error.name] ?? this.dataset.broken);
    } finally {
      button.disabled = false;
    }
  }

  #creation(asked) {
    return { ...this.#request(asked), user: { ...asked.user, id: bytes(asked.user.id) }, excludeCredentials: this.#named(asked.excludeCredentials) };
  }

  #request(asked) {
    return { ...asked, challenge: bytes(asked.challenge), allowCredentials: this.#named(asked.allowCredentials) };
  }

  #named(list) {
    return list?.map((each) => ({ ...each, id: bytes(each.id) }));
  }

  #written(made) {
    const response = { clientDataJSON: text(made.response.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (made.response[name]) response[name] = text(made.response[name]);
    }
    if (made.response.getTransports) response.transports = made.response.getTransports();
    return { id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: {} };
  }

  #say(words) {
    const fault = this.querySelector(".fault:last-child");
    fault.querySelector("span").textContent = words;
    fault.hidden = !words;
  }
});
