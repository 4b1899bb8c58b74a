// <upload-list>: every file that is being brought, with its state; those refused stand first and stay until they are removed.
// It tells of what is pressed: `again` and `drop-one` (one row, or all without one), `close`, `go-on`.
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const written = (number) => number.toLocaleString(document.documentElement.lang);

customElements.define("upload-list", class extends HTMLElement {
  #clock = 0;

  connectedCallback() {
    this.addEventListener("click", this);
  }

  disconnectedCallback() {
    clearInterval(this.#clock);
  }

  handleEvent({ target }) {
    const button = target.closest("[data-tells]");
    if (!button) return;
    const row = button.closest("li");
    const after = row?.nextElementSibling ?? row?.previousElementSibling;
    this.dispatchEvent(new CustomEvent(button.dataset.tells, { detail: row }));
    if (button.isConnected && !button.closest("[hidden]")) return;
    (after?.querySelector("button:not([hidden])") ?? document.querySelector("asset-upload [type=file]")).focus(); // the focus is not lost
  }

  // a row for a file that waits
  add(name) {
    this.hidden = false;
    const row = this.querySelector("template").content.firstElementChild.cloneNode(true);
    row.querySelector("[data-name]").textContent = row.querySelector("[data-name]").title = name;
    for (const button of row.querySelectorAll("[aria-label]")) button.ariaLabel = fill(button.ariaLabel, { name });
    this.querySelector("ul").append(row);
    this.show(row, "waiting");
    return row;
  }

  show(row, state, { text = "", share = 0, href = "", again = false } = {}) {
    const before = row.dataset.state;
    row.dataset.state = state;
    const bar = row.querySelector("progress");
    bar.hidden = state !== "sending";
    if (share < 1) bar.value = share;
    else bar.removeAttribute("value"); // all of it is there, and is being looked at
    row.querySelector("[data-said]").textContent = text || this.dataset[state];
    row.querySelector("[data-tells=again]").hidden = !again;
    row.toggleAttribute("data-again", again);
    row.querySelector("[data-tells=drop-one]").hidden = state === "kept";
    if (href) row.querySelector("[data-name]").href = href;
    if (state === "refused" && before !== "refused") this.querySelector("ul").prepend(row);
  }

  count(jobs) {
    const all = jobs.length, kept = jobs.filter(({ state }) => state === "kept").length;
    const refused = jobs.filter(({ state }) => state === "refused");
    this.hidden = !all;
    this.querySelector("[data-summary]").textContent = this.#summary(all, kept, refused.length);
    const bar = this.querySelector("[data-whole]");
    [bar.max, bar.value] = [all || 1, kept + refused.length];
    bar.hidden = all === kept + refused.length;
    this.querySelector("[data-tells=close]").hidden = all !== kept + refused.length;
    this.querySelector("[data-every]").hidden = refused.filter(({ row }) => "again" in row.dataset).length < 2;
  }

  // says aloud how far it is: when files are added and when all are done, not for each
  announce(jobs) {
    this.count(jobs);
    document.getElementById("announce").textContent = this.querySelector("[data-summary]").textContent;
  }

  // why nothing is sent just now, said aloud once, with the seconds that are left; "" if something is sent
  pause(why, wait = 0) {
    clearInterval(this.#clock);
    const told = this.querySelector("[data-pause]");
    told.hidden = !why;
    if (!why) return;
    const end = Date.now() + wait;
    const say = () => told.querySelector("span").textContent = fill(this.dataset[why], { seconds: written(Math.max(0, Math.ceil((end - Date.now()) / 1000))) });
    if (why === "busy") this.#clock = setInterval(say, 1000);
    told.querySelector("a").hidden = why !== "signed_out";
    told.querySelector("button").hidden = why === "busy";
    document.getElementById("announce").textContent = say();
  }

  #summary(all, kept, refused) {
    const values = { all: written(all), kept: written(kept), refused: written(refused) };
    return fill(refused ? this.dataset.someRefused : this.dataset.counted, values);
  }
});
