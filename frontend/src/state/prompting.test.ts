import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { modelFrame } from "../geometry/model_frame";
import { type Box, imagePoint } from "../geometry/points";
import { type Answer, currentModelMask, type Draft, decodeRequest, visibleSource } from "./draft";
import { type Command, type EditorState, NOTHING_OPEN } from "./editor_state";
import { type Prompt, promptCount, pulledBox } from "./prompts";
import { reduce } from "./reducer";

const shown = reduce(NOTHING_OPEN, {
  kind: "showImage",
  image: { id: 7, width: 120, height: 80 },
  saved: [],
  maskId: "m1",
});
const run = (state: EditorState, ...commands: Command[]) => commands.reduce(reduce, state);
const click = (x: number, y = 5, label: 0 | 1 = 1): Command => ({ kind: "addPoint", at: imagePoint(x, y), label });
const box = (...sides: Box): Command => ({ kind: "setBox", box: sides });
const move = (prompt: Extract<Command, { kind: "beginMove" }>["prompt"], ...to: Prompt[]): Command[] => [
  { kind: "beginMove", prompt },
  ...to.map((place): Command => ({ kind: "movePrompt", to: place })),
  { kind: "endMove" },
];
const point = (x: number, y = 5, label: 0 | 1 = 1): Prompt => ({ kind: "point", at: imagePoint(x, y), label });

/** A model whose mask tells what it was made from: a sum over the prompts it was asked with and the mask that was fed back. */
function answerTo(draft: Draft): { revision: number; answer: Answer } | null {
  const request = decodeRequest(draft);
  if (!request) return null;
  const { points, maskInput, revision } = request;
  const asked = [...points.map(([x, y, label]) => x * 3 + y * 7 + label), ...(request.box ?? [])];
  const value = (asked.reduce((a, b) => a * 1.31 + b, 1) + (maskInput?.[0] ?? 0) * 1.7) % 1000;
  const one = points.length + (request.box ? 1 : 0) === 1;
  const logits = [0, 1, 2, 3].map((token) => new Float32Array(16).fill(value + token * 10));
  const answer: Answer = { logits, ious: [0, 0.5, 0.9, 0.7], shown: one ? 2 : 0, frame: modelFrame(120, 80, 16, 4) };
  return { revision, answer };
}

/** The state when the decoder has answered all it is asked. */
function decodedAll(state: EditorState): EditorState {
  for (let next = answerTo(state.draft); next; next = answerTo(state.draft)) {
    state = reduce(state, { kind: "decoded", ...next });
  }
  return state;
}

const maskOf = (state: EditorState) => currentModelMask(decodedAll(state).draft)?.logits[0] ?? null;

describe("the mask depends on the prompts alone", () => {
  const spot = fc.tuple(fc.nat(119), fc.nat(79));
  const act = fc.oneof(
    spot.map(([x, y]) => [click(x, y)]),
    spot.map(([x, y]) => [click(x, y, 0)]),
    spot.map(([x, y]) => [box(x, y, x + 10, y + 10)]),
    fc.tuple(fc.nat(4), spot).map(([index, [x, y]]) => [...move({ kind: "point", index }, point(x, y), point(y, 3))]),
    spot.map(([x, y]) => move({ kind: "box" }, { kind: "box", box: [x, y, x + 5, y + 9] })),
    fc.nat(4).map((index): Command[] => [{ kind: "removePrompt", prompt: { kind: "point", index } }]),
    fc.constant<Command[]>([{ kind: "removePrompt", prompt: { kind: "box" } }]),
    fc.constantFrom<Command[]>([{ kind: "undo" }], [{ kind: "redo" }]),
  );

  test("whichever were moved, removed, undone and done again, and whenever the decoder answered", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(act, fc.boolean()), { maxLength: 14 }), (acts) => {
        let state = shown;
        for (const [commands, answered] of acts) {
          for (const command of commands) {
            state = reduce(state, command);
            if (answered) state = decodedAll(state);
          }
        }
        const { draft } = state;
        const fresh = run(
          shown,
          ...(draft.box ? [box(...draft.box)] : []),
          ...draft.points.map(({ at, label }) => click(at.x, at.y, label)),
        );
        expect(maskOf(state)).toBe(maskOf(fresh));
        expect(draft.lineage).toHaveLength(promptCount(draft));
        expect(new Set(draft.lineage).size).toBe(draft.lineage.length);
      }),
      { numRuns: 150 },
    );
  });
});

