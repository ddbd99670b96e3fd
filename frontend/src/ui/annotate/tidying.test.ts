// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";
import { ModelBitmaps } from "../../canvas/model_bitmaps";
import { Bitmap } from "../../geometry/bitmap";
import { imagePoint } from "../../geometry/points";
import { composeMask } from "../../state/compose";
import { revisionOf } from "../../state/draft";
import { OtherMasks } from "./other_masks";
import { aDecoded, anImage, aPage } from "./samples";
import { Store } from "./store";
import { Tidying } from "./tidying";

/** A ring around one pixel, and an island of two pixels. */
function ring(): Bitmap {
  const bitmap = new Bitmap(40, 30);
  for (const y of [4, 5, 6]) bitmap.data.fill(1, y * 40 + 10, y * 40 + 13);
  bitmap.data[5 * 40 + 11] = 0;
  bitmap.data.fill(1, 20 * 40, 20 * 40 + 2);
  return bitmap;
}

function parts() {
  const store = new Store(aPage);
  store.dispatch({ kind: "showImage", image: { id: 1, width: 40, height: 30 }, saved: [], maskId: "m1" });
  const bitmap = ring();
  const materialise = vi.fn(async () => ({ bitmap, stabilityScore: 1 }));
  const tidying = new Tidying({
    store,
    decoder: { materialise },
    decoding: { image: anImage },
    bitmaps: new ModelBitmaps(),
    others: new OtherMasks(store),
  });
  return { store, tidying, materialise, bitmap };
}

function decode(store: Store): void {
  store.dispatch({ kind: "addPoint", at: imagePoint(11, 4), label: 1 });
  const { logits, ious, shown } = aDecoded(1);
  const frame = { width: 40, height: 30, resizedWidth: 16, resizedHeight: 12, imageSize: 16, lowResSize: 4 };
  const revision = revisionOf(store.state.value.draft) ?? 0;
  store.dispatch({ kind: "decoded", revision, answer: { logits, ious, shown, frame } });
}

test("each command is one step of undo over the model's mask", async () => {
  const { store, tidying, bitmap } = parts();
  decode(store);
  const area = () => composeMask(bitmap, store.state.value.draft.paint).bitmap.area();
  expect(area()).toBe(10);
  await tidying.fillHoles();
  expect(area()).toBe(11);
  store.islandSize.value = 3;
  await tidying.dropIslands();
  expect(area()).toBe(9);
  store.dispatch({ kind: "undo" });
  expect(area()).toBe(11);
  store.dispatch({ kind: "undo" });
  expect(area()).toBe(10);
});

test("works on paint alone, without the decoder", async () => {
  const { store, tidying, materialise } = parts();
  const square = [imagePoint(5, 5), imagePoint(15, 5), imagePoint(15, 15), imagePoint(5, 15)];
  store.dispatch({ kind: "fillPolygon", mode: "brush", points: square });
  store.dispatch({ kind: "beginStroke", mode: "eraser", at: imagePoint(10, 10), sizes: [3] });
  await tidying.fillHoles();
  expect(composeMask(null, store.state.value.draft.paint).bitmap.area()).toBe(100);
  expect(materialise).not.toHaveBeenCalled();
});

test("says when there is nothing to do, and when it cannot be done yet", async () => {
  const { store, tidying } = parts();
  await tidying.smooth();
  expect(store.notice.value?.text).toContain("no mask yet");
  store.dispatch({ kind: "addPoint", at: imagePoint(11, 4), label: 1 });
  await tidying.smooth();
  expect(store.notice.value?.text).toContain("still being made");
  decode(store);
  store.islandSize.value = 1;
  await tidying.dropIslands();
  expect(store.notice.value?.text).toContain("no islands under 1");
});

test("a stroke begun meanwhile is not painted over", async () => {
  const { store, tidying } = parts();
  decode(store);
  const done = tidying.fillHoles();
  store.dispatch({ kind: "beginStroke", mode: "brush", at: imagePoint(30, 20) });
  const { paint } = store.state.value.draft;
  await done;
  expect(store.state.value.draft.paint).toBe(paint);
});
