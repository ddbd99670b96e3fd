import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CropBox } from "../protocol/api";
import { cropOf, holdsPrompts, isCutOff, sameCrop, servesView } from "./crop";
import { materialise, reach, upsample } from "./logits";
import { modelFrame, partFrame, toModel } from "./model_frame";
import { paintLogits } from "./paint";
import { imagePoint } from "./points";
import { fitImage } from "./viewport";

const SIDE = 8;

const parts = fc
  .record({
    width: fc.integer({ min: 2, max: 120 }),
    height: fc.integer({ min: 2, max: 120 }),
    seed: fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: SIDE ** 2, maxLength: SIDE ** 2 }),
    corner: fc.tuple(fc.double({ min: 0, max: 0.9, noNaN: true }), fc.double({ min: 0, max: 0.9, noNaN: true })),
    share: fc.tuple(fc.double({ min: 0.1, max: 1, noNaN: true }), fc.double({ min: 0.1, max: 1, noNaN: true })),
  })
  .map(({ width, height, seed, corner, share }) => {
    const [x, y] = [Math.floor(corner[0] * width), Math.floor(corner[1] * height)];
    const crop: CropBox = [
      x,
      y,
      Math.max(1, Math.floor(share[0] * (width - x))),
      Math.max(1, Math.floor(share[1] * (height - y))),
    ];
    const image = { width, height };
    return { image, crop, logits: Float32Array.from(seed), frame: partFrame(image, crop, 32, SIDE) };
  });

describe("a part of an image", () => {
  test("is decoded as an image of its own, and its answers lie where it lies", () => {
    fc.assert(
      fc.property(parts, ({ image, crop, logits, frame }) => {
        const [x, y, width, height] = crop;
        const alone = modelFrame(width, height, 32, SIDE);
        const there = imagePoint(x + width / 3, y + height / 2);
        expect(toModel(frame, there).x).toBeCloseTo(toModel(alone, imagePoint(width / 3, height / 2)).x, 9);
        expect(toModel(frame, there).y).toBeCloseTo(toModel(alone, imagePoint(width / 3, height / 2)).y, 9);

        const placed = materialise(frame, logits);
        const own = materialise(alone, logits);
        expect(placed.stabilityScore).toBe(own.stabilityScore);
        expect([placed.bitmap.width, placed.bitmap.height]).toEqual([image.width, image.height]);
        for (let row = 0; row < image.height; row++) {
          for (let column = 0; column < image.width; column++) {
            const inside = column >= x && column < x + width && row >= y && row < y + height;
            const expected = inside ? own.bitmap.data[(row - y) * width + column - x] : 0;
            if (placed.bitmap.data[row * image.width + column] !== expected) {
              throw new Error(`the pixel ${column}, ${row} differs`);
            }
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test("gives the logits of any rectangle, and none where it does not reach", () => {
    fc.assert(
      fc.property(parts, ({ image, crop: [x, y, width, height], logits, frame }) => {
        const all = upsample(frame, logits, { x0: 0, y0: 0, x1: image.width, y1: image.height });
        const own = upsample(modelFrame(width, height, 32, SIDE), logits, { x0: 0, y0: 0, x1: width, y1: height });
        for (let row = 0; row < image.height; row++) {
          for (let column = 0; column < image.width; column++) {
            const inside = column >= x && column < x + width && row >= y && row < y + height;
            const expected = inside ? own[(row - y) * width + column - x] : Number.NEGATIVE_INFINITY;
            if (all[row * image.width + column] !== expected) throw new Error(`the logit ${column}, ${row} differs`);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test("is drawn where it lies and nowhere else", () => {
    fc.assert(
      fc.property(parts, ({ image, crop: [x, y, width, height], logits, frame }) => {
        const canvas = { width: image.width, height: image.height };
        const display = { viewport: fitImage(image, canvas), canvas, pixelRatio: 1 };
        const picture = paintLogits(frame, logits, display, {
          fill: [1, 2, 3, 255],
          edge: [1, 2, 3, 255],
          edgeWidth: 0,
        });
        const { bitmap } = materialise(frame, logits);
        for (let row = y; row < y + height; row++) {
          for (let column = x; column < x + width; column++) {
            const at = picture ? (row - picture.y) * picture.width + column - picture.x : 0;
            const drawn = picture !== null && picture.data[at * 4 + 3] === 255;
            if (bitmap.data[row * image.width + column] === 1 && !drawn)
              throw new Error(`${column}, ${row} is not drawn`);
          }
        }
        const drawn = picture ? picture.data.filter((value, index) => index % 4 === 3 && value > 0).length : 0;
        expect(drawn).toBe(bitmap.data.reduce((sum, value) => sum + value, 0));
      }),
      { numRuns: 60 },
    );
  });
});

const image = { width: 4000, height: 3000 };
const crop: CropBox = [1000, 800, 1000, 1000];
const at = (x: number, y: number) => ({ points: [{ at: imagePoint(x, y) }], box: null });

test("prompts must lie well inside, but may touch the image's own edge", () => {
  expect(holdsPrompts(crop, at(1500, 1300), image)).toBe(true);
  expect(holdsPrompts(crop, at(1030, 1300), image)).toBe(false);
  expect(holdsPrompts(crop, { points: [], box: [1100, 900, 1900, 1750] }, image)).toBe(false);
  expect(holdsPrompts([0, 800, 1000, 1000], at(0, 1300), image)).toBe(true);
});

test("a crop serves for a view inside it that is not much smaller", () => {
  const view = (x0: number, y0: number, side: number) => ({ x0, y0, x1: x0 + side, y1: y0 + side });
  expect(servesView(crop, view(1040, 850, 700), image)).toBe(true);
  expect(servesView(crop, view(1010, 850, 700), image)).toBe(false);
  expect(servesView(crop, view(1300, 1100, 300), image)).toBe(false);
});

test("a mask that reaches the crop's edge may go on beyond it", () => {
  const frame = partFrame(image, crop, 32, SIDE);
  const spot = (x: number, y: number) => {
    const logits = new Float32Array(SIDE ** 2).fill(-5);
    logits[y * SIDE + x] = 5;
    return logits;
  };
  expect(isCutOff(frame, spot(4, 4))).toBe(false);
  expect(isCutOff(frame, spot(0, 4))).toBe(true);
  expect(isCutOff(frame, spot(4, 7))).toBe(true);
  expect(isCutOff(partFrame(image, [0, 800, 1000, 1000], 32, SIDE), spot(0, 4))).toBe(false);
  expect(isCutOff(modelFrame(4000, 3000, 32, SIDE), spot(0, 4))).toBe(false);
  expect(reach(frame, spot(4, 4), 0)?.x0).toBeGreaterThan(1000);
});

test("a frame tells of its crop", () => {
  expect(cropOf(partFrame(image, crop, 32, SIDE))).toEqual(crop);
  expect(cropOf(modelFrame(4, 3, 32, SIDE))).toBeNull();
  expect(sameCrop(crop, [...crop])).toBe(true);
  expect(sameCrop(crop, null)).toBe(false);
});
