// The border of a mask as straight lines between pixels: crisp at any zoom, and never a pixel off.

import type { Bitmap } from "../geometry/bitmap";
import type { ImageRect } from "../geometry/points";

/** [x0, y0, x1, y1] of each line, in image pixels. Neighbouring edges on one line are joined. */
export function outline(bitmap: Bitmap, bounds: ImageRect): Int32Array {
  const lines: number[] = [];
  const at = (x: number, y: number) => (bitmap.has(x, y) ? 1 : 0);
  for (let y = bounds.y0; y <= bounds.y1; y++) {
    let from = -1;
    for (let x = bounds.x0; x <= bounds.x1; x++) {
      const border = x < bounds.x1 && at(x, y - 1) !== at(x, y);
      if (border && from < 0) from = x;
      if (!border && from >= 0) {
        lines.push(from, y, x, y);
        from = -1;
      }
    }
  }
  for (let x = bounds.x0; x <= bounds.x1; x++) {
    let from = -1;
    for (let y = bounds.y0; y <= bounds.y1; y++) {
      const border = y < bounds.y1 && at(x - 1, y) !== at(x, y);
      if (border && from < 0) from = y;
      if (!border && from >= 0) {
        lines.push(x, from, x, y);
        from = -1;
      }
    }
  }
  return Int32Array.from(lines);
}
