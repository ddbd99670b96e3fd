import { beforeEach, expect, test, vi } from "vitest";
import { Bitmap } from "../../geometry/bitmap";
import { encodeRle } from "../../geometry/rle";
import type { SavedMask } from "../../state/saved";
import { NO_VIEW, panView } from "../../state/view";
import { Prominence } from "./prominence";
import { aPage } from "./samples";
import { Store } from "./store";

const image = { id: 1, width: 400, height: 300 };
let store: Store;
let prominence: Prominence;

/** A mask of whole columns. */
function columns(id: string, from: number, to: number): SavedMask {
  const bitmap = new Bitmap(image.width, image.height);
  for (let y = 0; y < image.height; y++) bitmap.data.fill(1, y * image.width + from, y * image.width + to);
  return { id, ...encodeRle(bitmap) } as SavedMask;
}

const show = (...saved: SavedMask[]) => store.dispatch({ kind: "showImage", image, saved, maskId: "m" });

beforeEach(() => {
  store = new Store(aPage);
  store.view.value = { ...NO_VIEW, canvas: { width: 800, height: 600 } };
  prominence = new Prominence(store);
  prominence.start();
});

test("the share follows the masks as they come and go", () => {
  expect(prominence.share.value).toBeNull();
  show(columns("a", 0, 100));
  expect(prominence.share.value).toBe(0.25);
  store.dispatch({ kind: "restoreMask", mask: columns("b", 50, 200) });
  expect(prominence.share.value).toBe(0.5);
  store.dispatch({ kind: "deleteMask", id: "a" });
  expect(prominence.share.value).toBe(0.375);
});

test("another image begins at nothing", () => {
  show(columns("a", 0, 100));
  store.dispatch({ kind: "showImage", image: { ...image, id: 2 }, saved: [], maskId: "m2" });
  expect(prominence.share.value).toBe(0);
});

test("the way leads to the largest unmasked region, then to the next largest, then round again", () => {
  show(columns("a", 100, 200));
  prominence.goOn();
  expect(prominence.region.value).toEqual({ x0: 200, y0: 0, x1: 400, y1: 200 });
  expect(store.announcement.value).toContain("Unmasked region 1");
  const first = store.view.value;
  prominence.goOn();
  expect(prominence.region.value).toEqual({ x0: 0, y0: 0, x1: 100, y1: 100 });
  expect(store.view.value.viewport.zoom * 100).toBeCloseTo(0.6 * 600);
  while (!store.announcement.value.startsWith("Unmasked region 1 ")) prominence.goOn();
  expect(store.view.value).toEqual(first);
});

test("a new mask begins the way anew", () => {
  show();
  prominence.goOn();
  store.dispatch({ kind: "restoreMask", mask: columns("b", 0, 300) });
  prominence.goOn();
  expect(prominence.region.value).toEqual({ x0: 300, y0: 0, x1: 400, y1: 100 });
});

test("the region is no longer marked when the person goes on from there", () => {
  show();
  prominence.goOn();
  store.view.value = panView(store.view.value, 5, 0, image);
  expect(prominence.region.value).toBeNull();
});

test("where all is masked it is told", () => {
  show(columns("a", 0, 400));
  prominence.goOn();
  expect(store.notice.value?.text).toContain("Nothing unmasked is left");
});

test("many masks are looked through in slices", async () => {
  const now = vi.spyOn(performance, "now");
  let clock = 0;
  now.mockImplementation(() => (clock += 5));
  show(...Array.from({ length: 8 }, (_, index) => columns(String(index), index * 10, index * 10 + 10)));
  expect(prominence.share.value).toBeNull();
  await vi.waitFor(() => expect(prominence.share.value).toBe(0.2));
  now.mockRestore();
});
