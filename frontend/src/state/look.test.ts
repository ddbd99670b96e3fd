import { describe, expect, it } from "vitest";
import { newDraft } from "./draft";
import { hasUsualLight, type Look, lookAtNext, type ShownState, shownMasks, USUAL_LOOK, withOpacity } from "./look";
import { emptyPaint } from "./paint";

const empty = newDraft("new", { width: 8, height: 8 });
const begun = { ...empty, paint: { ...emptyPaint(8, 8), tiles: new Map([[0, new Uint8Array(4)]]) } };
const state: ShownState = { allHidden: false, hidden: new Set(["b"]), accepting: [], draft: empty, pointedAt: null };

function shown(change: Partial<ShownState>, look: Partial<Look> = {}): string {
  const isShown = shownMasks({ ...state, ...change }, { ...USUAL_LOOK, ...look });
  return ["a", "b", "c"].filter((id) => isShown({ id })).join("");
}

describe("which accepted masks are drawn", () => {
  it("all but the hidden ones", () => {
    expect(shown({})).toBe("ac");
    expect(shown({ allHidden: true })).toBe("");
  });

  it("not one whose place the mask under work takes, or one on its way into the list", () => {
    expect(shown({ draft: { ...begun, replaces: "c" } })).toBe("a");
    const accepting = [{ draft: { ...begun, replaces: "a" }, colour: 0, failure: null }];
    expect(shown({ accepting })).toBe("c");
  });

  it("isolated: none beside the mask under work, and of the others the one pointed at", () => {
    expect(shown({ draft: begun }, { isolate: true })).toBe("");
    expect(shown({ draft: begun, pointedAt: "c" }, { isolate: true })).toBe("c");
    expect(shown({ pointedAt: "c" }, { isolate: true })).toBe("c");
    expect(shown({}, { isolate: true }), "nothing to isolate").toBe("ac");
  });
});

describe("the look", () => {
  it("goes on to the next image without its light and without isolating", () => {
    const look = { opacity: 0.7, outlinesOnly: true, isolate: true, brightness: 2, contrast: 0.5 };
    const next = lookAtNext(look);
    expect(next).toMatchObject({ opacity: 0.7, outlinesOnly: true, isolate: false });
    expect(hasUsualLight(look)).toBe(false);
    expect(hasUsualLight(next)).toBe(true);
  });

  it("has an opacity from nothing to all, and fills again when it is changed", () => {
    expect(withOpacity({ ...USUAL_LOOK, outlinesOnly: true }, 0.3 - 0.1)).toMatchObject({
      opacity: 0.2,
      outlinesOnly: false,
    });
    expect(withOpacity(USUAL_LOOK, 1.3).opacity).toBe(1);
    expect(withOpacity(USUAL_LOOK, -1).opacity).toBe(0);
  });
});
