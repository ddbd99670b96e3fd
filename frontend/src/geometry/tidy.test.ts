import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Bitmap } from "./bitmap";
import { imagePoint } from "./points";
import { polygonRuns } from "./polygon";
import { middleOf, type Region, regionsOf, runsOf } from "./runs";
import { changed, dropIslands, fillHoles, smooth } from "./tidy";

function drawn(...rows: string[]): Bitmap {
  const width = rows[0]?.length ?? 1;
  return new Bitmap(
    width,
    rows.length,
    Uint8Array.from(rows.join(""), (pixel) => (pixel === "#" ? 1 : 0)),
  );
}

function rowsOf({ data, width, height }: Bitmap): string[] {
  return Array.from({ length: height }, (_, y) =>
    Array.from(data.subarray(y * width, (y + 1) * width), (value) => (value ? "#" : ".")).join(""),
  );
}

const bitmaps = fc
  .tuple(fc.integer({ min: 1, max: 14 }), fc.integer({ min: 1, max: 11 }))
  .chain(([width, height]) =>
    fc
      .array(fc.constantFrom<number>(0, 0, 1, 1, 1), { minLength: width * height, maxLength: width * height })
      .map((pixels) => new Bitmap(width, height, Uint8Array.from(pixels))),
  );

/** The number of each pixel's region by walking from pixel to pixel: slow and plain. */
function flooded(mask: Bitmap, value: 0 | 1, diagonal: boolean): number[] {
  const labels = new Array<number>(mask.data.length).fill(-1);
  let count = 0;
  for (let start = 0; start < labels.length; start++) {
    if (mask.data[start] !== value || labels[start] !== -1) continue;
    const todo = [start];
    labels[start] = count;
    for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
      const [x, y] = [at % mask.width, Math.floor(at / mask.width)];
      for (const [dx, dy] of [-1, 0, 1].flatMap((a) => [-1, 0, 1].map((b) => [a, b] as const))) {
        if (!diagonal && dx !== 0 && dy !== 0) continue;
        const [nx, ny] = [x + dx, y + dy];
        const next = ny * mask.width + nx;
        if (nx < 0 || ny < 0 || nx >= mask.width || ny >= mask.height) continue;
        if (mask.data[next] !== value || labels[next] !== -1) continue;
        labels[next] = count;
        todo.push(next);
      }
    }
    count++;
  }
  return labels;
}

const all = (mask: Bitmap) => ({ x0: 0, y0: 0, x1: mask.width, y1: mask.height });

describe("regions", () => {
  test("are the same as by walking from pixel to pixel", () => {
    fc.assert(
      fc.property(bitmaps, fc.constantFrom(0 as const, 1 as const), fc.boolean(), (mask, value, diagonal) => {
        const labels = flooded(mask, value, diagonal);
        const regions = regionsOf(runsOf(mask, all(mask), value), diagonal);
        expect(regions).toHaveLength(Math.max(-1, ...labels) + 1);
        for (const { runs, area } of regions) {
          const seen = runs.flatMap(({ y, x0, x1 }) => labels.slice(y * mask.width + x0, y * mask.width + x1));
          expect(seen).toHaveLength(area);
          expect(new Set(seen).size).toBe(1);
        }
      }),
    );
  });

  test("have their middle inside of them, away from the brim", () => {
    fc.assert(
      fc.property(bitmaps, (mask) => {
        for (const region of regionsOf(runsOf(mask, all(mask), 1), false)) {
          const { x, y } = middleOf(region);
          expect(region.runs.some((run) => run.y === y && x >= run.x0 && x < run.x1)).toBe(true);
        }
      }),
    );
    const ring = regionsOf(
      runsOf(
        drawn("#######", "#.....#", "#.....#", "#######"),
        all(drawn("#######", "#######", "#######", "#######")),
        1,
      ),
      false,
    );
    expect(middleOf(ring[0] as Region).y).toSatisfy((y) => y === 0 || y === 3);
    const disc = regionsOf(
      runsOf(drawn(".###.", "#####", "#####", "#####", ".###."), { x0: 0, y0: 0, x1: 5, y1: 5 }, 1),
      false,
    );
    expect(middleOf(disc[0] as Region)).toEqual({ x: 2, y: 2 });
  });
});

describe("holes", () => {
  test("are filled where the mask encloses them, not where they are open", () => {
    const mask = drawn("#####.", "#.#.##", "#####.", "##.###", "##.###");
    expect(rowsOf(changed(mask, fillHoles(mask)))).toEqual(["#####.", "######", "#####.", "##.###", "##.###"]);
  });

  test("above a size stay", () => {
    const mask = drawn("#######", "#.#...#", "#######");
    expect(rowsOf(changed(mask, fillHoles(mask, 2)))).toEqual(["#######", "###...#", "#######"]);
  });

  test("are none afterwards, and nothing else has changed", () => {
    fc.assert(
      fc.property(bitmaps, (mask) => {
        const filled = changed(mask, fillHoles(mask));
        expect(fillHoles(filled).added).toEqual([]);
        const outside = flooded(mask, 0, false);
        const open = new Set(outside.filter((label, at) => label >= 0 && onBrim(mask, at)));
        for (const [at, value] of filled.data.entries()) {
          expect(value).toBe(mask.data[at] === 1 || !open.has(outside[at] ?? -1) ? 1 : 0);
        }
      }),
    );
  });

  function onBrim({ width, height }: Bitmap, at: number): boolean {
    const [x, y] = [at % width, Math.floor(at / width)];
    return x === 0 || y === 0 || x === width - 1 || y === height - 1;
  }
});

