import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Bitmap } from "../geometry/bitmap";
import { imagePoint } from "../geometry/points";
import {
  ADDED,
  changedTiles,
  emptyPaint,
  isUnpainted,
  type PaintLayer,
  paintAt,
  paintDelta,
  paintRuns,
  paintSegment,
  REMOVED,
  replayPaint,
  TILE,
} from "./paint";

const WIDTH = 150;
const HEIGHT = 90;

/** The pixels of every tile that has any. */
function pixels(layer: PaintLayer): string[] {
  return [...layer.tiles].sort(([a], [b]) => a - b).map(([index, tile]) => `${index}: ${tile.join("")}`);
}

function drawing(layer: PaintLayer, rows: number, columns: number): string[] {
  return Array.from({ length: rows }, (_, y) =>
    Array.from({ length: columns }, (_, x) => ".+-"[paintAt(layer, x, y)]).join(""),
  );
}

describe("a square brush", () => {
  const square = { shape: "square", blocked: null } as const;

  test("paints the pixels whose centres lie under it", () => {
    const spot = paintSegment(emptyPaint(6, 5), imagePoint(3, 2), imagePoint(3, 2), 3, ADDED, square);
    expect(drawing(spot, 5, 6)).toEqual([".+++..", ".+++..", ".+++..", "......", "......"]);
  });

  test("sweeps as if set down at every point between", () => {
    const spots = fc.record({
      // Never just so that a pixel's centre lies on the brim, where rounding may go either way.
      x: fc.integer({ min: -40, max: 480 }).map((eighth) => eighth / 8 + 0.03),
      y: fc.integer({ min: -40, max: 320 }).map((eighth) => eighth / 8 + 0.03),
    });
    fc.assert(
      fc.property(spots, spots, fc.integer({ min: 2, max: 19 }), (a, b, size) => {
        const swept = paintSegment(emptyPaint(55, 35), imagePoint(a.x, a.y), imagePoint(b.x, b.y), size, ADDED, square);
        const half = size / 2;
        for (let y = 0; y < 35; y++) {
          for (let x = 0; x < 55; x++) {
            // The shares of the way at which the pixel's centre is under the brush, on each axis.
            const [x0, x1] = sharesWithin(x + 0.5, a.x, b.x, half);
            const [y0, y1] = sharesWithin(y + 0.5, a.y, b.y, half);
            const overlap = Math.min(x1, y1, 1) - Math.max(x0, y0, 0);
            if (Math.abs(overlap) < 1e-6) continue;
            if ((paintAt(swept, x, y) === ADDED) !== overlap > 0) return false;
          }
        }
        return true;
      }),
      { numRuns: 60 },
    );
  });

  function sharesWithin(centre: number, from: number, to: number, half: number): [number, number] {
    const way = to - from;
    if (Math.abs(way) < 1e-9) return Math.abs(centre - from) < half ? [-9, 9] : [9, -9];
    const [p, q] = [(centre - half - from) / way, (centre + half - from) / way];
    return [Math.min(p, q), Math.max(p, q)];
  }
});

describe("blocked pixels", () => {
  const blocked = new Bitmap(WIDTH, HEIGHT);
  for (let y = 10; y < 30; y++) blocked.data.fill(1, y * WIDTH + 60, y * WIDTH + 70);

  test("stay as they are under a brush and in a filled shape, all others do not", () => {
    for (const shape of ["round", "square"] as const) {
      const spot = [imagePoint(50, 20), imagePoint(90, 20)] as const;
      const free = paintSegment(emptyPaint(WIDTH, HEIGHT), ...spot, 15, ADDED, { shape, blocked: null });
      const kept = paintSegment(emptyPaint(WIDTH, HEIGHT), ...spot, 15, ADDED, { shape, blocked });
      for (let y = 0; y < HEIGHT; y++) {
        for (let x = 0; x < WIDTH; x++) {
          expect(paintAt(kept, x, y)).toBe(blocked.has(x, y) ? 0 : paintAt(free, x, y));
        }
      }
    }
    const filled = paintRuns(emptyPaint(WIDTH, HEIGHT), [{ y: 15, x0: 55, x1: 75 }], ADDED, blocked);
    expect(Array.from({ length: 22 }, (_, i) => paintAt(filled, 54 + i, 15)).join("")).toBe("0111110000000000111110");
  });
});

