/** Light, dark or whatever the system says. `public/theme.js` applies the stored choice before the first paint. */

export type Theme = "system" | "light" | "dark";

const KEY = "adroit.theme";
const listeners = new Set<() => void>();
const systemDark = () => matchMedia("(prefers-color-scheme: dark)");

export function readTheme(): Theme {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === "light" || stored === "dark" ? stored : "system";
  } catch {
    return "system";
  }
}

export function isDark(): boolean {
  return document.documentElement.classList.contains("dark");
}

function apply(): void {
  const theme = readTheme();
  document.documentElement.classList.toggle("dark", theme === "dark" || (theme === "system" && systemDark().matches));
  for (const listener of listeners) listener();
}

export function writeTheme(theme: Theme): void {
  try {
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // Private browsing without storage: the choice then lasts for this page only.
  }
  apply();
}

/** For `useSyncExternalStore`; also follows the system and other tabs. */
export function subscribeTheme(listener: () => void): () => void {
  listeners.add(listener);
  const media = systemDark();
  media.addEventListener("change", apply);
  window.addEventListener("storage", apply);
  return () => {
    listeners.delete(listener);
    media.removeEventListener("change", apply);
    window.removeEventListener("storage", apply);
  };
}
