/** The user's choice of appearance: remembered in a cookie, which the server reads into the page's first byte. */
export type Theme = "system" | "light" | "dark";

const YEAR_SECONDS = 365 * 24 * 3600;

export function chosenTheme(root: HTMLElement): Theme {
  const theme = root.dataset.theme;
  return theme === "light" || theme === "dark" ? theme : "system";
}

/** Tells those who draw with colours of their own (charts, the canvas) that the colours have changed. */
export const THEME_CHANGED = "themechange";

export function chooseTheme(theme: Theme, root: HTMLElement): void {
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  const age = theme === "system" ? 0 : YEAR_SECONDS;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  root.ownerDocument.cookie = `theme=${theme}; Path=/; Max-Age=${age}; SameSite=Lax${secure}`;
  root.ownerDocument.dispatchEvent(new Event(THEME_CHANGED));
}

/** Shows and wires each switch in the page; without scripts they stay hidden. */
export function wireThemeSwitch(document: Document): void {
  const root = document.documentElement;
  for (const element of document.querySelectorAll<HTMLElement>("[data-theme-switch]")) {
    element.hidden = false;
    for (const input of element.querySelectorAll<HTMLInputElement>("input[name=theme]")) {
      input.checked = input.value === chosenTheme(root);
      input.addEventListener("change", () => chooseTheme(input.value as Theme, root));
    }
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    document.dispatchEvent(new Event(THEME_CHANGED));
  });
}
