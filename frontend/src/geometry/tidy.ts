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
  const bounds = mask.bounds();
  const change = { added: [] as Run[], removed: [] as Run[] };
  if (!bounds || radius < 1) return change;
  const rect = grown(bounds, radius, mask);
  for (let y0 = rect.y0; y0 < rect.y1; y0 += BLOCK) {
    for (let x0 = rect.x0; x0 < rect.x1; x0 += BLOCK) {
      const block = { x0, y0, x1: Math.min(rect.x1, x0 + BLOCK), y1: Math.min(rect.y1, y0 + BLOCK) };
      // Only where a border comes near can anything change: a fiftieth of a large mask.
      if (!isUniform(mask, grown(block, radius, mask))) smoothBlock(mask, block, radius, change);
    }
  }
  return change;
}

/** Side of the squares that are looked at, or passed over, as one. */
const BLOCK = 64;

function grown({ x0, y0, x1, y1 }: ImageRect, by: number, { width, height }: Bitmap): ImageRect {
  return {
    x0: Math.max(0, x0 - by),
    y0: Math.max(0, y0 - by),
    x1: Math.min(width, x1 + by),
    y1: Math.min(height, y1 + by),
  };
}

function isUniform({ data, width }: Bitmap, { x0, y0, x1, y1 }: ImageRect): boolean {
  const other = 1 - data[y0 * width + x0]!;
  for (let y = y0; y < y1; y++) if (data.subarray(y * width + x0, y * width + x1).includes(other)) return false;
  return true;
}

function smoothBlock(
  { data, width, height }: Bitmap,
  { x0, y0, x1, y1 }: ImageRect,
  radius: number,
  change: { added: Run[]; removed: Run[] },
): void {
  const half = (2 * radius + 1) ** 2 / 2;
  // Per column, how many of the rows around the present one have the mask: one row comes in, one goes out.
  const columns = new Int32Array(x1 - x0 + 2 * radius);
  const count = (y: number, sign: 1 | -1) => {
    const row = Math.min(height - 1, Math.max(0, y)) * width;
    for (let at = 0; at < columns.length; at++) {
      columns[at]! += sign * data[row + Math.min(width - 1, Math.max(0, x0 - radius + at))]!;
    }
  };
  for (let y = y0 - radius; y < y0 + radius; y++) count(y, 1);
  const row = new Uint8Array(x1 - x0);
  for (let y = y0; y < y1; y++) {
    count(y + radius, 1);
    let sum = 0;
    for (let at = 0; at < 2 * radius; at++) sum += columns[at]!;
    for (let x = 0; x < row.length; x++) {
      sum += columns[x + 2 * radius]!;
      row[x] = sum > half ? 1 : 0;
      sum -= columns[x]!;
    }
    compare(data.subarray(y * width + x0, y * width + x1), row, y, x0, change);
    count(y - radius, -1);
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
