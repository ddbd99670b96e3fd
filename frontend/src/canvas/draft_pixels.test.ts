import { expect, test } from "vitest";
import { modelFrame } from "../geometry/model_frame";
import { imagePoint } from "../geometry/points";
import { composeMask } from "../state/compose";
import type { Answer } from "../state/draft";
import { type EditorState, NOTHING_OPEN } from "../state/editor_state";
import { reduce } from "../state/reducer";
import { DraftCompositor } from "./draft_pixels";
import { ModelBitmaps } from "./model_bitmaps";

const frame = modelFrame(200, 150, 64, 16);

/** Logits that are positive in the left half. */
function answer(): Answer {
  const left = Float32Array.from({ length: 256 }, (_, i) => (i % 16 < 8 ? 4 : -4));
  return { logits: [left, left, left, left], ious: [0.9, 0.9, 0.8, 0.7], shown: 1, frame };
}

const clicked = (): EditorState => {
  const shown = reduce(NOTHING_OPEN, {
    kind: "showImage",
    image: { id: 1, width: 200, height: 150 },
    saved: [],
    maskId: "m",
  });
  const state = reduce(shown, { kind: "addPoint", at: imagePoint(5, 5), label: 1 });
  return reduce(state, { kind: "decoded", revision: state.draft.lineage[0] ?? 0, answer: answer() });
};

test("the model's own mask needs no pixels of ours", () => {
  expect(new DraftCompositor(new ModelBitmaps()).pixels(clicked().draft)).toBeNull();
});

test("while a stroke goes on, only what it touched is done again, and nothing else differs", () => {
  const bitmaps = new ModelBitmaps();
  const compositor = new DraftCompositor(bitmaps);
  let state = reduce(clicked(), { kind: "beginStroke", mode: "brush", at: imagePoint(150, 20) });
  expect(compositor.pixels(state.draft)?.changed).toBeNull();
  for (const [x, y] of [
    [160, 30],
    [190, 140],
    [10, 100],
  ] as const) {
    state = reduce(state, { kind: "extendStroke", through: [imagePoint(x, y)] });
    const pixels = compositor.pixels(state.draft);
    expect(pixels?.changed).not.toBeNull();
  }
  state = reduce(reduce(state, { kind: "endStroke" }), { kind: "undo" });
  state = reduce(state, { kind: "beginStroke", mode: "eraser", at: imagePoint(50, 20) });
  const source = state.draft.answers.get(state.draft.lineage[0] ?? 0)?.logits[1] as Float32Array;
  const model = bitmaps.get({ revision: 0, token: 1, logits: source, frame, predictedIou: 1 });
  expect(compositor.pixels(state.draft)?.bitmap.equals(composeMask(model, state.draft.paint).bitmap)).toBe(true);
});

test("another answer under the paint is composed anew", () => {
  const compositor = new DraftCompositor(new ModelBitmaps());
  let state = reduce(clicked(), { kind: "beginStroke", mode: "brush", at: imagePoint(150, 20) });
  compositor.pixels(state.draft);
  state = reduce(reduce(state, { kind: "endStroke" }), { kind: "addPoint", at: imagePoint(9, 9), label: 1 });
  const everything = new Float32Array(256).fill(4);
  state = reduce(state, {
    kind: "decoded",
    revision: state.draft.lineage.at(-1) ?? 0,
    answer: { ...answer(), logits: [everything, everything, everything, everything], shown: 0 },
  });
  const pixels = compositor.pixels(state.draft);
  expect(pixels?.changed).toBeNull();
  expect(pixels?.bitmap.area()).toBe(200 * 150);
});
