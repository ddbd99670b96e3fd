// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";
import { chosenTheme, THEME_CHANGED, wireThemeSwitch } from "./theme";

const cookieTheme = () => /(?:^|; )theme=([^;]*)/.exec(document.cookie)?.[1];
const choose = (value: string) => {
  const input = document.querySelector<HTMLInputElement>(`input[value=${value}]`)!;
  input.checked = true;
  input.dispatchEvent(new Event("change"));
};

beforeEach(() => {
  delete document.documentElement.dataset.theme;
  // biome-ignore lint/suspicious/noDocumentCookie: the cookie is what is tested
  document.cookie = "theme=; Path=/; Max-Age=0";
  const inputs = ["system", "light", "dark"].map((value) => `<input type="radio" name="theme" value="${value}">`);
  document.body.innerHTML = `<div data-theme-switch hidden>${inputs.join("")}</div>`;
});

test("the switch appears with the theme of the page chosen", () => {
  document.documentElement.dataset.theme = "dark";
  wireThemeSwitch(document);
  expect(document.querySelector<HTMLElement>("[data-theme-switch]")?.hidden).toBe(false);
  expect(document.querySelector<HTMLInputElement>("input:checked")?.value).toBe("dark");
});

test("a choice holds at once, is remembered, and told to those who draw", () => {
  wireThemeSwitch(document);
  const told = vi.fn();
  document.addEventListener(THEME_CHANGED, told, { once: true });
  choose("light");
  expect(chosenTheme(document.documentElement)).toBe("light");
  expect(cookieTheme()).toBe("light");
  expect(told).toHaveBeenCalledOnce();
});

test("the system's theme needs no memory", () => {
  wireThemeSwitch(document);
  choose("dark");
  choose("system");
  expect(document.documentElement.dataset.theme).toBeUndefined();
  expect(cookieTheme() ?? "system").toBe("system"); // a browser drops it, this document keeps its last value
});
