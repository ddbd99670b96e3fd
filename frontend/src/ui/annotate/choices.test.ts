import { afterEach, expect, test, vi } from "vitest";
import { USUAL_LOOK } from "../../state/look";
import { recallLook, rememberLook } from "./choices";

afterEach(() => vi.unstubAllGlobals());

function keepIn(kept: Map<string, string>): void {
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
}

test("opacity and outlines are kept for one person; light and isolating are not", () => {
  keepIn(new Map());
  rememberLook(3, { opacity: 0.7, outlinesOnly: true, isolate: true, brightness: 2, contrast: 2 });
  expect(recallLook(3)).toEqual({ ...USUAL_LOOK, opacity: 0.7, outlinesOnly: true });
  expect(recallLook(4)).toEqual(USUAL_LOOK);
});

test("what is kept but makes no sense counts for nothing", () => {
  for (const kept of ["no JSON", "null", "[]", '{"opacity":"a lot","outlinesOnly":1}', '{"opacity":null}']) {
    keepIn(new Map([["annotate/3/look", kept]]));
    expect(recallLook(3), kept).toEqual(USUAL_LOOK);
  }
  keepIn(new Map([["annotate/3/look", '{"opacity":9}']]));
  expect(recallLook(3).opacity).toBe(1);
});

test("a browser that forbids storage has the usual look", () => {
  vi.stubGlobal("localStorage", undefined);
  rememberLook(3, USUAL_LOOK);
  expect(recallLook(3)).toEqual(USUAL_LOOK);
});
