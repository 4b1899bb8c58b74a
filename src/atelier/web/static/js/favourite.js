// A favourite's button shows what was just saved; the form works alone, this only spares the page.
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const form = detail.elt;
  if (!detail.successful || !form.matches?.('form[action$="/favourite"]')) return;
  const next = form.elements.on;
  const button = form.querySelector("button");
  const on = next.value === "1";
  next.value = on ? "0" : "1";
  button.classList.toggle("on", on);
  button.setAttribute("aria-pressed", on);
});
