import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { imagePoint } from "../geometry/points";
import {
  ADDED,
  changedTiles,
  emptyPaint,
  isUnpainted,
  type PaintLayer,
  paintAt,
  paintDelta,
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
