import { expect, test } from "vitest";
import { materialise } from "./logits";
import { completeOutside, doubled, neededPart, OUTSIDE, placed } from "./made_part";
import { modelFrame } from "./model_frame";

/** Smooth enough to have insides and outlines, with a mask that also covers the padding. */
function someLogits(side: number): Float32Array {
  return Float32Array.from({ length: side * side }, (_, at) => {
    const [x, y] = [at % side, Math.floor(at / side)];
    return 4 * Math.sin(x / 7) * Math.cos(y / 5) + 3;
  });
}

function cut(plane: Float32Array, side: number, rows: number, columns: number): Float32Array {
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    values.set(plane.subarray(row * side, row * side + columns), row * columns);
  }
  return values;
}

test.each([
  [2250, 1500],
  [1500, 2250],
  [1024, 1024],
  [1024, 512],
  [1024, 16],
  [640, 481],
  [4000, 2],
  [1, 1],
  [333, 777],
  [1023, 1025],
])("the mask of an image of %i × %i is made of its needed part alone, and of no smaller one", (width, height) => {
  const frame = modelFrame(width, height, 1024, 256);
  const whole = someLogits(256);
  const { rows, columns } = neededPart(frame);
  const part = placed(cut(whole, 256, rows, columns), { rows, columns }, 256);
  const [ofPart, ofWhole] = [materialise(frame, part), materialise(frame, whole)];
  expect(ofPart.stabilityScore).toBe(ofWhole.stabilityScore);
  expect(different(ofPart.bitmap.data, ofWhole.bitmap.data)).toBe(0);
  const empty = new Float32Array(256 * 256).fill(-1);
  const lastRow = empty.slice();
  for (let column = 0; column < columns; column++) lastRow[(rows - 1) * 256 + column] = 1e9;
  expect(materialise(frame, lastRow).bitmap.data).toContain(1);
});

/** At how many places: `toEqual` would take a minute for a picture. */
function different(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((count, value, at) => count + (value === b[at] ? 0 : 1), 0);
}

test("an image of 1500 × 2250 needs 43 of 64 rows of the embedding", () => {
  expect(neededPart(modelFrame(2250, 1500, 1024, 256))).toEqual({ rows: 172, columns: 256 });
});

test("what was made is put into its place, and completed later", () => {
  const part = placed(Float32Array.of(1, 2, 3, 4), { rows: 2, columns: 2 }, 3);
  expect([...part]).toEqual([1, 2, OUTSIDE, 3, 4, OUTSIDE, OUTSIDE, OUTSIDE, OUTSIDE]);
  const whole = new Float32Array(9).fill(7);
  completeOutside(part, whole, { rows: 2, columns: 2 });
  expect([...part]).toEqual([1, 2, 7, 3, 4, 7, 7, 7, 7]);
});

test("every second sample is kept, and what lies between is linear", () => {
  const out = doubled(Float32Array.of(0, 4, 8, 16), { rows: 2, columns: 2 });
  expect([...out]).toEqual([0, 2, 4, 4, 4, 7, 10, 10, 8, 12, 16, 16, 8, 12, 16, 16]);
});
