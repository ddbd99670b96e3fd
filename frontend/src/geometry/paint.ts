// Masks as pictures at the display's own resolution: what is drawn while a mask is made, without ever computing all of it.

import type { Bitmap } from "./bitmap";
import { columnTaps, forEachRow, reach, rowTaps } from "./logits";
import type { ModelFrame } from "./model_frame";
import type { ImageRect, Size } from "./points";
import type { Viewport } from "./viewport";

/** Red, green, blue, opacity, each 0 to 255. */
export type Rgba = readonly [number, number, number, number];

export interface MaskPaint {
  readonly fill: Rgba;
  readonly edge: Rgba;
  /** In device pixels; 0 for none. */
  readonly edgeWidth: number;
}

export interface Display {
  readonly viewport: Viewport;
  /** Of the canvas, in CSS pixels. */
  readonly canvas: Size;
  /** Device pixels per CSS pixel. */
  readonly pixelRatio: number;
}

/** A picture to be put at (x, y) in device pixels; `data` is RGBA, not premultiplied, as ImageData wants it. */
export interface Picture {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** The mask `logits > threshold` as seen on the display, or null when none of it is in sight. */
export function paintLogits(
  frame: ModelFrame,
  logits: Float32Array,
  display: Display,
  paint: MaskPaint,
  threshold = 0,
): Picture | null {
  const bounds = reach(frame, logits, threshold);
  const grid = bounds && displayGrid(bounds, frame, display, paint.edgeWidth);
  if (!grid) return null;
  const inside = new Uint8Array(grid.width * grid.height);
  const columns = columnTaps(
    frame,
    grid.columns.map((x) => Math.max(0, x)),
  );
  const rows = rowTaps(
    frame,
    grid.rows.map((y) => Math.max(0, y)),
  );
  forEachRow(frame, logits, columns, rows, (row, values) => {
    if (grid.rows[row]! < 0) return;
    const start = row * grid.width;
    for (let x = 0; x < grid.width; x++) {
      if (values[x]! > threshold && grid.columns[x]! >= 0) inside[start + x] = 1;
    }
  });
  return shade(grid, inside, paint);
}

/** The mask as seen on the display, or null when none of it is in sight. `bounds` saves looking for them. */
export function paintBitmap(
  bitmap: Bitmap,
  display: Display,
  paint: MaskPaint,
  bounds: ImageRect | null = bitmap.bounds(),
): Picture | null {
  const grid = bounds && displayGrid(bounds, bitmap, display, paint.edgeWidth);
  if (!grid) return null;
  const inside = new Uint8Array(grid.width * grid.height);
  for (let row = 0; row < grid.height; row++) {
    const y = grid.rows[row]!;
    if (y < 0) continue;
    const from = y * bitmap.width;
    const start = row * grid.width;
    for (let x = 0; x < grid.width; x++) {
      const column = grid.columns[x]!;
      if (column >= 0) inside[start + x] = bitmap.data[from + column]!;
    }
  }
  return shade(grid, inside, paint);
}

interface Grid {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** The image column under each device column, -1 beside the image. */
  readonly columns: Int32Array;
  readonly rows: Int32Array;
}

/** The device pixels over `bounds` and a margin around it for the edge, clipped to the canvas. */
function displayGrid(bounds: ImageRect, image: Size, display: Display, margin: number): Grid | null {
  const { viewport, canvas, pixelRatio } = display;
  const scale = viewport.zoom * pixelRatio;
  const axis = (from: number, to: number, offset: number, room: number, size: number) => {
    const shift = offset * pixelRatio;
    const first = Math.max(0, Math.floor(from * scale + shift) - margin - 1);
    const last = Math.min(Math.round(room * pixelRatio), Math.ceil(to * scale + shift) + margin + 1);
    const pixels = new Int32Array(Math.max(0, last - first));
    for (let index = 0; index < pixels.length; index++) {
      const pixel = Math.floor((first + index + 0.5 - shift) / scale);
      pixels[index] = pixel >= 0 && pixel < size ? pixel : -1;
    }
    return { first, pixels };
  };
  const x = axis(bounds.x0, bounds.x1, viewport.offsetX, canvas.width, image.width);
  const y = axis(bounds.y0, bounds.y1, viewport.offsetY, canvas.height, image.height);
  const [width, height] = [x.pixels.length, y.pixels.length];
  if (width === 0 || height === 0) return null;
  return { x: x.first, y: y.first, width, height, columns: x.pixels, rows: y.pixels };
}

function shade(grid: Grid, inside: Uint8Array, paint: MaskPaint): Picture {
  const { width, height } = grid;
  const data = new Uint8ClampedArray(width * height * 4);
  const pixels = new Uint32Array(data.buffer);
  const fill = packed(paint.fill);
  const edge = packed(paint.edge);
  for (let y = 0, index = 0; y < height; y++) {
    for (let x = 0; x < width; x++, index++) {
      if (inside[index] === 1) pixels[index] = isEdge(inside, width, height, x, y, paint.edgeWidth) ? edge : fill;
    }
  }
  return { x: grid.x, y: grid.y, width, height, data };
}

/** Whether a pixel outside the mask lies within `reachOfEdge`. What is cut off by the canvas counts as inside. */
function isEdge(inside: Uint8Array, width: number, height: number, x: number, y: number, reachOfEdge: number): boolean {
  const index = y * width + x;
  for (let step = 1; step <= reachOfEdge; step++) {
    if (x >= step && inside[index - step] === 0) return true;
    if (x + step < width && inside[index + step] === 0) return true;
    if (y >= step && inside[index - step * width] === 0) return true;
    if (y + step < height && inside[index + step * width] === 0) return true;
  }
  return false;
}

/** As one little-endian word: every browser's machine is. */
function packed([red, green, blue, opacity]: Rgba): number {
  return ((opacity << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
