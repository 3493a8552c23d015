// Before the first paint, so that a dark page doesn't start white. A file of its own: the page allows no inline script.
try {
  const stored = JSON.parse(localStorage.getItem("sotto.settings") ?? "{}");
  if (stored.theme === "light" || stored.theme === "dark") document.documentElement.dataset.theme = stored.theme;
} catch {
  // No storage, or not ours: the system's theme is a good one.
}
