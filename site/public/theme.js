// Runs before the first paint, so that a dark page never flashes white. The same key is written by src/lib/theme.ts.
(function () {
  var choice = null;
  try {
    choice = localStorage.getItem("adroit.theme");
  } catch {
    // No storage: the system decides.
  }
  var dark = choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.toggle("dark", dark);
})();
