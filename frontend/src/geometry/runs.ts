// Regions of a mask as runs: stretches of pixels in a row, joined where they touch. Telling regions apart takes as many steps as
// there are runs, not pixels, which on 24 megapixels is a thousand times fewer.

import type { Bitmap } from "./bitmap";
import type { ImageRect } from "./points";

/** The pixels x0 … x1 − 1 of row y. */
export interface Run {
  readonly y: number;
  readonly x0: number;
  readonly x1: number;
}

export interface Region {
  readonly runs: readonly Run[];
  readonly area: number;
}

/** The runs of pixels that have `value` inside `rect`, row by row from the left. */
export function runsOf({ data, width }: Bitmap, rect: ImageRect, value: 0 | 1): Run[] {
  const runs: Run[] = [];
  for (let y = rect.y0; y < rect.y1; y++) {
    const row = data.subarray(y * width + rect.x0, y * width + rect.x1);
    for (let from = row.indexOf(value); from >= 0; ) {
      const end = row.indexOf(1 - value, from);
      const to = end < 0 ? row.length : end;
      runs.push({ y, x0: rect.x0 + from, x1: rect.x0 + to });
      from = end < 0 ? -1 : row.indexOf(value, end);
    }
  }
  return runs;
}

/** Runs (row by row from the left) joined to regions; with `diagonal` they also touch at corners. In the order of their first runs. */
export function regionsOf(runs: readonly Run[], diagonal: boolean): Region[] {
  const parent = Int32Array.from(runs, (_, index) => index);
  const find = (index: number): number => {
    let root = index;
    while (parent[root] !== root) root = parent[root] ?? root;
    for (let at = index; at !== root; ) {
      const next = parent[at] ?? root;
      parent[at] = root;
      at = next;
    }
    return root;
  };
  const reach = diagonal ? 1 : 0;
  let above = 0;
  for (const [index, run] of runs.entries()) {
    // The runs of the row above that end before this one begins touch none of the later ones either.
    while (above < index && isBefore(runs[above], run, reach)) above++;
    for (let other = above; other < index; other++) {
      const upper = runs[other];
      if (!upper || upper.y !== run.y - 1 || upper.x0 >= run.x1 + reach) break;
      const [a, b] = [find(other), find(index)];
      parent[Math.max(a, b)] = Math.min(a, b);
    }
  }
  const regions = new Map<number, { runs: Run[]; area: number }>();
  for (const [index, run] of runs.entries()) {
    const root = find(index);
    const region = regions.get(root) ?? { runs: [], area: 0 };
    region.runs.push(run);
    region.area += run.x1 - run.x0;
    regions.set(root, region);
  }
  return [...regions.values()];
}

function isBefore(upper: Run | undefined, run: Run, reach: number): boolean {
  return upper !== undefined && (upper.y < run.y - 1 || (upper.y === run.y - 1 && upper.x1 + reach <= run.x0));
}

/** The pixel of a region that is farthest from its ends in its row and column, nearest to its middle among equals: never outside of it. */
export function middleOf({ runs, area }: Region): { readonly x: number; readonly y: number } {
  let [sumX, sumY] = [0, 0];
  for (const { y, x0, x1 } of runs) {
    sumX += ((x0 + x1 - 1) / 2) * (x1 - x0);
    sumY += y * (x1 - x0);
  }
  const [meanX, meanY] = [sumX / area, sumY / area];
  let best = { x: runs[0]?.x0 ?? 0, y: runs[0]?.y ?? 0 };
  let least = Number.POSITIVE_INFINITY;
  const broadest = runs.reduce((most, { x0, x1 }) => Math.max(most, x1 - x0), 0);
  for (const { y, x0, x1 } of runs) {
    const x = Math.min(x1 - 1, Math.max(x0, Math.round(meanX)));
    // Rather a little off the middle than on the brim: a thin neck may lie there.
    const inner = Math.round((x0 + x1 - 1) / 2);
    for (const at of [x, inner]) {
      const toBrim = Math.min(at - x0, x1 - 1 - at);
      const distance = Math.hypot(at - meanX, y - meanY) + (broadest / 2 - toBrim) * 0.5;
      if (distance < least) {
        least = distance;
        best = { x: at, y };
      }
    }
  }
  return best;
}
