// Which frame a mask is decoded in, and that logits of one never meet those of another.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cropOf, sameCrop } from "../geometry/crop";
import { modelFrame, partFrame } from "../geometry/model_frame";
import { imagePoint } from "../geometry/points";
import type { CropBox } from "../protocol/api";
import { type Answer, currentModelMask, type DecodeRequest, decodeRequest, visibleSource } from "./draft";
import { type Command, type EditorState, NOTHING_OPEN } from "./editor_state";
import { draftFrom, keptFrom } from "./kept_draft";
import { reduce } from "./reducer";

const image = { id: 7, width: 400, height: 300 };
const CROP: CropBox = [100, 100, 160, 160];
const shown = reduce(NOTHING_OPEN, { kind: "showImage", image, saved: [], maskId: "m1" });
const run = (state: EditorState, ...commands: Command[]) => commands.reduce(reduce, state);
const click = (x: number, y: number, crop: CropBox | null = CROP): Command => ({
  kind: "addPoint",
  at: imagePoint(x, y),
  label: 1,
  crop,
});

/** A mask in the middle of its frame, or one that reaches all edges of it. */
function answerTo(request: DecodeRequest, reach: "middle" | "edges" = "middle", shownToken: 0 | 2 = 2): Answer {
  const frame = request.crop ? partFrame(image, request.crop, 32, 8) : modelFrame(400, 300, 32, 8);
  const logits = [0, 1, 2, 3].map(() => new Float32Array(64).fill(reach === "edges" ? 5 : -5));
  for (const plane of logits) plane[3 * 8 + 3] = 5 + request.revision;
  return { logits, ious: [0.1, 0.5, 0.9, 0.7], shown: shownToken, frame };
}

function decoded(state: EditorState, reach: "middle" | "edges" = "middle"): EditorState {
  for (let request = decodeRequest(state.draft); request; request = decodeRequest(state.draft)) {
    const known = request.maskInput;
    const answers = [...state.draft.answers.values()];
    const source = answers.find(({ logits }) => logits.some((plane) => plane === known));
    if (known && source && !sameCrop(cropOf(source.frame), request.crop))
      throw new Error("logits of another frame are fed back");
    const one = request.points.length + (request.box ? 1 : 0) === 1;
    // Only a crop cuts a mask off.
    const answer = answerTo(request, request.crop ? reach : "middle", one ? 2 : 0);
    state = reduce(state, { kind: "decoded", revision: request.revision, answer });
  }
  return state;
}

describe("a mask begins in the part of the image that is looked at", () => {
  test("when its prompt lies well inside", () => {
    expect(run(shown, click(180, 180)).draft.crop).toEqual(CROP);
    expect(run(shown, click(104, 180)).draft.crop).toBeNull();
    expect(run(shown, { kind: "setBox", box: [150, 150, 200, 200], crop: CROP }).draft.crop).toEqual(CROP);
    expect(run(shown, { kind: "setBox", box: [150, 150, 300, 200], crop: CROP }).draft.crop).toBeNull();
    expect(run(shown, click(180, 180, null)).draft.crop).toBeNull();
  });

  test("and stays in the frame that it was begun in", () => {
    expect(run(shown, click(180, 180, null), click(190, 180)).draft.crop).toBeNull();
    expect(run(shown, click(180, 180), click(190, 180, null)).draft.crop).toEqual(CROP);
    expect(run(shown, click(180, 180), click(190, 180, [120, 120, 80, 80])).draft.crop).toEqual(CROP);
  });

  test("until a prompt leaves it: then all is decoded anew in the whole image, and undone it is back", () => {
    const inside = decoded(run(shown, click(180, 180)));
    const left = run(inside, click(20, 20));
    expect(left.draft.crop).toBeNull();
    expect(decodeRequest(left.draft)).toMatchObject({ crop: null, maskInput: null, points: [[180, 180, 1]] });
    expect(currentModelMask(decoded(left).draft)?.frame.part).toBeUndefined();
    const back = run(decoded(left), { kind: "undo" });
    expect(back.draft.crop).toEqual(CROP);
    expect(cropOf(currentModelMask(decoded(back).draft)?.frame ?? modelFrame(1, 1, 32, 8))).toEqual(CROP);
  });

  test("or until one is moved out of it, while it is moved already", () => {
    const inside = decoded(run(shown, click(180, 180)));
    const prompt = { kind: "point", index: 0 } as const;
    const out = { kind: "point", at: imagePoint(20, 20), label: 1 } as const;
    const moving = run(inside, { kind: "beginMove", prompt }, { kind: "movePrompt", to: out });
    expect(moving.draft.crop).toBeNull();
    expect(run(moving, { kind: "cancelMove" }).draft.crop).toEqual(CROP);
    const moved = run(moving, { kind: "endMove" });
    expect(moved.draft.crop).toBeNull();
    expect(run(moved, { kind: "undo" }).draft.crop).toEqual(CROP);
    expect(run(moved, { kind: "undo" }, { kind: "redo" }).draft.crop).toBeNull();
  });

  test("or until the crop cuts it off", () => {
    const first = run(shown, click(180, 180));
    const cut = decoded(first, "edges");
    expect(cut.draft.crop).toBeNull();
    expect(currentModelMask(cut.draft)?.frame.part).toBeUndefined();
    // Undone and done again it is found out again.
    const again = decoded(run(cut, { kind: "undo" }, { kind: "redo" }), "edges");
    expect(currentModelMask(again.draft)?.frame.part).toBeUndefined();
  });

  test("or until it can't be decoded in any more", () => {
    const inside = run(shown, click(180, 180));
    expect(run(inside, { kind: "leaveCrop", crop: CROP }).draft.crop).toBeNull();
    expect(run(inside, { kind: "leaveCrop", crop: [0, 0, 10, 10] }).draft.crop).toEqual(CROP);
  });
});

