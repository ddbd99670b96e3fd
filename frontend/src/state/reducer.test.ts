import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Bitmap } from "../geometry/bitmap";
import { modelFrame } from "../geometry/model_frame";
import { imagePoint } from "../geometry/points";
import { composeMask } from "./compose";
import {
  type Answer,
  baseInForce,
  currentModelMask,
  type Draft,
  decodeRequest,
  isEmptyDraft,
  mayChoose,
  revisionOf,
  visibleSource,
} from "./draft";
import { type Command, type EditorState, NOTHING_OPEN } from "./editor_state";
import { emptyPaint, isUnpainted, paintAt, paintSegment } from "./paint";
import { promptCount } from "./prompts";
import { reduce } from "./reducer";
import type { SavedMask } from "./saved";

const image = { id: 7, width: 120, height: 80 };
const shown = reduce(NOTHING_OPEN, { kind: "showImage", image, saved: [], maskId: "m1" });

function run(state: EditorState, ...commands: Command[]): EditorState {
  return commands.reduce(reduce, state);
}

const click = (x: number, y: number, label: 0 | 1 = 1): Command => ({ kind: "addPoint", at: imagePoint(x, y), label });
const box: Command = { kind: "setBox", box: [10, 10, 60, 50] };
const stroke = (mode: "brush" | "eraser", ...spots: [number, number][]): Command[] => [
  { kind: "beginStroke", mode, at: imagePoint(...(spots[0] ?? [0, 0])) },
  { kind: "extendStroke", through: spots.slice(1).map(([x, y]) => imagePoint(x, y)) },
  { kind: "endStroke" },
];
const undo: Command = { kind: "undo" };
const redo: Command = { kind: "redo" };

/** An answer whose logits of token t are all t + tag. */
function answer(tag: number, shownToken: 0 | 1 | 2 | 3, ious = [0.5, 0.7, 0.9, 0.8]): Answer {
  const logits = [0, 1, 2, 3].map((token) => new Float32Array(16).fill(tag + token));
  return { logits, ious, shown: shownToken, frame: modelFrame(120, 80, 16, 4) };
}

function decoded(state: EditorState, tag: number, shownToken: 0 | 1 | 2 | 3): EditorState {
  return reduce(state, { kind: "decoded", revision: revisionOf(state.draft) ?? -1, answer: answer(tag, shownToken) });
}

const saved = (id: string, more: Partial<SavedMask> = {}): SavedMask => ({
  id,
  size: [80, 120],
  counts: "",
  bbox: [0, 0, 1, 1],
  area: 1,
  points: [[3, 4, 1]],
  box: null,
  crop: null,
  firstToken: 2,
  chosenToken: 2,
  predictedIou: 0.9,
  stabilityScore: 0.95,
  brushPixelsAdded: 0,
  brushPixelsRemoved: 0,
  activeMs: 900,
  timeLimitOutcome: "within",
  colour: 0,
  ...more,
});

describe("prompts", () => {
  test("the first asks the decoder without a mask, the next feeds back the chosen logits", () => {
    const first = run(shown, click(5, 6));
    expect(decodeRequest(first.draft)).toMatchObject({ points: [[5, 6, 1]], box: null, maskInput: null });
    const second = run(decoded(first, 10, 2), { kind: "chooseCandidate", candidate: 3 }, click(7, 8, 0));
    expect(decodeRequest(second.draft)?.points).toEqual([
      [5, 6, 1],
      [7, 8, 0],
    ]);
    expect(decodeRequest(second.draft)?.maskInput?.[0]).toBe(13);
  });

  test("of two quick clicks the first is decoded first, and feeds the second", () => {
    const state = run(decoded(run(shown, click(5, 6)), 10, 1), click(7, 8), click(9, 9));
    const request = decodeRequest(state.draft);
    expect(request?.points.at(-1)).toEqual([7, 8, 1]);
    expect(request?.maskInput?.[0]).toBe(11);
    const next = reduce(state, { kind: "decoded", revision: request?.revision ?? -1, answer: answer(20, 0) });
    expect(decodeRequest(next.draft)?.points).toHaveLength(3);
    expect(decodeRequest(next.draft)?.maskInput?.[0]).toBe(20);
  });

  test("an answer that comes late, for prompts that are gone, changes nothing", () => {
    const first = run(shown, click(5, 6));
    const late = revisionOf(first.draft) ?? -1;
    const second = run(first, undo, click(7, 8));
    const after = reduce(second, { kind: "decoded", revision: late, answer: answer(1, 1) });
    expect(after.draft).toBe(second.draft);
    const other = run(first, { kind: "drop", nextMaskId: "m2" }, click(1, 1));
    expect(currentModelMask(reduce(other, { kind: "decoded", revision: late, answer: answer(1, 1) }).draft)).toBeNull();
  });

  test("the mask before stays in sight until the new one is there", () => {
    const state = run(decoded(run(shown, click(5, 6)), 10, 2), click(7, 8));
    expect(currentModelMask(state.draft)).toBeNull();
    expect(visibleSource(state.draft)).toMatchObject({ kind: "model", mask: { token: 2 } });
  });

  test("undo finds its mask without asking again", () => {
    const two = decoded(run(decoded(run(shown, click(5, 6)), 10, 2), click(7, 8)), 20, 0);
    const back = run(two, undo);
    expect(decodeRequest(back.draft)).toBeNull();
    expect(currentModelMask(back.draft)).toMatchObject({ token: 2, predictedIou: 0.9 });
    expect(currentModelMask(run(back, redo).draft)).toMatchObject({ token: 0, predictedIou: 0.5 });
  });

  test("a second box takes the place of the first, and undo brings the first back", () => {
    const state = run(shown, box, { kind: "setBox", box: [0, 0, 5, 5] });
    expect(promptCount(state.draft)).toBe(1);
    expect(run(state, undo).draft.box).toEqual([10, 10, 60, 50]);
    expect(run(state, undo, undo).draft.box).toBeNull();
  });
});

