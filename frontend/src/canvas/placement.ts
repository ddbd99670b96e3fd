// Where the image lies on the display, and what a move of it leaves to be drawn.

import type { ImageRect, Size } from "../geometry/points";
import type { View } from "../state/view";

/** From image to device pixels: device = image * scale + shift. */
export interface Placement {
  readonly scale: number;
  readonly shiftX: number;
  readonly shiftY: number;
}

export function placementOf({ viewport, pixelRatio }: View): Placement {
  return {
    scale: viewport.zoom * pixelRatio,
    shiftX: viewport.offsetX * pixelRatio,
    shiftY: viewport.offsetY * pixelRatio,
  };
}

/** A move by whole device pixels. */
export interface Move {
  readonly x: number;
  readonly y: number;
}

/** Of a device pixel: a move by whole pixels is not always told as whole numbers. */
const SAME_PLACE = 1 / 64;

/** The move from one placement to another; null where it is none by whole pixels, or the scale is another. */
export function moveBetween(before: Placement, now: Placement): Move | null {
  if (before.scale !== now.scale) return null;
  const [x, y] = [now.shiftX - before.shiftX, now.shiftY - before.shiftY];
  const [wholeX, wholeY] = [Math.round(x), Math.round(y)];
  if (Math.abs(x - wholeX) > SAME_PLACE || Math.abs(y - wholeY) > SAME_PLACE) return null;
  return { x: wholeX, y: wholeY };
}

/** By whole pixels from where it was: what is left of a pixel must not add up. */
export function movedPlacement({ scale, shiftX, shiftY }: Placement, { x, y }: Move): Placement {
  return { scale, shiftX: shiftX + x, shiftY: shiftY + y };
}

/** What of the display comes into sight by a move. */
export function strips({ width, height }: Size, { x, y }: Move): ImageRect[] {
  const found: ImageRect[] = [];
  if (x !== 0) found.push({ x0: x > 0 ? 0 : width + x, x1: x > 0 ? x : width, y0: 0, y1: height });
  if (y !== 0) found.push({ x0: 0, x1: width, y0: y > 0 ? 0 : height + y, y1: y > 0 ? y : height });
  return found;
}