describe("a round brush", () => {
  test("of one pixel paints the pixel under the pointer and a line without gaps", () => {
    const dot = paintSegment(emptyPaint(8, 3), imagePoint(2.9, 1.1), imagePoint(2.9, 1.1), 1, ADDED);
    expect(drawing(dot, 3, 8)).toEqual(["........", "..+.....", "........"]);
    const line = paintSegment(emptyPaint(8, 3), imagePoint(0.5, 0.5), imagePoint(7.5, 2.5), 1, ADDED);
    expect(drawing(line, 3, 8)).toEqual(["++......", "..++++..", "......++"]);
  });

  test("paints the pixels whose centres lie under it", () => {
    const disc = paintSegment(emptyPaint(7, 7), imagePoint(3.5, 3.5), imagePoint(3.5, 3.5), 5, ADDED);
    expect(drawing(disc, 7, 7)).toEqual([".......", "..+++..", ".+++++.", ".+++++.", ".+++++.", "..+++..", "......."]);
  });

  test("sweeps as if set down at every point between", () => {
    const spots = fc.record({
      x: fc.double({ min: -5, max: 60, noNaN: true }),
      y: fc.double({ min: -5, max: 40, noNaN: true }),
    });
    fc.assert(
      fc.property(spots, spots, fc.integer({ min: 2, max: 19 }), (a, b, size) => {
        const swept = paintSegment(emptyPaint(55, 35), imagePoint(a.x, a.y), imagePoint(b.x, b.y), size, ADDED);
        for (let y = 0; y < 35; y++) {
          for (let x = 0; x < 55; x++) {
            const distance = distanceToSegment(x + 0.5, y + 0.5, a, b);
            // Rounding may go either way exactly on the brim.
            if (Math.abs(distance - size / 2) < 1e-6) continue;
            if ((paintAt(swept, x, y) === ADDED) !== distance < size / 2) return false;
          }
        }
        return true;
      }),
      { numRuns: 50 },
    );
  });

  test("may leave the image on any side", () => {
    const layer = paintSegment(emptyPaint(4, 4), imagePoint(-30, -30), imagePoint(40, 40), 4, REMOVED);
    expect(paintAt(layer, 0, 0)).toBe(REMOVED);
    const beside = paintSegment(emptyPaint(4, 4), imagePoint(-30, 2), imagePoint(-9, 2), 1, ADDED);
    expect(isUnpainted(beside)).toBe(true);
  });
});

test("older states keep their pixels", () => {
  const first = paintSegment(emptyPaint(WIDTH, HEIGHT), imagePoint(10, 10), imagePoint(20, 10), 6, ADDED);
  const before = pixels(first);
  const second = paintSegment(first, imagePoint(5, 10), imagePoint(140, 80), 9, REMOVED);
  expect(pixels(first)).toEqual(before);
  expect(pixels(second)).not.toEqual(before);
});

test("a delta goes back and forth exactly, whatever was painted before", () => {
  const stroke = fc.record({
    from: fc.tuple(fc.integer({ min: -9, max: WIDTH + 9 }), fc.integer({ min: -9, max: HEIGHT + 9 })),
    to: fc.tuple(fc.integer({ min: -9, max: WIDTH + 9 }), fc.integer({ min: -9, max: HEIGHT + 9 })),
    size: fc.integer({ min: 1, max: 60 }),
    value: fc.constantFrom(ADDED, REMOVED),
  });
  fc.assert(
    fc.property(fc.array(stroke, { minLength: 1, maxLength: 6 }), (strokes) => {
      let layer = emptyPaint(WIDTH, HEIGHT);
      for (const { from, to, size, value } of strokes) {
        const after = paintSegment(layer, imagePoint(...from), imagePoint(...to), size, value);
        const delta = paintDelta(layer, after);
        expect(pixels(replayPaint(layer, delta, "after"))).toEqual(pixels(after));
        const back = replayPaint(after, delta, "before");
        expect(pixels(back)).toEqual(pixels(layer));
        layer = after;
      }
    }),
    { numRuns: 25 },
  );
});

test("only the tiles that changed are named", () => {
  const before = paintSegment(emptyPaint(WIDTH, HEIGHT), imagePoint(10, 10), imagePoint(10, 10), 6, ADDED);
  const after = paintSegment(before, imagePoint(145, 85), imagePoint(145, 85), 4, ADDED);
  expect(changedTiles(before, after)).toEqual([{ x0: 2 * TILE, y0: TILE, x1: WIDTH, y1: HEIGHT }]);
  expect(changedTiles(after, before)).toEqual(changedTiles(before, after));
  expect(changedTiles(after, after)).toEqual([]);
});

function distanceToSegment(x: number, y: number, a: { x: number; y: number }, b: { x: number; y: number }): number {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const squared = dx * dx + dy * dy;
  const share = squared === 0 ? 0 : Math.min(1, Math.max(0, ((x - a.x) * dx + (y - a.y) * dy) / squared));
  return Math.hypot(x - a.x - share * dx, y - a.y - share * dy);
}
