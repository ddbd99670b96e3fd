import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Bitmap } from "./bitmap";
import { Coverage } from "./coverage";
import type { ImageRect } from "./points";
import { encodeRle } from "./rle";

/** Masks of one or two rectangles, as they may lie on an image of this size. */
function masks(width: number, height: number) {
  const rect = fc.tuple(
    fc.nat(width - 1),
    fc.nat(height - 1),
    fc.integer({ min: 1, max: width }),
    fc.integer({ min: 1, max: height }),
  );
  return fc.array(
    fc.array(rect, { minLength: 1, maxLength: 2 }).map((rects) => {
      const bitmap = new Bitmap(width, height);
      for (const [x, y, across, down] of rects)
        for (let row = y; row < Math.min(height, y + down); row++)
          bitmap.data.fill(1, row * width + x, row * width + Math.min(width, x + across));
      return bitmap;
    }),
    { maxLength: 5 },
  );
}

const sizes = fc.tuple(fc.integer({ min: 1, max: 14 }), fc.integer({ min: 1, max: 14 }));
const scenes = sizes.chain(([width, height]) => fc.tuple(fc.constant({ width, height }), masks(width, height)));
const countsOf = (bitmap: Bitmap) => encodeRle(bitmap).counts;

function union(width: number, height: number, bitmaps: readonly Bitmap[]): Bitmap {
  const all = new Bitmap(width, height);
  for (const { data } of bitmaps) for (const [index, value] of data.entries()) if (value === 1) all.data[index] = 1;
  return all;
}

function covering(size: { width: number; height: number }, bitmaps: readonly Bitmap[]): Coverage {
  const coverage = new Coverage(size);
  for (const bitmap of bitmaps) coverage.add(countsOf(bitmap));
  return coverage;
}

const isFree = (all: Bitmap, { x0, y0, x1, y1 }: ImageRect) => {
  for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) if (all.has(x, y)) return false;
  return true;
};

describe("the share of the image that is masked", () => {
  test("counts a pixel once, however many masks lie over it", () => {
    fc.assert(
      fc.property(scenes, ([size, bitmaps]) => {
        const { width, height } = size;
        expect(covering(size, bitmaps).share).toBeCloseTo(union(width, height, bitmaps).area() / (width * height), 10);
      }),
    );
  });

  test("is what it was when masks that came are gone again", () => {
    fc.assert(
      fc.property(scenes, ([size, bitmaps]) => {
        const [stays, ...goes] = bitmaps;
        const coverage = covering(size, bitmaps);
        for (const bitmap of goes) coverage.remove(countsOf(bitmap));
        expect(coverage.share).toBe(covering(size, stays ? [stays] : []).share);
      }),
    );
  });

  test("of a large photo is right to a hundredth", () => {
    const [width, height] = [2000, 1500];
    const bitmap = new Bitmap(width, height);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) if ((x - 700) ** 2 + (y - 900) ** 2 < 400 ** 2) bitmap.data[y * width + x] = 1;
    const coverage = covering({ width, height }, [bitmap]);
    expect(coverage.step).toBeGreaterThan(1);
    expect(coverage.share).toBeCloseTo(bitmap.area() / (width * height), 2);
  });
});

describe("the largest unmasked squares", () => {
  test("hold nothing masked, and no larger one does", () => {
    fc.assert(
      fc.property(scenes, ([size, bitmaps]) => {
        const { width, height } = size;
        const all = union(width, height, bitmaps);
        const [found] = covering(size, bitmaps).unmaskedSquares(1, 1);
        const side = found ? found.x1 - found.x0 : 0;
        if (found) {
          expect(found.y1 - found.y0).toBe(side);
          expect(isFree(all, found)).toBe(true);
        }
        for (let y = 0; y + side < height; y++)
          for (let x = 0; x + side < width; x++)
            expect(isFree(all, { x0: x, y0: y, x1: x + side + 1, y1: y + side + 1 })).toBe(false);
      }),
    );
  });

  test("come one after the other, each apart from those before and no larger", () => {
    fc.assert(
      fc.property(scenes, ([size, bitmaps]) => {
        const squares = covering(size, bitmaps).unmaskedSquares(2, 8);
        for (const [index, square] of squares.entries()) {
          const side = square.x1 - square.x0;
          expect(side).toBeGreaterThanOrEqual(2);
          for (const other of squares.slice(0, index)) {
            expect(other.x1 - other.x0).toBeGreaterThanOrEqual(side);
            const apart =
              other.x1 <= square.x0 || square.x1 <= other.x0 || other.y1 <= square.y0 || square.y1 <= other.y0;
            expect(apart).toBe(true);
          }
        }
      }),
    );
  });

  test("of a large photo lie where nothing is masked, up to the edge", () => {
    const [width, height] = [3000, 1000];
    const bitmap = new Bitmap(width, height);
    for (let y = 0; y < height; y++) bitmap.data.fill(1, y * width, y * width + 2300);
    const [first] = covering({ width, height }, [bitmap]).unmaskedSquares(20, 1);
    expect(first).toMatchObject({ x1: 3000 });
    expect(Math.abs((first?.x0 ?? 0) - 2300)).toBeLessThanOrEqual(4);
  });
});
