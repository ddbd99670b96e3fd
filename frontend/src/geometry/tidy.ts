// What tidies a mask up, each as the runs of pixels that it changes: filling holes, dropping islands, smoothing the border. Pure, at
// the image's own resolution, and looking at the mask's bounding box only.

import { Bitmap } from "./bitmap";
import type { ImageRect } from "./points";
import { type Run, regionsOf, runsOf } from "./runs";

/** Runs to become part of the mask, and runs to leave it. */
export interface Change {
  readonly added: readonly Run[];
  readonly removed: readonly Run[];
}

/**
 * Holes: regions outside of the mask that it encloses. Regions that touch each other at corners only are two, as are the parts of
 * the mask around them. Of at most `most` pixels each.
 */
export function fillHoles(mask: Bitmap, most = Number.POSITIVE_INFINITY): Change {
  const rect = mask.bounds();
  if (!rect) return { added: [], removed: [] };
  const holes = regionsOf(runsOf(mask, rect, 0), false).filter(
    ({ area, runs }) => area <= most && !runs.some((run) => touches(run, rect)),
  );
  return { added: holes.flatMap(({ runs }) => runs), removed: [] };
}

/** Whether a run lies on the brim of the mask's box, outside of which there is no mask. */
function touches({ y, x0, x1 }: Run, rect: ImageRect): boolean {
  return y === rect.y0 || y === rect.y1 - 1 || x0 === rect.x0 || x1 === rect.x1;
}

/** Islands: parts of the mask of fewer than `least` pixels, parts that touch at corners counted as one. The largest always stays. */
export function dropIslands(mask: Bitmap, least: number): Change {
  const rect = mask.bounds();
  if (!rect) return { added: [], removed: [] };
  const parts = regionsOf(runsOf(mask, rect, 1), true);
  const largest = parts.reduce((most, part) => (part.area > most.area ? part : most));
  const islands = parts.filter((part) => part !== largest && part.area < least);
  return { added: [], removed: islands.flatMap(({ runs }) => runs) };
}

/**
 * The border smoothed: each pixel becomes what most of the square of 2 · radius + 1 pixels around it is. Straight borders stay
 * where they are; points and notches narrower than the radius go. Beyond the image's edge lies what lies on it.
 */
export function smooth(mask: Bitmap, radius: number): Change {
  const rect = mask.bounds();
  const change = { added: [] as Run[], removed: [] as Run[] };
  if (!rect || radius < 1) return change;
  const { data, width, height } = mask;
  const [x0, x1] = [Math.max(0, rect.x0 - radius), Math.min(width, rect.x1 + radius)];
  const [y0, y1] = [Math.max(0, rect.y0 - radius), Math.min(height, rect.y1 + radius)];
  const half = (2 * radius + 1) ** 2 / 2;
  // Per column, how many of the rows around the present one have the mask: one row comes in, one goes out.
  const columns = new Int32Array(x1 - x0);
  const count = (y: number, sign: 1 | -1) => {
    const from = Math.min(height - 1, Math.max(0, y)) * width + x0;
    for (let x = 0; x < columns.length; x++) columns[x]! += sign * data[from + x]!;
  };
  for (let y = y0 - radius; y < y0 + radius; y++) count(y, 1);
  const row = new Uint8Array(x1 - x0);
  for (let y = y0; y < y1; y++) {
    count(y + radius, 1);
    majorities(columns, radius, half, row);
    compare(data.subarray(y * width + x0, y * width + x1), row, y, x0, change);
    count(y - radius, -1);
  }
  return change;
}

function majorities(columns: Int32Array, radius: number, half: number, out: Uint8Array): void {
  const last = columns.length - 1;
  let sum = 0;
  for (let x = -radius; x < radius; x++) sum += columns[Math.min(last, Math.max(0, x))]!;
  for (let x = 0; x <= last; x++) {
    sum += columns[Math.min(last, x + radius)]!;
    out[x] = sum > half ? 1 : 0;
    sum -= columns[Math.max(0, x - radius)]!;
  }
}

/** The runs in which `after` differs from `before`. */
function compare(
  before: Uint8Array,
  after: Uint8Array,
  y: number,
  left: number,
  { added, removed }: { added: Run[]; removed: Run[] },
): void {
  for (let x = 0; x < after.length; ) {
    const value = after[x];
    if (value === before[x]) {
      x++;
      continue;
    }
    const from = x;
    while (x < after.length && after[x] === value && before[x] !== value) x++;
    (value === 1 ? added : removed).push({ y, x0: left + from, x1: left + x });
  }
}

/** The mask with a change made; `mask` stays as it is. */
export function changed(mask: Bitmap, { added, removed }: Change): Bitmap {
  const data = mask.data.slice();
  for (const { y, x0, x1 } of added) data.fill(1, y * mask.width + x0, y * mask.width + x1);
  for (const { y, x0, x1 } of removed) data.fill(0, y * mask.width + x0, y * mask.width + x1);
  return new Bitmap(mask.width, mask.height, data);
}
