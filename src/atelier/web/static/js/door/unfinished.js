// <form-back data-back data-path data-fields>: what was typed when the session had ended. It goes back into its form on the page
// `back`, and its member sends it by the form's own button. Where that page has no such form, it is sent from here.
const KEY = "unfinished form";

customElements.define("form-back", class extends HTMLElement {
  connectedCallback() {
    if (new URL(location.href).searchParams.has("here")) return;
    const { back, path, fields, member } = this.dataset;
    sessionStorage.setItem(KEY, JSON.stringify({ member, path, fields: JSON.parse(fields) }));
    location.replace(back);
  }
});

const put = (form, typed) => {
  for (const control of form.elements) {
    const values = typed.get(control.name);
    if (["file", "password", "submit", "button", "fieldset"].includes(control.type)) continue;
    if (["checkbox", "radio"].includes(control.type)) {
      const on = Boolean(values?.includes(control.value));
      if (control.checked === on) continue;
      control.checked = on;
      if (!on && control.type === "radio") continue; // the one that is chosen says so
    } else if (!values || control.value === values[0]) continue;
    else control.value = values[0];
    for (const kind of ["input", "change"]) control.dispatchEvent(new Event(kind, { bubbles: true }));
  }
};

// a picture or a model that the page does not offer by itself is asked for by its address
const askedFor = (form, typed) => {
  const here = new URL(location.href);
  for (const [name, [value]] of typed) {
    const choices = [...form.querySelectorAll(`[type="radio"][name="${CSS.escape(name)}"]`)];
    const lacks = !choices.some((one) => one.value === value) && (choices.length || name === "image");
    if (lacks && !here.searchParams.has(name)) here.searchParams.set(name, value);
  }
  return here.href === location.href ? "" : here.href;
};

const fill = () => {
  const kept = sessionStorage.getItem(KEY);
  if (!kept || document.querySelector("form-back")) return;
  const { member, path, fields } = JSON.parse(kept);
  if (document.querySelector("[data-member]")?.dataset.member !== member) return sessionStorage.removeItem(KEY); // somebody else
  const typed = new Map();
  for (const [name, value] of fields) typed.set(name, [...(typed.get(name) ?? []), value]);
  const form = [...document.forms].find((one) => one.method === "post" && one.getAttribute("action")?.split("#")[0] === path);
  const there = form ? askedFor(form, typed) : "/unfinished?here=1";
  if (there && form) return location.replace(there);
  sessionStorage.removeItem(KEY);
  if (!form) return location.replace(there);
  put(form, typed);
  put(form, typed); // another model begins with other settings, which were typed over
  for (let box = form.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  form.querySelector("textarea, input:not([type=hidden], [type=radio], [type=checkbox])")?.focus();
  document.dispatchEvent(new CustomEvent("toast", { detail: { text: document.querySelector("toast-stack")?.dataset.unfinished ?? "" } }));
};
document.addEventListener("DOMContentLoaded", fill);
