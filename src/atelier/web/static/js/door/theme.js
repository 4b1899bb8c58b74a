// Light or dark at once; the cookie lets the server write the next page right from its first byte.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-theme-choice]");
  const theme = event.submitter?.value;
  if (!form || !theme) return;
  event.preventDefault();
  document.documentElement.dataset.theme = theme;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax${secure}`;
  for (const other of document.querySelectorAll("[data-theme-choice] button")) other.ariaPressed = String(other.value === theme);
});
