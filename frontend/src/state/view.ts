// What of the image is in sight. Not part of undo: looking is no act.

import { type CanvasPoint, canvasPoint, type Size } from "../geometry/points";
import { fitImage, panBy, toCanvas, toImage, type Viewport, zoomBy } from "../geometry/viewport";

export interface View {
  readonly viewport: Viewport;
  /** Of the canvas, in CSS pixels. */
  readonly canvas: Size;
  /** Device pixels per CSS pixel. */
  readonly pixelRatio: number;
  /** The whole image is shown, and stays so when the window changes. */
  readonly fitted: boolean;
}

/** CSS pixels between a fitted image and the canvas's edge: room for marks on the brim. */
const MARGIN = 12;

export const NO_VIEW: View = {
  viewport: { zoom: 1, offsetX: 0, offsetY: 0 },
  canvas: { width: 1, height: 1 },
  pixelRatio: 1,
  fitted: true,
};

export function fitView(view: View, image: Size): View {
  return { ...view, viewport: fitImage(image, view.canvas, MARGIN), fitted: true };
}

/** The canvas got another size: a fitted image is fitted again, otherwise what was in the middle stays there. */
export function resizeView(view: View, canvas: Size, pixelRatio: number, image: Size | null): View {
  const resized = { ...view, canvas, pixelRatio };
  if (!image) return resized;
  if (view.fitted) return fitView(resized, image);
  const middle = toImage(view.viewport, canvasPoint(view.canvas.width / 2, view.canvas.height / 2));
  const now = toCanvas(view.viewport, middle);
  const [dx, dy] = [canvas.width / 2 - now.x, canvas.height / 2 - now.y];
  return { ...resized, viewport: panBy(view.viewport, dx, dy, image, canvas) };
}

/** Zooms around a canvas point, or around the middle. */
export function zoomView(view: View, factor: number, image: Size, around?: CanvasPoint): View {
  const centre = around ?? canvasPoint(view.canvas.width / 2, view.canvas.height / 2);
  return { ...view, viewport: zoomBy(view.viewport, factor, centre, image, view.canvas), fitted: false };
}

export function panView(view: View, dx: number, dy: number, image: Size): View {
  return { ...view, viewport: panBy(view.viewport, dx, dy, image, view.canvas), fitted: false };
}
