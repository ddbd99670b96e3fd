import { signal } from "@preact/signals";
import { beforeEach, expect, test, vi } from "vitest";
import type { Preferences } from "../../protocol/api";
import { Keymap } from "../../tools/keys";
import { OwnKeys } from "./own_keys";

let keys: ReturnType<typeof signal<Keymap>>;
let save: ReturnType<typeof vi.fn<(preferences: Preferences) => Promise<unknown>>>;
let own: OwnKeys;

beforeEach(() => {
  keys = signal(new Keymap());
  save = vi.fn(async () => {});
  own = new OwnKeys({ keys: keys as never, save });
});

const settled = () => vi.waitFor(() => expect(own.keeping.value.kind).not.toBe("saving"));

test("a key holds at once and is kept", async () => {
  expect(own.change("accept", "F9")).toBeNull();
  expect(keys.value?.shown("accept")).toBe("F9");
  await settled();
  expect(save).toHaveBeenCalledWith({ keys: { accept: ["F9"] } });
});

test("a key that another command has is refused, and nothing is sent", () => {
  expect(own.change("accept", "n")).toContain("Next image");
  expect(keys.value?.shown("accept")).toBe("Enter");
  expect(save).not.toHaveBeenCalled();
});

test("one command or all get their own keys back", async () => {
  own.change("next", "F9");
  own.change("accept", "n");
  expect(own.reset("next")).toContain("Accept mask");
  own.resetAll();
  await settled();
  expect(keys.value?.changes).toEqual({});
  expect(save).toHaveBeenLastCalledWith({ keys: {} });
});

test("changes while one is being saved go out together, after it", async () => {
  let answer = () => {};
  save.mockImplementationOnce(() => new Promise<void>((done) => (answer = done)));
  own.change("accept", "F9");
  own.change("accept", "F8");
  own.change("drop", "F4");
  expect(save).toHaveBeenCalledTimes(1);
  answer();
  await settled();
  expect(save.mock.calls.map(([{ keys }]) => keys)).toEqual([{ accept: ["F9"] }, { accept: ["F8"], drop: ["F4"] }]);
});

test("what could not be kept holds on this page, is told, and can be tried again", async () => {
  save.mockRejectedValueOnce(new Error("The server cannot be reached."));
  own.change("accept", "F9");
  await settled();
  expect(own.keeping.value).toEqual({ kind: "failed", message: "The server cannot be reached." });
  expect(keys.value?.shown("accept")).toBe("F9");
  own.saveAgain();
  await settled();
  expect(own.keeping.value.kind).toBe("kept");
});
