// What lies under a brush that is dragged from one point to another, row by row.

import type { ImagePoint } from "../geometry/points";

export type BrushShape = "round" | "square";

/** The interval [left, right] in which the row at height `y` lies under a brush dragged from one point to another; empty: left > right. */
export function capsuleRow(from: ImagePoint, to: ImagePoint, radius: number, y: number): [number, number] {
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  const include = (x: number) => {
    left = Math.min(left, x);
    right = Math.max(right, x);
  };
  for (const end of [from, to]) {
    const dy = y - end.y;
    if (Math.abs(dy) <= radius) {
      const half = Math.sqrt(radius * radius - dy * dy);
      include(end.x - half);
      include(end.x + half);
    }
  }
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (length > 0) {
    // The two long sides of the swept shape; it is convex, so the row crosses it in one interval.
    const nx = (-(to.y - from.y) / length) * radius;
    const ny = ((to.x - from.x) / length) * radius;
    for (const sign of [1, -1]) {
      const ay = from.y + sign * ny;
      const by = to.y + sign * ny;
      if ((ay <= y && y <= by) || (by <= y && y <= ay)) {
        const share = by === ay ? 0 : (y - ay) / (by - ay);
        include(from.x + sign * nx + share * (to.x - from.x));
      }
    }
  }
  return [left, right];
}

/** The pixels between two points, one per step along the longer axis: what a brush of one pixel paints. */
export function* pixelLine(from: ImagePoint, to: ImagePoint): Generator<[number, number]> {
  const x0 = Math.floor(from.x);
  const y0 = Math.floor(from.y);
  const dx = Math.floor(to.x) - x0;
  const dy = Math.floor(to.y) - y0;
  const steps = Math.max(Math.abs(dx), Math.abs(dy));
  for (let step = 0; step <= steps; step++) {
    const share = steps === 0 ? 0 : step / steps;
    yield [Math.round(x0 + share * dx), Math.round(y0 + share * dy)];
  }
}

/** Its far sides do not belong to a square: wherever it is set down, one of 3 pixels paints 3 and never 4. */
const BRIM = 1e-9;

/** The same for a square brush whose sides are `2 · radius` long and keep to the image's. */
export function sweptSquareRow(from: ImagePoint, to: ImagePoint, radius: number, y: number): [number, number] {
  const [upper, lower] = from.y <= to.y ? [from, to] : [to, from];
  // The part of the way on which the square covers this row.
  const first = Math.max(upper.y, y - radius + BRIM);
  const last = Math.min(lower.y, y + radius);
  if (first > last) return [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const at = (height: number) =>
    upper.y === lower.y ? upper.x : upper.x + ((height - upper.y) / (lower.y - upper.y)) * (lower.x - upper.x);
  const ends = upper.y === lower.y ? [from.x, to.x] : [at(first), at(last)];
  return [Math.min(...ends) - radius, Math.max(...ends) + radius - BRIM];
}
