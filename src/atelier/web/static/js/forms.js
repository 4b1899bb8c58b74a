// Forms that are sent once: while one is on its way, it is not sent again, whether by a double click, a held key or a
// button that is busy. One that counts once (it has a field `once`) gets a fresh key with each answer that took it, so that
// sending the same words again, on purpose, works at once.
const GIVE_UP = 10_000; // ms after which a page that is still here was not left: its answer was a download
const busy = new WeakSet();

const fresh = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  new DataView(bytes.buffer).setUint32(0, Math.floor(Date.now() / 0x10000));
  new DataView(bytes.buffer).setUint16(4, Date.now() % 0x10000);
  bytes[6] = (bytes[6] & 0x0f) | 0x70; // the version of a UUIDv7, and its variant
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
};

const done = (form) => {
  busy.delete(form);
  form.removeAttribute("aria-busy");
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || "again" in form.dataset) return; // data-again: a download, which may be asked for again at once
  if (busy.has(form)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  busy.add(form);
  form.setAttribute("aria-busy", "true");
  if (!form.hasAttribute("hx-post") && !event.submitter?.hasAttribute("hx-post")) setTimeout(done, GIVE_UP, form);
}, true);

document.addEventListener("submit", (event) => {
  if (event.defaultPrevented && !event.target.hasAttribute("hx-post") && !event.submitter?.hasAttribute("hx-post")) done(event.target);
});

for (const kind of ["htmx:afterRequest", "htmx:sendAbort", "htmx:sendError"]) document.addEventListener(kind, ({ detail, target }) => {
  const form = target.closest?.("form");
  if (!form) return;
  done(form);
  const key = form.elements.once;
  if (key && kind === "htmx:afterRequest" && detail.successful) key.value = fresh();
});

// a page that comes back out of the browser's memory can be sent again
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) for (const form of document.forms) done(form);
});

// a held Enter sends nothing a second time; in a box of text it makes lines
document.addEventListener("keydown", (event) => {
  if (!event.repeat || event.key !== "Enter" || event.target.closest?.("textarea")) return;
  if (event.target.closest?.("form")?.method === "post") event.preventDefault();
}, true);
