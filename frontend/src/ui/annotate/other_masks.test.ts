// @vitest-environment happy-dom
import fc from "fast-check";
import { expect, test } from "vitest";
import { Bitmap } from "../../geometry/bitmap";
import { encodeRle } from "../../geometry/rle";
import type { SavedMask } from "../../state/saved";
import { OtherMasks, without } from "./other_masks";
import { aPage } from "./samples";
import { Store } from "./store";

const [WIDTH, HEIGHT] = [20, 12];

function saved(id: string, x: number, y: number, width: number, height: number): SavedMask {
  const bitmap = new Bitmap(WIDTH, HEIGHT);
  for (let row = y; row < y + height; row++) bitmap.data.fill(1, row * WIDTH + x, row * WIDTH + x + width);
  const { size, counts } = encodeRle(bitmap);
  return { id, size, counts, bbox: [x, y, width, height] } as unknown as SavedMask;
}

function storeWith(masks: readonly SavedMask[]): Store {
  const store = new Store(aPage);
  store.protect.value = true;
  const image = { id: 1, width: WIDTH, height: HEIGHT };
  store.dispatch({ kind: "showImage", image, saved: masks, maskId: "m" });
  return store;
}

test("is every pixel of every other mask, however masks come and go", () => {
  const box = fc.tuple(fc.nat(15), fc.nat(8), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }));
  const masks = fc.array(box, { minLength: 1, maxLength: 6 });
  const walk = fc.array(fc.array(fc.nat(5), { maxLength: 6 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(masks, walk, (boxes, steps) => {
      const all = boxes.map((at, index) => saved(`m${index}`, ...at));
      const store = storeWith(all);
      const others = new OtherMasks(store);
      for (const chosen of steps) {
        const present = all.filter((_, index) => chosen.includes(index));
        store.state.value = { ...store.state.value, saved: present };
        const pixels = others.pixels(1, null);
        for (let at = 0; at < WIDTH * HEIGHT; at++) {
          const [x, y] = [at % WIDTH, Math.floor(at / WIDTH)];
          const inside = present.some(({ bbox: [bx, by, bw, bh] }) => x >= bx && x < bx + bw && y >= by && y < by + bh);
          expect(pixels?.data[at] ?? 0).toBe(inside ? 1 : 0);
        }
      }
    }),
    { numRuns: 40 },
  );
});

test("the mask that is open again is none of the others", () => {
  const others = new OtherMasks(storeWith([saved("a", 0, 0, 4, 4), saved("b", 2, 2, 4, 4)]));
  expect(others.pixels(1, "a")?.area()).toBe(16);
  expect(others.pixels(1, null)?.area()).toBe(28);
});

test("there are none when they may be painted over, or belong to another image", () => {
  const store = storeWith([saved("a", 0, 0, 4, 4)]);
  const others = new OtherMasks(store);
  expect(others.pixels(2, null)).toBeNull();
  store.protect.value = false;
  expect(others.pixels(1, null)).toBeNull();
});

test("what lies on them is cut out of a mask, and nothing else", () => {
  const others = new OtherMasks(storeWith([saved("a", 2, 0, 4, 4)])).pixels(1, null);
  const mask = new Bitmap(WIDTH, HEIGHT);
  mask.data.fill(1, 0, 10);
  const cut = without(mask, others as Bitmap, { x0: 0, y0: 0, x1: 10, y1: 1 });
  expect([...cut.data.subarray(0, 12)]).toEqual([1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0]);
  expect(mask.area()).toBe(10);
});
