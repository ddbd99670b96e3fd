import { describe, expect, test } from "vitest";
import { actFor, BINDINGS, type KeyContext, type KeyInput, keyOf } from "./keys";

const calm: KeyContext = { limitAsks: false, candidatesOffered: false, dialogOpen: false };
const press = (key: string, more: Partial<KeyInput> = {}, context: Partial<KeyContext> = {}) =>
  actFor(
    { key, ctrl: false, shift: false, alt: false, repeat: false, focus: "canvas", ...more },
    { ...calm, ...context },
  );

test("every act has its key", () => {
  expect(press("q")).toEqual({ act: "tool", tool: "click" });
  expect(press("Q", { shift: true })).toBeNull();
  expect(press("E")).toEqual({ act: "tool", tool: "eraser" });
  expect(press("Enter")).toEqual({ act: "accept" });
  expect(press("Escape")).toEqual({ act: "drop" });
  expect(press("n")).toEqual({ act: "next" });
  expect(press("z", { ctrl: true })).toEqual({ act: "undo" });
  expect(press("Z", { ctrl: true, shift: true })).toEqual({ act: "redo" });
  expect(press("z")).toBeNull();
});

test("signs are found wherever a keyboard has them", () => {
  expect(press("?", { shift: true })).toEqual({ act: "help" });
  expect(press("+")).toEqual({ act: "zoom", direction: 1 });
  expect(press("[", { alt: true })).toEqual({ act: "brush", direction: -1 });
});

describe("keys do not fire", () => {
  test("while a person types", () => {
    for (const { keys, ctrl } of BINDINGS) {
      const everything = { limitAsks: true, candidatesOffered: true };
      expect(press(keys[0] ?? "", { focus: "field", ctrl: ctrl ?? false }, everything)).toBeNull();
    }
  });

  test("under a dialog", () => {
    expect(press("n", {}, { dialogOpen: true })).toBeNull();
  });

  test("twice for one long press, unless it is meant", () => {
    expect(press("Enter", { repeat: true })).toBeNull();
    expect(press("n", { repeat: true })).toBeNull();
    expect(press("]", { repeat: true })).toEqual({ act: "brush", direction: 1 });
  });

  test("with the browser's own modifiers", () => {
    expect(press("n", { ctrl: true })).toBeNull();
    expect(press("d", { alt: true }, { limitAsks: true })).toBeNull();
  });
});

describe("on a focused button", () => {
  test("Enter presses it and Tab goes on through the page", () => {
    expect(press("Enter", { focus: "control" })).toBeNull();
    expect(press("Tab", { focus: "control" }, { candidatesOffered: true })).toBeNull();
  });

  test("the other keys work", () => {
    expect(press("b", { focus: "control" })).toEqual({ act: "tool", tool: "brush" });
  });
});

test("Tab and the digits choose only where there is a choice", () => {
  expect(press("Tab")).toBeNull();
  expect(press("2")).toBeNull();
  expect(press("Tab", {}, { candidatesOffered: true })).toEqual({ act: "candidate", candidate: "next" });
  expect(press("2", {}, { candidatesOffered: true })).toEqual({ act: "candidate", candidate: 2 });
});

test("K, D and F answer the 30-second card and are nothing else", () => {
  for (const key of ["k", "d", "f"]) expect(press(key)).toBeNull();
  expect(press("k", {}, { limitAsks: true })).toEqual({ act: "keepAndNext" });
  expect(press("d", {}, { limitAsks: true })).toEqual({ act: "dropAndNext" });
  expect(press("f", {}, { limitAsks: true })).toEqual({ act: "moreTime" });
});

test("no key means two things", () => {
  const all = BINDINGS.flatMap(({ keys, ctrl, shift }) =>
    keys.map((key) => `${ctrl ?? false} ${shift ?? false} ${key}`),
  );
  expect(new Set(all).size).toBe(all.length);
});

test("buttons show their key", () => {
  expect([keyOf("accept"), keyOf("tool", "box"), keyOf("undo")]).toEqual(["Enter", "W", "Ctrl Z"]);
});
