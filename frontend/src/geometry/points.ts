// Three frames of coordinates that are never mixed: the compiler refuses a point of one where another is meant.
//
// In each frame x goes right and y goes down, and the pixel (i, j) covers [i, i + 1) × [j, j + 1): a click in the middle of the
// first pixel is (0.5, 0.5). The model's own half-pixel shift happens inside its prompt encoder.

declare const frame: unique symbol;

/** A point in the pixels of the oriented image. */
export interface ImagePoint {
  readonly x: number;
  readonly y: number;
  readonly [frame]: "image";
}

/** A point in CSS pixels of the canvas element, from its top-left corner. */
export interface CanvasPoint {
  readonly x: number;
  readonly y: number;
  readonly [frame]: "canvas";
}

/** A point in the model's square input frame (1024 × 1024 for the official models). */
export interface ModelPoint {
  readonly x: number;
  readonly y: number;
  readonly [frame]: "model";
}

export const imagePoint = (x: number, y: number): ImagePoint => ({ x, y }) as ImagePoint;
export const canvasPoint = (x: number, y: number): CanvasPoint => ({ x, y }) as CanvasPoint;
export const modelPoint = (x: number, y: number): ModelPoint => ({ x, y }) as ModelPoint;

export function samePoint(a: ImagePoint, b: ImagePoint): boolean {
  return a.x === b.x && a.y === b.y;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A line of the lasso that is still open. */
export interface LassoLine {
  readonly points: readonly ImagePoint[];
  /** Where presses began, the first one where the line closes; none while it is drawn in one go. */
  readonly corners: readonly ImagePoint[];
}

/** Whole pixels of the image: x0, y0 belong to it, x1, y1 do not. Empty when x1 <= x0 or y1 <= y0. */
export interface ImageRect {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** Corners of a box prompt in image pixels, x0 <= x1 and y0 <= y1. */
export type Box = readonly [x0: number, y0: number, x1: number, y1: number];

/** The box with these two corners, whichever way it was dragged. */
export function boxBetween(a: ImagePoint, b: ImagePoint): Box {
  return [Math.min(a.x, b.x), Math.min(a.y, b.y), Math.max(a.x, b.x), Math.max(a.y, b.y)];
}

/** The nearest point inside the image; its far edges belong to it. */
export function clampToImage(point: ImagePoint, size: Size): ImagePoint {
  return imagePoint(Math.min(Math.max(point.x, 0), size.width), Math.min(Math.max(point.y, 0), size.height));
}
