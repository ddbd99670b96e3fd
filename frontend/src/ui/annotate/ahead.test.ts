import { beforeEach, expect, test, vi } from "vitest";
import { ModelBitmaps } from "../../canvas/model_bitmaps";
import { Bitmap } from "../../geometry/bitmap";
import { imagePoint } from "../../geometry/points";
import { composeMask } from "../../state/compose";
import type { SavedMask } from "../../state/saved";
import { workAhead } from "./ahead";
import { type Decoder, Decoding } from "./decoding";
import { aDecoded, anImage, aPage } from "./samples";
import { Store } from "./store";

const painted: SavedMask = {
  id: "old",
  size: [30, 40],
  counts: "",
  bbox: [0, 0, 40, 15],
  area: 600,
  colour: 0,
  activeMs: 1000,
  points: [[5, 6, 1]],
  box: null,
  crop: null,
  firstToken: 1,
  chosenToken: 1,
  predictedIou: 0.9,
  stabilityScore: 0.9,
  brushPixelsAdded: 200,
  brushPixelsRemoved: 0,
  timeLimitOutcome: "within",
};
const model = () => {
  const bitmap = new Bitmap(40, 30);
  bitmap.data.fill(1, 0, 400);
  return bitmap;
};
const accepted = () => {
  const bitmap = new Bitmap(40, 30);
  bitmap.data.fill(1, 0, 600);
  return bitmap;
};

let store: Store;
let decode: ReturnType<typeof vi.fn<Decoder["decode"]>>;
const settle = () => new Promise((done) => setTimeout(done, 5));

beforeEach(() => {
  store = new Store(aPage);
  store.dispatch({ kind: "showImage", image: { id: 1, width: 40, height: 30 }, saved: [painted], maskId: "m1" });
  store.decoder.value = { kind: "ready" };
  decode = vi.fn<Decoder["decode"]>(async () => aDecoded(2));
  const decoder = { decode, materialise: async () => ({ bitmap: model(), stabilityScore: 0.9 }) };
  const decoding = new Decoding(store, decoder);
  decoding.setImage(anImage);
  decoding.start();
  workAhead({ store, decoder, decoding, bitmaps: new ModelBitmaps() });
  store.dispatch({ kind: "reopen", id: "old", bitmap: accepted(), maskId: "m2" });
});

test("what a reopened mask has beyond the model's becomes paint", async () => {
  await settle();
  const { draft } = store.state.value;
  expect(draft.base).toBeNull();
  expect(composeMask(model(), draft.paint).bitmap.equals(accepted())).toBe(true);
});

test("a prompt that moves before the model has answered does not lose what was painted", async () => {
  store.dispatch({ kind: "beginMove", prompt: { kind: "point", index: 0 } });
  store.dispatch({ kind: "movePrompt", to: { kind: "point", at: imagePoint(9, 9), label: 1 } });
  store.dispatch({ kind: "endMove" });
  await settle();
  const { draft } = store.state.value;
  expect(draft.points).toMatchObject([{ at: { x: 9, y: 9 } }]);
  expect(composeMask(model(), draft.paint).bitmap.equals(accepted())).toBe(true);
  expect(decode.mock.calls.map(([{ points }]) => points)).toContainEqual([[5, 6, 1]]);
});
