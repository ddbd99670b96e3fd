import fc from "fast-check";
import { describe, expect, test } from "vitest";
import vectors from "../../../tests/contract/rle.json";
import { Bitmap } from "./bitmap";
import {
  compressCounts,
  decodeRle,
  decompressCounts,
  encodeRle,
  RleError,
  rleArea,
  rleBbox,
  runsOfRle,
  sampleRle,
} from "./rle";

function bitmapOf(rows: readonly string[]): Bitmap {
  const data = Uint8Array.from(rows.join(""), Number);
  return new Bitmap(rows[0]!.length, rows.length, data);
}

/** Random masks, from scattered pixels to solid blocks. */
const bitmaps = fc
  .record({ width: fc.integer({ min: 1, max: 40 }), height: fc.integer({ min: 1, max: 40 }) })
  .chain(({ width, height }) =>
    fc.tuple(fc.integer({ min: 1, max: 9 }), fc.infiniteStream(fc.boolean())).map(([block, coins]) => {
      const bitmap = new Bitmap(width, height);
      const across = Math.ceil(width / block);
      const cells = Array.from({ length: across * Math.ceil(height / block) }, () => coins.next().value);
      for (let index = 0; index < bitmap.data.length; index++) {
        const [x, y] = [index % width, Math.floor(index / width)];
        bitmap.data[index] = cells[Math.floor(y / block) * across + Math.floor(x / block)] ? 1 : 0;
      }
      return bitmap;
    }),
  );

describe("vectors shared with Python", () => {
  test.each(vectors.valid)("$name", ({ rows, counts, string, area, bbox }) => {
    const bitmap = bitmapOf(rows);
    const rle = encodeRle(bitmap);
    expect(rle).toEqual({ size: [bitmap.height, bitmap.width], counts: string });
    expect(decompressCounts(string)).toEqual(counts);
    expect(compressCounts(counts)).toBe(string);
    expect(decodeRle(rle.size, string).equals(bitmap)).toBe(true);
    expect(rleArea(rle)).toBe(area);
    expect(rleBbox(rle)).toEqual(bbox);
  });

  test.each(vectors.invalid)("refused: $name", ({ size, string }) => {
    expect(() => decodeRle(size as [number, number], string)).toThrow(RleError);
  });
});

test("any mask comes back as it was, with its area and box", () => {
  fc.assert(
    fc.property(bitmaps, (bitmap) => {
      const rle = encodeRle(bitmap);
      expect(decodeRle(rle.size, rle.counts).equals(bitmap)).toBe(true);
      expect(rleArea(rle)).toBe(bitmap.area());
      const bounds = bitmap.bounds();
      const box = bounds ? [bounds.x0, bounds.y0, bounds.x1 - bounds.x0, bounds.y1 - bounds.y0] : [0, 0, 0, 0];
      expect(rleBbox(rle)).toEqual(box);
    }),
  );
});

test("random text is refused or gives exactly the size", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), (text) => {
      try {
        expect(decodeRle([3, 4], text).data).toHaveLength(12);
      } catch (error) {
        expect(error).toBeInstanceOf(RleError);
      }
    }),
  );
});

test("24 megapixels come back as they were", () => {
  const bitmap = new Bitmap(6000, 4000);
  for (let y = 500; y < 3500; y++) bitmap.data.fill(1, y * 6000 + 1000 + (y % 7), y * 6000 + 5000 - (y % 11));
  const rle = encodeRle(bitmap);
  const back = decodeRle(rle.size, rle.counts);
  expect(back.data.indexOf(1)).toBe(bitmap.data.indexOf(1));
  expect(back.area()).toBe(bitmap.area());
});

test("single pixels are looked up without the others", () => {
  const bitmap = new Bitmap(7, 5);
  for (const at of [0, 3, 4, 9, 10, 17, 34]) bitmap.data[at] = 1;
  const [columns, rows] = [Int32Array.of(-1, 0, 2, 3, 3, 6, 7), Int32Array.of(-3, 0, 1, 1, 2, 4, 5)];
  const sampled = sampleRle(encodeRle(bitmap), columns, rows);
  const expected = [...rows].flatMap((y) => [...columns].map((x) => Number(bitmap.has(x, y))));
  expect([...sampled]).toEqual(expected);
});

test("runs that do not cover the image are refused", () => {
  expect(() => runsOfRle({ size: [3, 4], counts: compressCounts([5, 6]) })).toThrow(RleError);
  expect(() => sampleRle({ size: [3, 4], counts: "~" }, Int32Array.of(0), Int32Array.of(0))).toThrow(RleError);
  expect(runsOfRle({ size: [3, 4], counts: compressCounts([5, 7]) })).toEqual([5, 7]);
});
