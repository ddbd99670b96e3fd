// The pixels inside a polygon, exactly: those whose centres lie inside of it.

import type { ImagePoint, Size } from "./points";
import type { Run } from "./runs";

/**
 * The closed polygon through the points (continuous image coordinates), filled at the image's resolution, row by row. Where a
 * freehand line crosses itself everything it goes around is inside, whichever way and however often (nonzero winding).
 */
export function polygonRuns(points: readonly ImagePoint[], { width, height }: Size): Run[] {
  const runs: Run[] = [];
  let [top, bottom] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { y } of points) [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  const first = Math.max(0, Math.ceil(top - 0.5));
  const last = Math.min(height - 1, Math.floor(bottom - 0.5));
  if (points.length < 3 || last < first) return runs;
  const crossings = edgesByRow(points, first, last);
  for (let y = first; y <= last; y++) {
    const row = (crossings[y - first] ?? []).sort((a, b) => a.x - b.x);
    let winding = 0;
    for (const [index, { x, turn }] of row.entries()) {
      const before = winding;
      winding += turn;
      if (before === 0 || index === 0) continue;
      addRun(runs, y, row[index - 1]?.x ?? x, x, width);
    }
  }
  return runs;
}

interface Crossing {
  readonly x: number;
  readonly turn: 1 | -1;
}

/** Where the edges cross the middle line of each row. An edge owns its upper end and not its lower: each corner counts once. */
function edgesByRow(points: readonly ImagePoint[], first: number, last: number): Crossing[][] {
  const rows: Crossing[][] = Array.from({ length: last - first + 1 }, () => []);
  for (const [index, a] of points.entries()) {
    const b = points[(index + 1) % points.length] ?? a;
    const [upper, lower] = a.y <= b.y ? [a, b] : [b, a];
    const from = Math.max(first, Math.ceil(upper.y - 0.5));
    const to = Math.min(last, Math.ceil(lower.y - 0.5) - 1);
    for (let y = from; y <= to; y++) {
      const share = (y + 0.5 - upper.y) / (lower.y - upper.y);
      rows[y - first]?.push({ x: upper.x + share * (lower.x - upper.x), turn: a.y <= b.y ? 1 : -1 });
    }
  }
  return rows;
}

function addRun(runs: Run[], y: number, left: number, right: number, width: number): void {
  const x0 = Math.max(0, Math.ceil(left - 0.5));
  const x1 = Math.min(width, Math.ceil(right - 0.5));
  const last = runs.at(-1);
  if (x1 <= x0) return;
  // Two stretches that a line inside of the polygon parts are one.
  if (last?.y === y && last.x1 === x0) runs[runs.length - 1] = { y, x0: last.x0, x1 };
  else runs.push({ y, x0, x1 });
}