describe("a mask whose crop is missing goes back to it once it is there", () => {
  const away = (...before: Command[]) => run(shown, ...before, { kind: "leaveCrop", crop: CROP, comesBack: true });
  const back: Command = { kind: "enterCrop", crop: CROP };

  test("and is decoded there from its first prompt on, while what was in sight stays", () => {
    const whole = decoded(away(click(180, 180), click(190, 180)));
    expect(currentModelMask(whole.draft)?.frame.part).toBeUndefined();
    const inside = run(whole, back);
    expect([inside.draft.crop, inside.draft.awaits]).toEqual([CROP, null]);
    expect(visibleSource(inside.draft)).toMatchObject({ mask: { logits: currentModelMask(whole.draft)?.logits } });
    expect(decodeRequest(inside.draft)).toMatchObject({ crop: CROP, maskInput: null, points: [[180, 180, 1]] });
  });

  test("also with what was clicked, and after the page was loaded anew meanwhile", () => {
    const whole = decoded(run(away(click(180, 180)), click(190, 180)));
    const kept = draftFrom(keptFrom(whole.draft), 100, image);
    expect(run(whole, back).draft.crop).toEqual(CROP);
    expect(kept && run({ ...whole, draft: kept }, back).draft.crop).toEqual(CROP);
  });

  test("but not when a prompt lies outside, nor under paint or the hand, nor into another one", () => {
    const paint: Command[] = [{ kind: "beginStroke", mode: "brush", at: imagePoint(5, 5) }, { kind: "endStroke" }];
    const hold: Command = { kind: "beginMove", prompt: { kind: "point", index: 0 } };
    for (const meanwhile of [[click(20, 20)], paint, paint.slice(0, 1), [hold]])
      expect(run(away(click(180, 180)), ...meanwhile, back).draft.crop).toBeNull();
    expect(run(away(click(180, 180)), { kind: "enterCrop", crop: [0, 0, 10, 10] }).draft.crop).toBeNull();
    expect(run(shown, click(180, 180), { kind: "leaveCrop", crop: CROP }, back).draft.crop).toBeNull();
  });
});

test("an answer of another frame is no answer", () => {
  const inside = run(shown, click(180, 180));
  const request = decodeRequest(inside.draft);
  if (!request) throw new Error("nothing is asked");
  const late = reduce(run(inside, { kind: "leaveCrop", crop: CROP }), {
    kind: "decoded",
    revision: request.revision,
    answer: answerTo(request),
  });
  expect(currentModelMask(late.draft)).toBeNull();
});

test("a kept draft comes back in its frame", () => {
  const state = decoded(run(shown, click(180, 180)));
  const back = draftFrom(keptFrom(state.draft), 100, image);
  expect(back?.crop).toEqual(CROP);
  expect(back && currentModelMask(back)).not.toBeNull();
});

test("whatever is clicked, undone and done again, no mask is made from logits of another frame", () => {
  const spot = fc.tuple(fc.nat(399), fc.nat(299));
  const act = fc.oneof(
    spot.map(([x, y]): Command[] => [click(x, y)]),
    spot.map(([x, y]): Command[] => [click(100 + (x % 160), 100 + (y % 160))]),
    spot.map(([x, y]): Command[] => [
      { kind: "beginMove", prompt: { kind: "point", index: 0 } },
      { kind: "movePrompt", to: { kind: "point", at: imagePoint(x, y), label: 1 } },
      { kind: "endMove" },
    ]),
    fc.constantFrom<Command[]>(
      [{ kind: "undo" }],
      [{ kind: "redo" }],
      [{ kind: "leaveCrop", crop: CROP }],
      [{ kind: "leaveCrop", crop: CROP, comesBack: true }],
      [{ kind: "enterCrop", crop: CROP }],
      [{ kind: "removePrompt", prompt: { kind: "point", index: 0 } }],
    ),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(act, fc.boolean()), { maxLength: 12 }), (acts) => {
      let state = shown;
      for (const [commands, edges] of acts) {
        state = decoded(run(state, ...commands), edges ? "edges" : "middle");
        const mask = currentModelMask(state.draft);
        if (mask) expect(cropOf(mask.frame)).toEqual(state.draft.crop);
        expect(mask === null).toBe(state.draft.lineage.length === 0);
      }
    }),
    { numRuns: 80 },
  );
});
