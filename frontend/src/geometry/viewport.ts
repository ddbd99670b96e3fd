import { type CanvasPoint, canvasPoint, type ImagePoint, type ImageRect, imagePoint, type Size } from "./points";

/**
 * What part of the image the canvas shows: canvas = image * zoom + offset.
 * `zoom` is CSS pixels per image pixel; offsets are in CSS pixels.
 */
export interface Viewport {
  readonly zoom: number;
  readonly offsetX: number;
  readonly offsetY: number;
}

/** One image pixel never grows beyond this many CSS pixels. */
export const MAX_ZOOM = 64;
/** The least share of the zoom that fits the whole image into the canvas. */
const MIN_ZOOM_OF_FIT = 0.5;
/** At least this many CSS pixels of the image stay in sight while panning. */
const KEEP_IN_SIGHT = 48;

export function toCanvas(viewport: Viewport, point: ImagePoint): CanvasPoint {
  return canvasPoint(point.x * viewport.zoom + viewport.offsetX, point.y * viewport.zoom + viewport.offsetY);
}

export function toImage(viewport: Viewport, point: CanvasPoint): ImagePoint {
  return imagePoint((point.x - viewport.offsetX) / viewport.zoom, (point.y - viewport.offsetY) / viewport.zoom);
}

/** The pixel under a point, as its column and row: what a prompt names. Null outside the image. */
export function pixelAt(at: ImagePoint, image: Size): ImagePoint | null {
  const [x, y] = [Math.floor(at.x), Math.floor(at.y)];
  return x >= 0 && y >= 0 && x < image.width && y < image.height ? imagePoint(x, y) : null;
}

/** The whole image, centred, with `margin` CSS pixels around it. */
export function fitImage(image: Size, canvas: Size, margin = 0): Viewport {
  const zoom = Math.min(MAX_ZOOM, fitZoom(image, canvas, margin));
  return {
    zoom,
    offsetX: (canvas.width - image.width * zoom) / 2,
    offsetY: (canvas.height - image.height * zoom) / 2,
  };
}

/** Zooms by `factor` so that the image point under `around` stays where it is. */
export function zoomBy(viewport: Viewport, factor: number, around: CanvasPoint, image: Size, canvas: Size): Viewport {
  const least = Math.min(MAX_ZOOM, fitZoom(image, canvas, 0)) * MIN_ZOOM_OF_FIT;
  const zoom = Math.min(MAX_ZOOM, Math.max(least, viewport.zoom * factor));
  const fixed = toImage(viewport, around);
  return keepInSight({ zoom, offsetX: around.x - fixed.x * zoom, offsetY: around.y - fixed.y * zoom }, image, canvas);
}

/** Moves the image by (dx, dy) CSS pixels. */
export function panBy(viewport: Viewport, dx: number, dy: number, image: Size, canvas: Size): Viewport {
  return keepInSight(
    { zoom: viewport.zoom, offsetX: viewport.offsetX + dx, offsetY: viewport.offsetY + dy },
    image,
    canvas,
  );
}

/** The whole image pixels that are at least partly visible on the canvas. */
export function visibleRect(viewport: Viewport, image: Size, canvas: Size): ImageRect {
  const first = toImage(viewport, canvasPoint(0, 0));
  const last = toImage(viewport, canvasPoint(canvas.width, canvas.height));
  return {
    x0: Math.min(image.width, Math.max(0, Math.floor(first.x))),
    y0: Math.min(image.height, Math.max(0, Math.floor(first.y))),
    x1: Math.max(0, Math.min(image.width, Math.ceil(last.x))),
    y1: Math.max(0, Math.min(image.height, Math.ceil(last.y))),
  };
}

function fitZoom(image: Size, canvas: Size, margin: number): number {
  const width = Math.max(1, canvas.width - 2 * margin);
  const height = Math.max(1, canvas.height - 2 * margin);
  return Math.min(width / image.width, height / image.height);
}

function keepInSight(viewport: Viewport, image: Size, canvas: Size): Viewport {
  const { zoom } = viewport;
  return {
    zoom,
    offsetX: clampOffset(viewport.offsetX, image.width * zoom, canvas.width),
    offsetY: clampOffset(viewport.offsetY, image.height * zoom, canvas.height),
  };
}

function clampOffset(offset: number, shown: number, room: number): number {
  const inSight = Math.min(KEEP_IN_SIGHT, shown, room);
  return Math.min(room - inSight, Math.max(inSight - shown, offset));
}
