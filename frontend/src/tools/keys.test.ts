import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Act } from "./commands";
import { COMMANDS, type CommandId } from "./commands";
import { type KeyContext, type KeyInput, Keymap } from "./keys";

const calm: KeyContext = { limitAsks: false, candidatesOffered: false, promptSelected: false, dialogOpen: false };
const own = new Keymap();
const press = (
  key: string,
  more: Partial<KeyInput> = {},
  context: Partial<KeyContext> = {},
  keymap = own,
): Act | null =>
  keymap.commandFor(
    { key, code: "", ctrl: false, shift: false, alt: false, repeat: false, focus: "canvas", ...more },
    { ...calm, ...context },
  )?.act ?? null;

test("letters, keys with names and keys with Ctrl find their acts", () => {
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

test("signs and digits are found wherever a keyboard has them", () => {
  expect(press("?", { shift: true })).toEqual({ act: "help" });
  expect(press("+")).toEqual({ act: "zoom", direction: 1 });
  expect(press("-", { code: "Digit6" }), "the French minus").toEqual({ act: "zoom", direction: -1 });
  expect(press("à", { code: "Digit0" }), "the French zero").toEqual({ act: "fit" });
  expect(press("[", { alt: true })).toEqual({ act: "brush", direction: -1 });
});

describe("keys do not fire", () => {
  test("while a person types", () => {
    const everything = { limitAsks: true, candidatesOffered: true, promptSelected: true };
    for (const { keys } of COMMANDS) expect(press(keys[0] ?? "", { focus: "field" }, everything)).toBeNull();
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

describe("the table", () => {
  test("gives every command a key of its own and a title of its own", () => {
    const keys = COMMANDS.flatMap((row) => [...row.keys]);
    expect(new Set(keys).size).toBe(keys.length);
    for (const row of COMMANDS) expect(row.keys.length, row.id).toBeGreaterThan(0);
    expect(new Set(COMMANDS.map(({ title }) => title)).size).toBe(COMMANDS.length);
    expect(new Set(COMMANDS.map(({ id }) => id)).size).toBe(COMMANDS.length);
  });

  test("writes keys as a press is read, letters small", () => {
    for (const row of COMMANDS)
      for (const key of row.keys) expect(key).toMatch(/^(Ctrl\+)?(Alt\+)?(Shift\+)?([^\sA-Z]|[A-Z]\w+)$/);
  });
});

describe("a person's own keys", () => {
  test("take the place of a command's, on its button as well", () => {
    const mine = own.with("accept", "F9").with("undo", "Shift+F8");
    expect(press("F9", {}, {}, mine)).toEqual({ act: "accept" });
    expect(press("Enter", {}, {}, mine)).toBeNull();
    expect(mine.shown("undo")).toBe("Shift F8");
    expect(mine.aria("undo")).toBe("Shift+F8");
    expect(mine.without("accept").shown("accept")).toBe("Enter");
  });

  test("are refused where another command has them, and it is named", () => {
    expect(own.objection("accept", "n")).toContain("Next image");
    expect(own.objection("accept", "Ctrl+w")).toContain("browser");
    expect(own.objection("accept", "Enter")).toBeNull();
    expect(() => own.with("accept", "n")).toThrow(RangeError);
  });

  test("are read from a press as the keyboard prints them, and as somebody else's where they are", () => {
    const read = (key: string, code: string) => own.chordFor({ key, code, ctrl: false, shift: false, alt: false });
    expect(read("&", "Digit1"), "on the French 1").toBe("1");
    expect(read("-", "Digit6"), "zooms out in France").toBe("-");
    expect(read("й", "KeyQ")).toBe("q");
    expect(read("G", "KeyG")).toBe("g");
    expect(read("Shift", "ShiftLeft")).toBeNull();
  });

  test("are in the way of a command that would have them back", () => {
    const mine = own.with("next", "F9").with("accept", "n");
    expect(mine.objectionToReset("next")).toContain("Accept mask");
    expect(mine.without("accept").objectionToReset("next")).toBeNull();
  });

  test("whatever was kept: no key means two things, and what a person chose comes first", () => {
    const chord = fc.constantFrom("g", "n", "Enter", "Ctrl+w", "Shift+F8", "1", "", "nonsense");
    const id = fc.constantFrom(...COMMANDS.map((row) => row.id), "gone.long.ago", "__proto__");
    fc.assert(
      fc.property(fc.dictionary(id, fc.array(chord, { maxLength: 3 })), (changes) => {
        const keymap = new Keymap(changes);
        const all = COMMANDS.flatMap((row) => keymap.keysOf(row.id));
        expect(new Set(all).size).toBe(all.length);
        for (const row of COMMANDS) {
          const wanted = Object.hasOwn(changes, row.id) ? changes[row.id] : row.keys;
          expect(wanted).toEqual(expect.arrayContaining([...keymap.keysOf(row.id as CommandId)]));
        }
      }),
    );
  });
});

test("buttons show their key", () => {
  expect([own.shown("accept"), own.shown("tool.box"), own.shown("undo")]).toEqual(["Enter", "W", "Ctrl Z"]);
});