describe("candidates", () => {
  test("after one prompt Tab goes through them from the best, and round again", () => {
    let state = decoded(run(shown, click(5, 6)), 0, 2);
    const tokens = [currentModelMask(state.draft)?.token];
    for (let i = 0; i < 3; i++) {
      state = reduce(state, { kind: "chooseCandidate", candidate: "next" });
      tokens.push(currentModelMask(state.draft)?.token);
    }
    expect(tokens).toEqual([2, 3, 1, 2]);
  });

  test("a box alone offers them too; a second prompt does not", () => {
    expect(mayChoose(run(shown, box).draft)).toBe(true);
    const two = decoded(run(shown, box, click(1, 1)), 0, 0);
    expect(mayChoose(two.draft)).toBe(false);
    expect(reduce(two, { kind: "chooseCandidate", candidate: 1 })).toBe(two);
  });

  test("before the answer there is nothing to choose", () => {
    const waiting = run(shown, click(1, 1));
    expect(reduce(waiting, { kind: "chooseCandidate", candidate: 1 })).toBe(waiting);
  });
});

describe("strokes", () => {
  test("paint stays on top while a click refines the model's mask", () => {
    const painted = run(
      shown,
      click(5, 6),
      ...stroke("brush", [20, 20], [40, 20]),
      ...stroke("eraser", [30, 20], [35, 20]),
    );
    expect(paintAt(painted.draft.paint, 10, 20)).toBe(1);
    expect(paintAt(painted.draft.paint, 32, 20)).toBe(2);
    const refined = decoded(run(painted, click(50, 50)), 1, 0);
    expect(refined.draft.paint).toBe(painted.draft.paint);
  });

  test("a mask may be painted without any prompt", () => {
    const state = run(shown, ...stroke("brush", [20, 20], [40, 20]));
    expect(decodeRequest(state.draft)).toBeNull();
    expect(run(state, { kind: "accept", nextMaskId: "m2" }).accepting).toHaveLength(1);
  });

  test("undo in the middle of a stroke ends it first", () => {
    const state = run(shown, ...stroke("brush", [20, 20], [40, 20]).slice(0, 2), undo);
    expect(state.stroke).toBeNull();
    expect(isUnpainted(state.draft.paint)).toBe(true);
    expect(isUnpainted(run(state, redo).draft.paint)).toBe(false);
  });

  test("a stroke that changes nothing is no step", () => {
    const once = run(shown, ...stroke("brush", [20, 20]));
    expect(run(once, ...stroke("brush", [20, 20])).history).toBe(once.history);
  });
});

