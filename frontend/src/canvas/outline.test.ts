import fc from "fast-check";
import { expect, test } from "vitest";
import { Bitmap } from "../geometry/bitmap";
import { outline } from "./outline";

function bitmap(...rows: string[]): Bitmap {
  const width = rows[0]?.length ?? 0;
  const data = Uint8Array.from(rows.join(""), (sign) => (sign === "#" ? 1 : 0));
  return new Bitmap(width, rows.length, data);
}

function lines(mask: Bitmap): number[][] {
  const flat = outline(mask, mask.bounds() ?? { x0: 0, y0: 0, x1: 0, y1: 0 });
  return Array.from({ length: flat.length / 4 }, (_, i) => [...flat.slice(4 * i, 4 * i + 4)]);
}

test("a block has four sides, also at the image's edge", () => {
  expect(lines(bitmap("##", "##")).sort()).toEqual([
    [0, 0, 0, 2],
    [0, 0, 2, 0],
    [0, 2, 2, 2],
    [2, 0, 2, 2],
  ]);
});

test("a hole has its own border", () => {
  expect(lines(bitmap("###", "#.#", "###"))).toHaveLength(8);
});

test("every edge between mask and not mask is drawn once, and no other", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 42, maxLength: 42 }), (bits) => {
      const mask = new Bitmap(7, 6, Uint8Array.from(bits, Number));
      let edges = 0;
      for (let y = 0; y <= 6; y++) {
        for (let x = 0; x <= 7; x++) {
          if (mask.has(x, y) !== mask.has(x - 1, y)) edges++;
          if (mask.has(x, y) !== mask.has(x, y - 1)) edges++;
        }
      }
      const drawn = lines(mask).reduce((sum, [x0 = 0, y0 = 0, x1 = 0, y1 = 0]) => sum + (x1 - x0) + (y1 - y0), 0);
      expect(drawn).toBe(edges);
    }),
  );
});
