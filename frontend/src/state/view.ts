// What of the image is in sight. Not part of undo: looking is no act.

import { type CanvasPoint, canvasPoint, type ImageRect, imagePoint, type Size } from "../geometry/points";
import { fitImage, panBy, toCanvas, toImage, type Viewport, zoomBy } from "../geometry/viewport";

export interface View {
  readonly viewport: Viewport;
  /** Of the canvas, in CSS pixels. */
  readonly canvas: Size;
  /** Device pixels per CSS pixel. */
  readonly pixelRatio: number;
  /** The whole image is shown, and stays so when the window changes. */
  readonly fitted: boolean;
  /** What panning has not moved yet, in CSS pixels: it moves by whole pixels of the device, so that what is drawn need only be moved. */
  readonly owed?: readonly [x: number, y: number];
}

/** CSS pixels between a fitted image and the canvas's edge: room for marks on the brim. */
const MARGIN = 12;

export const NO_VIEW: View = {
  viewport: { zoom: 1, offsetX: 0, offsetY: 0 },
  canvas: { width: 1, height: 1 },
  pixelRatio: 1,
  fitted: true,
};

/** How much of the canvas a part of the image takes that is gone to: what is around it stays in sight. */
const SHARE_OF_CANVAS = 0.6;

export function fitView(view: View, image: Size): View {
  const { owed: _, ...rest } = view;
  return { ...rest, viewport: fitImage(image, view.canvas, MARGIN), fitted: true };
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
  const [owedX, owedY] = view.owed ?? [0, 0];
  const [x, y] = [wholePixels(owedX + dx, view), wholePixels(owedY + dy, view)];
  const owed = [owedX + dx - x, owedY + dy - y] as const;
  return { ...view, viewport: panBy(view.viewport, x, y, image, view.canvas), fitted: false, owed };
}

function wholePixels(length: number, { pixelRatio }: View): number {
  return Math.round(length * pixelRatio) / pixelRatio;
}

/** Shows a part of the image in the middle of the canvas, with what is around it; the whole image where that is no smaller. */
export function showRect(view: View, { x0, y0, x1, y1 }: ImageRect, image: Size): View {
  const fitted = fitView(view, image);
  const { width, height } = view.canvas;
  const zoom = SHARE_OF_CANVAS * Math.min(width / Math.max(1, x1 - x0), height / Math.max(1, y1 - y0));
  if (zoom <= fitted.viewport.zoom) return fitted;
  const zoomed = zoomView(fitted, zoom / fitted.viewport.zoom, image);
  const middle = toCanvas(zoomed.viewport, imagePoint((x0 + x1) / 2, (y0 + y1) / 2));
  const viewport = panBy(zoomed.viewport, width / 2 - middle.x, height / 2 - middle.y, image, view.canvas);
  return { ...zoomed, viewport };
}
