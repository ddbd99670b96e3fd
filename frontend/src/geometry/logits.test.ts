import fc from "fast-check";
import { describe, expect, test } from "vitest";
import vectors from "../../../tests/contract/upsample.json";
import { materialise, reach, scan, upsample } from "./logits";
import { modelFrame, toModel } from "./model_frame";
import { imagePoint } from "./points";
import { columnTaps, range, rowTaps } from "./taps";

describe("the reference's two-step upsampling", () => {
  test.each(vectors.cases)("$name", (vector) => {
    const frame = modelFrame(vector.width, vector.height, vector.image_size, vector.low_res_size);
    expect([frame.resizedHeight, frame.resizedWidth]).toEqual(vector.resized);
    const logits = Float32Array.from(vector.logits);
    const all = upsample(frame, logits, { x0: 0, y0: 0, x1: frame.width, y1: frame.height });
    for (const [index, [x, y]] of vector.places.entries()) {
      expect(all[y! * frame.width + x!]).toBeCloseTo(vector.values[index]!, 4);
    }
    const { bitmap } = materialise(frame, logits);
    expect(bitmap.area()).toBe(vector.area);
  });
});

// No sample lies on a threshold: there the last bit of the weights would decide.
const cases = fc
  .record({
    width: fc.integer({ min: 1, max: 90 }),
    height: fc.integer({ min: 1, max: 90 }),
    logits: fc.array(fc.integer({ min: -90, max: 90 }), { minLength: 64, maxLength: 64 }),
    shift: fc.integer({ min: -12, max: 6 }),
  })
  .map(({ width, height, logits, shift }) => ({
    frame: modelFrame(width, height, 32, 8),
    logits: Float32Array.from(logits, (value) => value / 10 + shift + 0.05),
  }));

test("a mask is its logits above the threshold, and nothing lies out of reach", () => {
  fc.assert(
    fc.property(cases, ({ frame, logits }) => {
      const whole = { x0: 0, y0: 0, x1: frame.width, y1: frame.height };
      const all = upsample(frame, logits, whole);
      const { bitmap, stabilityScore } = materialise(frame, logits);
      expect([...bitmap.data]).toEqual(Array.from(all, (value) => (value > 0 ? 1 : 0)));
      const low = all.filter((value) => value > -1).length;
      const high = all.filter((value) => value > 1).length;
      expect(stabilityScore).toBe(low === 0 ? null : high / low);
    }),
  );
});

test("a rectangle has the values of the whole", () => {
  fc.assert(
    fc.property(cases, fc.nat(), fc.nat(), ({ frame, logits }, a, b) => {
      const rect = { x0: a % frame.width, y0: b % frame.height, x1: frame.width, y1: frame.height };
      const all = upsample(frame, logits, { x0: 0, y0: 0, x1: frame.width, y1: frame.height });
      const part = upsample(frame, logits, rect);
      const across = rect.x1 - rect.x0;
      for (let index = 0; index < part.length; index++) {
        const [x, y] = [rect.x0 + (index % across), rect.y0 + Math.floor(index / across)];
        expect(part[index]).toBe(all[y * frame.width + x]);
      }
    }),
    { numRuns: 30 },
  );
});

test("where no sample is above the threshold nothing is reached", () => {
  const frame = modelFrame(40, 30, 32, 8);
  const logits = new Float32Array(64).fill(-2);
  expect(reach(frame, logits, 0)).toBeNull();
  expect(materialise(frame, logits)).toMatchObject({ stabilityScore: null });
  logits[9] = 3;
  const rect = reach(frame, logits, 0)!;
  expect(rect.x1 - rect.x0).toBeLessThan(frame.width);
});

test("logits of another size are refused", () => {
  expect(() => reach(modelFrame(4, 4, 32, 8), new Float32Array(16), 0)).toThrow(RangeError);
});

test("on 24 megapixels logits are computed only along the outline", () => {
  const frame = modelFrame(6000, 4000, 1024, 256);
  const disc = new Float32Array(256 * 256);
  for (let index = 0; index < disc.length; index++) {
    disc[index] = 60 - Math.hypot((index % 256) - 128, Math.floor(index / 256) - 85);
  }
  let [told, computed] = [0, 0];
  const columns = columnTaps(frame, range(0, frame.width));
  const rows = rowTaps(frame, range(0, frame.height));
  scan(
    frame,
    disc,
    { columns, rows, low: -1, high: 1 },
    {
      above: (_, from, to) => {
        told += to - from;
      },
      mixed: (_, from, to) => {
        computed += to - from;
      },
    },
  );
  expect(told).toBeGreaterThan(5_000_000);
  expect(computed).toBeLessThan(1_500_000);
  expect(materialise(frame, disc).bitmap.area()).toBeGreaterThan(told);
});

test("points are scaled per axis", () => {
  const frame = modelFrame(1001, 333, 1024, 256);
  expect(frame.resizedHeight).toBe(341);
  expect(toModel(frame, imagePoint(1001, 333))).toEqual({ x: 1024, y: 341 });
});
