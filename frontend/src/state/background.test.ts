import { expect, test } from "vitest";
import { modelFrame } from "../geometry/model_frame";
import { imagePoint } from "../geometry/points";
import { decodeRequest, revisionOf } from "./draft";
import { type Command, type EditorState, NOTHING_OPEN } from "./editor_state";
import { paintAt } from "./paint";
import { reduce } from "./reducer";

const size = { width: 160, height: 160 };
const frame = modelFrame(160, 160, 16, 4);
const run = (state: EditorState, ...commands: Command[]) => commands.reduce(reduce, state);
const stroke = (mode: "brush" | "eraser", from: [number, number], to: [number, number]): Command[] => [
  { kind: "beginStroke", mode, at: imagePoint(...from) },
  { kind: "extendStroke", through: [imagePoint(...to)] },
  { kind: "endStroke" },
];
const redoAsBackground: Command = { kind: "redoAsBackground" };

/** A mask of the upper half of the image. */
function upperHalf(): EditorState {
  const clicked = run(
    NOTHING_OPEN,
    { kind: "showImage", image: { id: 1, ...size }, saved: [], maskId: "m1" },
    { kind: "setBrushSize", size: 12 },
    { kind: "addPoint", at: imagePoint(20, 20), label: 1 },
  );
  const logits = new Float32Array(16).fill(-8).fill(8, 0, 8);
  const answer = { logits: [logits, logits, logits, logits], ious: [0, 0.9, 0.8, 0.7], shown: 1 as const, frame };
  return reduce(clicked, { kind: "decoded", revision: revisionOf(clicked.draft) ?? 0, answer });
}

test("the middle of what was erased of the model's mask becomes a background click", () => {
  const state = run(upperHalf(), ...stroke("eraser", [80, 20], [80, 150]), redoAsBackground);
  const [, click] = state.draft.points;
  expect(click?.label).toBe(0);
  expect(click?.at.x).toBeGreaterThan(76);
  expect(click?.at.x).toBeLessThan(84);
  // The stroke went on to the lower half, where there was nothing to erase.
  expect(click?.at.y).toBeGreaterThan(30);
  expect(click?.at.y).toBeLessThan(65);
  expect(state.draft.points).toHaveLength(2);
  expect(decodeRequest(state.draft)?.points).toHaveLength(2);
});

test("each part of a stroke over several gets a click", () => {
  const comb = upperHalf();
  const erased = run(
    comb,
    { kind: "beginStroke", mode: "eraser", at: imagePoint(20, 60) },
    // Out of the mask, over to the right, and into it again.
    { kind: "extendStroke", through: [imagePoint(20, 120), imagePoint(130, 120), imagePoint(130, 60)] },
    { kind: "endStroke" },
    redoAsBackground,
  );
  expect(erased.draft.points.map(({ label }) => label)).toEqual([1, 0, 0]);
  expect(
    erased.draft.points
      .slice(1)
      .map(({ at }) => Math.round(at.x / 10))
      .sort((a, b) => a - b),
  ).toEqual([2, 13]);
});

test("the stroke's own paint goes, other paint stays, and one undo brings the stroke back", () => {
  const painted = run(upperHalf(), ...stroke("brush", [20, 140], [60, 140]), ...stroke("eraser", [80, 20], [80, 60]));
  const state = run(painted, redoAsBackground);
  expect(paintAt(state.draft.paint, 80, 40)).toBe(0);
  expect(paintAt(state.draft.paint, 40, 140)).toBe(1);
  const back = run(state, { kind: "undo" });
  expect(paintAt(back.draft.paint, 80, 40)).toBe(2);
  expect(back.draft.points).toEqual(painted.draft.points);
  const again = run(back, { kind: "redo" });
  expect(again.draft.points).toEqual(state.draft.points);
  expect(again.draft.lineage).toEqual(state.draft.lineage);
});

test("only right after the eraser, and only where there is a prompt to refine", () => {
  const erased = run(upperHalf(), ...stroke("eraser", [80, 20], [80, 60]));
  const painted = run(erased, ...stroke("brush", [20, 140], [60, 140]));
  expect(run(painted, redoAsBackground)).toBe(painted);
  const bare = run(
    NOTHING_OPEN,
    { kind: "showImage", image: { id: 1, ...size }, saved: [], maskId: "m1" },
    ...stroke("brush", [20, 20], [60, 20]),
    ...stroke("eraser", [40, 20], [50, 20]),
  );
  expect(run(bare, redoAsBackground)).toBe(bare);
});
