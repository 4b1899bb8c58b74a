// The keys of the whole studio: `/` finds, `g` and a letter goes, `?` helps, Ctrl or Cmd with Enter makes, Escape closes.
const WAIT = 1200; // ms in which the letter must follow its g
let going = 0;

const typing = (target) => target.closest?.("input:not([type=radio]):not([type=checkbox]):not([type=range]), textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest?.("form") ?? document.querySelector("brief-form form");
    if (form?.method === "post") {
      event.preventDefault();
      const button = form.querySelector("[data-go], button:not([type=button]):not([type=reset])");
      if (!event.repeat && !button?.disabled) form.requestSubmit();
    }
    return;
  }
  if (event.key === "Escape") return typing(event.target)?.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
  if (performance.now() - going < WAIT) {
    going = 0;
    const place = document.querySelector(`.rail [data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (place) {
      event.preventDefault();
      place.click();
      return;
    }
  }
  if (event.key === "g") going = performance.now();
  else if (event.key === "/") {
    const find = [...document.querySelectorAll("#find-here, #find")].find((field) => field.offsetParent);
    if (find) event.preventDefault(), find.focus(), find.select();
  } else if (event.key === "?") event.preventDefault(), document.getElementById("keys")?.showModal();
});

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-help]")) {
    document.getElementById("me")?.hidePopover();
    document.getElementById("keys")?.showModal();
  } else if (target.matches("dialog")) target.close(); // the backdrop
});