describe("history", () => {
  const act = fc.oneof(
    fc.tuple(fc.nat(119), fc.nat(79), fc.constantFrom(0, 1)).map(([x, y, label]) => [click(x, y, label as 0 | 1)]),
    fc
      .tuple(fc.nat(59), fc.nat(39), fc.integer({ min: 1, max: 30 }))
      .map(([x, y, side]): Command[] => [{ kind: "setBox", box: [x, y, x + side, y + side] }]),
    fc
      .tuple(
        fc.constantFrom("brush", "eraser"),
        fc.array(fc.tuple(fc.nat(119), fc.nat(79)), { minLength: 1, maxLength: 4 }),
      )
      .map(([mode, spots]) => stroke(mode as "brush" | "eraser", ...(spots as [number, number][]))),
    fc.nat(9999).map((n): Command[] => [{ kind: "drop", nextMaskId: `d${n}` }]),
    fc.integer({ min: 1, max: 90 }).map((size): Command[] => [{ kind: "setBrushSize", size }]),
  );

  const content = (draft: Draft) => ({
    maskId: draft.maskId,
    points: draft.points,
    box: draft.box,
    lineage: draft.lineage,
    paint: [...draft.paint.tiles].sort(([a], [b]) => a - b).map(([index, tile]) => [index, tile.join("")]),
  });

  test("all the way back and forth ends where it began, over clicks, boxes, strokes and drops", () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 25 }), (acts) => {
        const end = acts.flat().reduce(reduce, shown);
        let steps = 0;
        for (let past = end.history.past; past; past = past.rest) steps++;
        const back = Array.from({ length: steps }, () => undo).reduce(reduce, end);
        expect(content(back.draft)).toEqual(content(shown.draft));
        expect(reduce(back, undo)).toBe(back);
        const forth = Array.from({ length: steps }, () => redo).reduce(reduce, back);
        expect(content(forth.draft)).toEqual(content(end.draft));
        expect(reduce(forth, redo)).toBe(forth);
      }),
      { numRuns: 30 },
    );
  });

  test("any walk through it returns what each place held", () => {
    fc.assert(
      fc.property(
        fc.array(act, { minLength: 1, maxLength: 12 }),
        fc.array(fc.boolean(), { maxLength: 60 }),
        (acts, walk) => {
          let state = acts.flat().reduce(reduce, shown);
          const seen = new Map<unknown, unknown>();
          for (const back of walk) {
            const place = state.history.past;
            const here = content(state.draft);
            const known = seen.get(place?.delta ?? "start");
            if (known) expect(here).toEqual(known);
            seen.set(place?.delta ?? "start", here);
            state = reduce(state, back ? undo : redo);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  test("clicks and strokes go back in one order", () => {
    const state = run(shown, click(1, 1), ...stroke("brush", [20, 20]), click(2, 2));
    const one = run(state, undo);
    expect([promptCount(one.draft), isUnpainted(one.draft.paint)]).toEqual([1, false]);
    const two = run(one, undo);
    expect([promptCount(two.draft), isUnpainted(two.draft.paint)]).toEqual([1, true]);
  });

  test("a new act forgets what was undone", () => {
    expect(run(shown, click(1, 1), undo, click(2, 2)).history.future).toBeNull();
  });

  test("it ends at an accepted mask: undo never reaches into it", () => {
    const state = run(shown, click(1, 1), { kind: "accept", nextMaskId: "m2" });
    expect(run(state, undo)).toBe(state);
  });
});

describe("accepting", () => {
  test("frees the hand at once and lists the mask when it is in the outbox", () => {
    const accepting = run(shown, click(1, 1), { kind: "accept", nextMaskId: "m2" }, click(9, 9));
    expect(accepting.accepting.map(({ draft }) => draft.maskId)).toEqual(["m1"]);
    expect(accepting.draft).toMatchObject({ maskId: "m2", points: [{ at: { x: 9, y: 9 } }] });
    const { colour: _, ...mask } = saved("m1");
    const done = reduce(accepting, { kind: "accepted", mask });
    expect(done.accepting).toEqual([]);
    expect(done.saved.map(({ id }) => id)).toEqual(["m1"]);
  });

  test("gives each mask a colour that it keeps", () => {
    const { colour: _a, ...first } = saved("m1");
    const { colour: _b, ...second } = saved("m2");
    const state = run(shown, click(1, 1), { kind: "accept", nextMaskId: "m2" }, click(2, 2), {
      kind: "accept",
      nextMaskId: "m3",
    });
    // The second one is ready first.
    const done = run(state, { kind: "accepted", mask: second }, { kind: "accepted", mask: first });
    expect(Object.fromEntries(done.saved.map(({ id, colour }) => [id, colour]))).toEqual({ m1: 0, m2: 1 });
  });

  test("says when it failed, and keeps the mask", () => {
    const state = run(
      shown,
      click(1, 1),
      { kind: "accept", nextMaskId: "m2" },
      {
        kind: "acceptFailed",
        maskId: "m1",
        reason: "The disk is full.",
      },
    );
    expect(state.accepting[0]).toMatchObject({ failure: "The disk is full.", draft: { maskId: "m1" } });
    expect(run(state, { kind: "retryAccept", maskId: "m1" }).accepting[0]?.failure).toBeNull();
  });

  test("nothing is accepted where nothing is open", () => {
    expect(run(shown, { kind: "accept", nextMaskId: "m2" })).toBe(shown);
  });
});

describe("dropping", () => {
  test("can be undone, with the mask's own identity", () => {
    const state = run(decoded(run(shown, click(1, 1)), 5, 1), { kind: "drop", nextMaskId: "m2" });
    expect(isEmptyDraft(state.draft)).toBe(true);
    const back = run(state, undo);
    expect(back.draft.maskId).toBe("m1");
    expect(currentModelMask(back.draft)?.token).toBe(1);
  });
});

describe("reopening", () => {
  const bitmap = new Bitmap(120, 80);
  bitmap.data.fill(1, 500, 700);
  const open = (mask: SavedMask) =>
    run({ ...shown, saved: [mask] }, { kind: "reopen", id: mask.id, bitmap, maskId: "m5" });

  test("brings the prompts back over the mask's own bitmap", () => {
    const state = open(saved("old"));
    expect(state.draft).toMatchObject({ maskId: "m5", replaces: "old", points: [{ at: { x: 3, y: 4 }, label: 1 }] });
    expect(visibleSource(state.draft)).toMatchObject({ kind: "base", base: { bitmap } });
    expect(baseInForce(run(state, click(9, 9)).draft)).toBeNull();
    expect(baseInForce(run(state, click(9, 9), undo).draft)?.bitmap).toBe(bitmap);
  });

  test("what was painted is kept as paint, so that further clicks leave it alone", () => {
    const model = new Bitmap(120, 80);
    const paint = paintSegment(emptyPaint(120, 80), imagePoint(9, 9), imagePoint(9, 9), 5, 1);
    const state = open(saved("old", { brushPixelsAdded: 200 }));
    const rebased = run(state, { kind: "rebase", maskId: "m5", paint });
    expect(rebased.draft).toMatchObject({ base: null, paint });
    expect(composeMask(model, rebased.draft.paint).added).toBeGreaterThan(0);
    const clicked = run(state, click(9, 9));
    expect(run(clicked, { kind: "rebase", maskId: "m5", paint }).draft).toMatchObject({ base: null, paint });
    const back = run(clicked, { kind: "rebase", maskId: "m5", paint }, undo);
    expect(back.draft).toMatchObject({ paint, points: [{ at: { x: 3, y: 4 } }] });
    const painted = run(state, { kind: "beginStroke", mode: "brush", at: imagePoint(60, 60) }, { kind: "endStroke" });
    expect(run(painted, { kind: "rebase", maskId: "m5", paint })).toBe(painted);
  });

  test("a mask painted without prompts comes back as paint", () => {
    const state = open(saved("old", { points: [], chosenToken: null }));
    expect(composeMask(null, state.draft.paint).bitmap.equals(bitmap)).toBe(true);
  });

  test("the new mask takes the place and the colour of the old one", () => {
    const accepting = run(open(saved("old", { colour: 4 })), { kind: "accept", nextMaskId: "m6" });
    const { colour: _, ...mask } = saved("m5");
    expect(reduce(accepting, { kind: "accepted", mask }).saved).toEqual([{ ...mask, colour: 4 }]);
  });

  test("waits until the open mask is accepted or dropped", () => {
    const busy = run({ ...shown, saved: [saved("old")] }, click(1, 1));
    expect(reduce(busy, { kind: "reopen", id: "old", bitmap, maskId: "m5" })).toBe(busy);
  });
});

test("the next image starts clean, with the tool as it was in the hand", () => {
  const state = run(shown, { kind: "setTool", tool: "brush" }, { kind: "setBrushSize", size: 77 }, click(1, 1), {
    kind: "showImage",
    image: { ...image, id: 8 },
    saved: [],
    maskId: "m9",
  });
  expect(state).toMatchObject({
    tool: "brush",
    brushSize: 77,
    history: { past: null },
    draft: { maskId: "m9", points: [] },
  });
  expect(state.nextRevision).toBeGreaterThan(1);
});
