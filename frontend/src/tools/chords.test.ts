import { describe, expect, test } from "vitest";
import { ariaChord, chordsOf, objectionTo, type Press, shownChord } from "./chords";

const press = (key: string, code = "", more: Partial<Press> = {}) =>
  chordsOf({ key, code, ctrl: false, shift: false, alt: false, ...more });

describe("letters are what is typed", () => {
  test("wherever the keyboard has them", () => {
    expect(press("a", "KeyQ")).toEqual(["a"]); // the French keyboard's A
    expect(press("z", "KeyY", { ctrl: true })).toEqual(["Ctrl+z"]); // the German one's Z
    expect(press("Z", "KeyZ", { ctrl: true, shift: true })).toEqual(["Ctrl+Shift+z"]);
  });

  test("with another alphabet the place stands in", () => {
    expect(press("й", "KeyQ")).toEqual(["й", "q"]);
    expect(press("ö", "Semicolon")).toEqual(["ö"]);
  });
});

describe("signs are found with and without Shift", () => {
  test("in America, Germany and France", () => {
    expect(press("?", "Slash", { shift: true })).toEqual(["?"]);
    expect(press("?", "Minus", { shift: true })).toEqual(["?"]);
    expect(press("+", "BracketRight")).toEqual(["+"]);
    expect(press("[", "BracketLeft")).toEqual(["["]);
    expect(press("-", "NumpadSubtract")).toEqual(["-"]);
  });

  test("Alt is how some keyboards type them", () => {
    expect(press("[", "Digit5", { alt: true })).toEqual(["[", "Alt+5"]);
  });
});

describe("digits are where they are printed", () => {
  test("though the French row types signs without Shift", () => {
    expect(press("&", "Digit1")).toEqual(["&", "1"]);
    expect(press("é", "Digit2")).toEqual(["é", "2"]);
    expect(press("1", "Digit1", { shift: true })).toEqual(["Shift+1", "1"]);
    expect(press("!", "Digit1", { shift: true })).toEqual(["!", "Shift+1"]);
  });

  test("and on the number pad", () => {
    expect(press("3", "Numpad3")).toEqual(["3"]);
  });
});

test("keys with names carry their modifiers", () => {
  expect(press("ArrowLeft", "ArrowLeft", { shift: true })).toEqual(["Shift+ArrowLeft"]);
  expect(press(" ", "Space")).toEqual(["Space"]);
});

test("half a press is none", () => {
  for (const key of ["Shift", "Control", "Dead", "Process", ""]) expect(press(key)).toEqual([]);
});

test("chords are shown as they are printed, and told as ARIA spells them", () => {
  expect(["Ctrl+Shift+z", "-", "Ctrl++", "Escape", "Shift+ArrowUp"].map(shownChord)).toEqual([
    "Ctrl Shift Z",
    "−",
    "Ctrl +",
    "Esc",
    "Shift ↑",
  ]);
  expect(["Ctrl+Shift+z", "+", "Ctrl++"].map(ariaChord)).toEqual(["Control+Shift+z", "Plus", "Control+Plus"]);
});

test("what the browser keeps for itself can't be chosen", () => {
  for (const chord of ["Ctrl+w", "Ctrl+Shift+t", "Ctrl++", "Alt+ArrowLeft", "F5", "Tab", "Ctrl+Alt+x", "Shift+Tab"]) {
    expect(objectionTo(chord), chord).toContain("browser");
  }
  for (const chord of ["g", "Shift+g", "F2", "Ctrl+e", "Alt+x", "ArrowLeft", "Space"]) {
    expect(objectionTo(chord), chord).toBeNull();
  }
});
