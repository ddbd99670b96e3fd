import { expect, test } from "vitest";
import { Bitmap } from "../geometry/bitmap";
import { imagePoint } from "../geometry/points";
import { type Answer, baseInForce, currentModelMask, decodeRequest, isEmptyDraft } from "./draft";
import { type Command, type EditorState, NOTHING_OPEN } from "./editor_state";
import { type KeptDraft, keptFrom } from "./kept_draft";
import { paintAt } from "./paint";
import { reduce } from "./reducer";
import type { SavedMask } from "./saved";

const frame = { width: 40, height: 30, resizedWidth: 16, resizedHeight: 12, imageSize: 16, lowResSize: 4 };
const answerOf = (shown: 0 | 1): Answer => ({
  logits: [1, 2, 3, 4].map((logit) => new Float32Array(16).fill(logit)),
  frame,
  ious: [0.5, 0.9, 0.8, 0.7],
  shown,
});
const saved = { id: "old", points: [[5, 5, 1]], box: null, chosenToken: 2, predictedIou: 0.8 } as unknown as SavedMask;

function play(state: EditorState, ...commands: Command[]): EditorState {
  return commands.reduce(reduce, state);
}

const shown: Command = { kind: "showImage", image: { id: 1, width: 40, height: 30 }, saved: [saved], maskId: "a" };
const point = (x: number): Command => ({ kind: "addPoint", at: imagePoint(x, 5), label: 1 });
const decoded = (state: EditorState, token: 0 | 1): Command => ({
  kind: "decoded",
  revision: state.nextRevision - 1,
  answer: answerOf(token),
});

/** What is kept goes through a browser's database: no class, no function survives it. */
const back = (kept: KeptDraft, maskId = "b"): EditorState =>
  play(NOTHING_OPEN, { ...shown, maskId } as Command, { kind: "restoreDraft", kept: structuredClone(kept) });

test("prompts, the decoder's answer, the choice and the paint come back", () => {
  let state = play(NOTHING_OPEN, shown, point(3));
  state = play(state, decoded(state, 1), { kind: "chooseCandidate", candidate: 3 });
  state = play(state, { kind: "setTool", tool: "brush" });
  state = play(state, { kind: "beginStroke", mode: "brush", at: imagePoint(20, 20) }, { kind: "endStroke" });
  const { draft } = back(keptFrom(state.draft));
  expect(draft.maskId).toBe("a");
  expect(draft.points).toEqual(state.draft.points);
  expect(currentModelMask(draft)).toMatchObject({ token: 3, predictedIou: 0.7 });
  expect(currentModelMask(draft)!.logits[0]).toBe(4);
  expect(paintAt(draft.paint, 20, 20)).toBe(paintAt(state.draft.paint, 20, 20));
  expect(decodeRequest(draft)).toBeNull();
});

test("the next click refines the mask that came back", () => {
  let state = play(NOTHING_OPEN, shown, point(3), point(9));
  state = play(state, decoded(state, 0));
  const next = play(back(keptFrom(state.draft)), point(12));
  expect(decodeRequest(next.draft)).toMatchObject({
    points: [
      [3, 5, 1],
      [9, 5, 1],
      [12, 5, 1],
    ],
  });
  expect(decodeRequest(next.draft)!.maskInput![0]).toBe(1);
});

test("a mask whose answer was still on its way is asked for anew", () => {
  const { draft } = back(keptFrom(play(NOTHING_OPEN, shown, point(3)).draft));
  expect(decodeRequest(draft)).toMatchObject({ points: [[3, 5, 1]], maskInput: null });
});

test("a reopened mask comes back as it was accepted, and still replaces it", () => {
  const bitmap = new Bitmap(40, 30);
  bitmap.data[77] = 1;
  const reopened = play(NOTHING_OPEN, shown, { kind: "reopen", id: "old", bitmap, maskId: "c" });
  const { draft } = back(keptFrom(reopened.draft));
  expect(draft.replaces).toBe("old");
  expect(baseInForce(draft)!.bitmap).toBeInstanceOf(Bitmap);
  expect(baseInForce(draft)!.bitmap.data[77]).toBe(1);
});

test("it never takes the place of a mask that was begun meanwhile, nor lands on another image's size", () => {
  const kept = keptFrom(play(NOTHING_OPEN, shown, point(3)).draft);
  const begun = play(NOTHING_OPEN, shown, point(30), { kind: "restoreDraft", kept });
  expect(begun.draft.points).toHaveLength(1);
  expect(begun.draft.points[0]!.at.x).toBe(30);
  const other = { ...shown, image: { id: 2, width: 41, height: 30 } } as Command;
  expect(isEmptyDraft(play(NOTHING_OPEN, other, { kind: "restoreDraft", kept }).draft)).toBe(true);
});