describe("islands", () => {
  test("under the size go; the largest part stays whatever its size", () => {
    const mask = drawn("##..#", "##...", "....#", "#..##");
    expect(rowsOf(changed(mask, dropIslands(mask, 4)))).toEqual(["##...", "##...", ".....", "....."]);
    expect(rowsOf(changed(mask, dropIslands(mask, 3)))).toEqual(["##...", "##...", "....#", "...##"]);
  });

  test("every part that is left has the size, but for a mask that never had it", () => {
    fc.assert(
      fc.property(bitmaps, fc.integer({ min: 1, max: 20 }), (mask, least) => {
        const left = changed(mask, dropIslands(mask, least));
        const parts = regionsOf(runsOf(left, all(left), 1), true);
        expect(parts.length === 1 || parts.every(({ area }) => area >= least)).toBe(true);
        expect(left.area() > 0).toBe(mask.area() > 0);
      }),
    );
  });
});

describe("smoothing", () => {
  test("takes points and fills notches, and leaves a straight border where it is", () => {
    const mask = drawn("..........", "....#.....", "##########", "##########", "##.#######", "##########");
    expect(rowsOf(changed(mask, smooth(mask, 1)))).toEqual([
      "..........",
      "..........",
      "##########",
      "##########",
      "##########",
      "##########",
    ]);
  });

  test("is the majority of the square around each pixel", () => {
    fc.assert(
      fc.property(bitmaps, fc.integer({ min: 1, max: 3 }), (mask, radius) => {
        const smoothed = changed(mask, smooth(mask, radius));
        for (let y = 0; y < mask.height; y++) {
          for (let x = 0; x < mask.width; x++) {
            let sum = 0;
            for (let dy = -radius; dy <= radius; dy++) {
              for (let dx = -radius; dx <= radius; dx++) {
                const cx = Math.min(mask.width - 1, Math.max(0, x + dx));
                const cy = Math.min(mask.height - 1, Math.max(0, y + dy));
                sum += mask.data[cy * mask.width + cx] ?? 0;
              }
            }
            expect(smoothed.has(x, y)).toBe(mask.area() > 0 && sum > (2 * radius + 1) ** 2 / 2);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("a polygon", () => {
  const corner = fc.record({
    x: fc.double({ min: -4, max: 20, noNaN: true }),
    y: fc.double({ min: -4, max: 16, noNaN: true }),
  });

  test("holds the pixels whose centres it goes around", () => {
    fc.assert(
      fc.property(fc.array(corner, { minLength: 3, maxLength: 9 }), (corners) => {
        const points = corners.map(({ x, y }) => imagePoint(x, y));
        const mask = changed(new Bitmap(16, 12), {
          added: polygonRuns(points, { width: 16, height: 12 }),
          removed: [],
        });
        for (let y = 0; y < 12; y++) {
          for (let x = 0; x < 16; x++) {
            if (nearEdge(points, x + 0.5, y + 0.5)) continue;
            expect(mask.has(x, y)).toBe(winding(points, x + 0.5, y + 0.5) !== 0);
          }
        }
      }),
    );
  });

  test("of whole pixels is exactly those pixels, each once", () => {
    const square = [imagePoint(2, 1), imagePoint(5, 1), imagePoint(5, 3), imagePoint(2, 3)];
    expect(polygonRuns(square, { width: 9, height: 9 })).toEqual([
      { y: 1, x0: 2, x1: 5 },
      { y: 2, x0: 2, x1: 5 },
    ]);
    expect(polygonRuns(square.slice(0, 2), { width: 9, height: 9 })).toEqual([]);
  });

  type At = { readonly x: number; readonly y: number };
  const sides = (points: readonly At[]) => points.map((a, i) => [a, points[(i + 1) % points.length] ?? a] as const);

  function winding(points: readonly At[], x: number, y: number): number {
    const angle = sides(points).reduce((sum, [a, b]) => {
      const [ax, ay, bx, by] = [a.x - x, a.y - y, b.x - x, b.y - y];
      return sum + Math.atan2(ax * by - ay * bx, ax * bx + ay * by);
    }, 0);
    return Math.round(angle / (2 * Math.PI));
  }

  function nearEdge(points: readonly At[], x: number, y: number): boolean {
    return sides(points).some(([a, b]) => {
      const length2 = (b.x - a.x) ** 2 + (b.y - a.y) ** 2;
      const share =
        length2 === 0 ? 0 : Math.min(1, Math.max(0, ((x - a.x) * (b.x - a.x) + (y - a.y) * (b.y - a.y)) / length2));
      return Math.hypot(a.x + share * (b.x - a.x) - x, a.y + share * (b.y - a.y) - y) < 1e-6;
    });
  }
});
