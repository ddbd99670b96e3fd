// Where a box is taken hold of to move it as a whole: outside of it, so that it is in the way of no click on what the box is around.

import { type Box, type CanvasPoint, canvasPoint, imagePoint } from "../geometry/points";
import { toCanvas, type Viewport } from "../geometry/viewport";

/** CSS pixels between the box's upper edge and the middle of its handle. */
const BESIDE = 18;
/** So near to the canvas's upper edge it would be cut off: then it lies inside of the box. */
const LEAST_ROOM = 10;

export function handleOf(viewport: Viewport, [x0, y0, x1]: Box): CanvasPoint {
  const { x, y } = toCanvas(viewport, imagePoint((x0 + x1) / 2, y0));
  return canvasPoint(x, y - BESIDE < LEAST_ROOM ? y + BESIDE : y - BESIDE);
}