describe("moving", () => {
  const two = decodedAll(run(shown, click(5), click(30)));

  test("is one step of undo, wherever the hand went in between", () => {
    const moved = run(two, ...move({ kind: "point", index: 0 }, point(7), point(9), point(11)));
    expect(moved.draft.points.map(({ at }) => at.x)).toEqual([11, 30]);
    expect(run(moved, { kind: "undo" }).draft.points).toEqual(two.draft.points);
    expect(run(moved, { kind: "undo" }, { kind: "redo" }).draft.points).toEqual(moved.draft.points);
  });

  test("the mask before stays in sight until the new one is there", () => {
    const moving = run(two, ...move({ kind: "point", index: 0 }, point(7)).slice(0, 2));
    expect(visibleSource(moving.draft)).toEqual(visibleSource(two.draft));
    const ended = reduce(decodedAll(moving), { kind: "endMove" });
    expect(visibleSource(ended.draft)).toEqual(visibleSource(decodedAll(moving).draft));
  });

  test("asks with all prompts at once while it lasts, and with each in turn when it is over", () => {
    const three = decodedAll(run(two, click(60)));
    const moving = run(three, ...move({ kind: "point", index: 1 }, point(33)).slice(0, 2));
    expect(decodeRequest(moving.draft)).toMatchObject({ points: [{}, {}, {}].map(() => expect.anything()) });
    const ended = reduce(moving, { kind: "endMove" });
    expect(decodeRequest(ended.draft)?.points.map(([x]) => x)).toEqual([5, 33]);
  });

  test("the last prompt's mask is there already when it is let go", () => {
    const moving = decodedAll(run(two, ...move({ kind: "point", index: 1 }, point(33)).slice(0, 2)));
    expect(decodeRequest(reduce(moving, { kind: "endMove" }).draft)).toBeNull();
  });

  test("keeps the candidate of a lone prompt", () => {
    const one = reduce(decodedAll(run(shown, click(5))), { kind: "chooseCandidate", candidate: 3 });
    const moved = decodedAll(run(one, ...move({ kind: "point", index: 0 }, point(9))));
    expect(currentModelMask(moved.draft)?.token).toBe(3);
    expect(currentModelMask(run(moved, { kind: "undo" }).draft)?.token).toBe(3);
  });

  test("back to where it was, or broken off, is no step", () => {
    const there = run(two, ...move({ kind: "point", index: 0 }, point(7), point(5)));
    const broken = run(two, ...move({ kind: "point", index: 0 }, point(7)).slice(0, 2), { kind: "cancelMove" });
    for (const state of [there, broken]) {
      expect(state.history).toBe(two.history);
      expect(state.draft).toMatchObject({ points: two.draft.points, lineage: two.draft.lineage });
      expect(decodeRequest(state.draft)).toBeNull();
    }
  });

  test("undo in the middle takes the move back", () => {
    const moving = run(two, ...move({ kind: "point", index: 0 }, point(7)).slice(0, 2), { kind: "undo" });
    expect(moving).toMatchObject({ moving: null, draft: { points: two.draft.points } });
  });
});

test("a box after clicks is told to the decoder before them, as it is when the mask is opened again", () => {
  const state = decodedAll(run(shown, click(5), box(1, 1, 40, 40)));
  expect(state.draft.lineage).toHaveLength(2);
  expect(maskOf(state)).toBe(maskOf(run(shown, box(1, 1, 40, 40), click(5))));
  expect(run(state, { kind: "undo" }).draft).toMatchObject({ box: null, points: [{ at: { x: 5 } }] });
});

test("removing the last prompt leaves none, and no mask", () => {
  const state = run(decodedAll(run(shown, click(5))), { kind: "removePrompt", prompt: { kind: "point", index: 0 } });
  expect(visibleSource(state.draft).kind).toBe("none");
  expect(decodeRequest(state.draft)).toBeNull();
});

test("a candidate chosen after undo counts for what is done again", () => {
  const two = decodedAll(run(decodedAll(run(shown, click(5))), click(9)));
  const other = run(two, { kind: "undo" }, { kind: "chooseCandidate", candidate: 1 }, { kind: "redo" });
  expect(decodeRequest(other.draft)?.maskInput?.[0]).toBe(
    currentModelMask(run(other, { kind: "undo" }).draft)?.logits[0],
  );
});

test("what is selected is there to be removed, and forgotten when the prompts change", () => {
  const state = run(shown, click(5), { kind: "selectPrompt", prompt: { kind: "point", index: 0 } });
  expect(state.selected).toEqual({ kind: "point", index: 0 });
  expect(run(state, { kind: "selectPrompt", prompt: { kind: "box" } }).selected).toBeNull();
  expect(run(state, { kind: "undo" }).selected).toBeNull();
});

test("a box is pulled by its sides and corners, over itself too, and never to nothing", () => {
  const from: Box = [10, 10, 30, 20];
  expect(pulledBox(from, { x: "left", y: null }, imagePoint(4.4, 99))).toEqual([4, 10, 30, 20]);
  expect(pulledBox(from, { x: "right", y: "bottom" }, imagePoint(5, 50))).toEqual([5, 10, 10, 50]);
  expect(pulledBox(from, { x: "left", y: "top" }, imagePoint(30.2, 12))).toBeNull();
});
