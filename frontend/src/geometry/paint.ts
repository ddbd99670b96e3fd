// Masks as pictures at the display's own resolution: what is drawn while a mask is made, without ever computing all of it.

import type { Bitmap } from "./bitmap";
import { reach, scan } from "./logits";
import { areaOf, type ModelFrame } from "./model_frame";
import type { ImageRect, Size } from "./points";
import { columnTaps, rowTaps } from "./taps";
import type { Viewport } from "./viewport";

/** Red, green, blue, opacity, each 0 to 255. */
export type Rgba = readonly [number, number, number, number];

export interface MaskPaint {
  readonly fill: Rgba;
  readonly edge: Rgba;
  /** In device pixels; 0 for none. */
  readonly edgeWidth: number;
  /** Makes the edge a dashed line of two colours, which is seen on any picture. */
  readonly dash?: { readonly colour: Rgba /** In device pixels. */; readonly length: number };
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
  const grid = bounds && displayGrid(bounds, areaOf(frame), display, paint.edgeWidth);
  if (!grid) return null;
  const [across, down] = [distinct(grid.columns), distinct(grid.rows)];
  const columns = columnTaps(frame, across.pixels);
  const rows = rowTaps(frame, down.pixels);
  const width = across.pixels.length;
  const sampled = new Uint8Array(width * down.pixels.length);
  scan(
    frame,
    logits,
    { columns, rows, low: threshold, high: threshold },
    {
      above: (row, from, to) => sampled.fill(1, row * width + from, row * width + to),
      mixed(row, from, to, values) {
        for (let x = from; x < to; x++) if (values[x]! > threshold) sampled[row * width + x] = 1;
      },
    },
  );
  return shade(
    grid,
    spread(grid, across, down, (row) => sampled.subarray(row * width, (row + 1) * width)),
    paint,
  );
}

/** The mask as seen on the display, or null when none of it is in sight. `bounds` saves looking for them. */
export function paintBitmap(
  bitmap: Bitmap,
  display: Display,
  paint: MaskPaint,
  bounds: ImageRect | null = bitmap.bounds(),
): Picture | null {
  const grid =
    bounds && displayGrid(bounds, { x0: 0, y0: 0, x1: bitmap.width, y1: bitmap.height }, display, paint.edgeWidth);
  if (!grid) return null;
  const [across, down] = [distinct(grid.columns), distinct(grid.rows)];
  const sampled = new Uint8Array(across.pixels.length);
  const inside = spread(grid, across, down, (row) => {
    const from = down.pixels[row]! * bitmap.width;
    for (let x = 0; x < sampled.length; x++) sampled[x] = bitmap.data[from + across.pixels[x]!]!;
    return sampled;
  });
  return shade(grid, inside, paint);
}

type Span = readonly [from: number, to: number];

interface Grid {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** The image column under each device column, -1 beside what is known. */
  readonly columns: Int32Array;
  readonly rows: Int32Array;
}

/** The device pixels over `bounds` and a margin around it for the edge, clipped to the canvas. Known are the pixels of `area`. */
function displayGrid(bounds: ImageRect, area: ImageRect, display: Display, margin: number): Grid | null {
  const { viewport, canvas, pixelRatio } = display;
  const scale = viewport.zoom * pixelRatio;
  const axis = ([from, to]: Span, offset: number, room: number, [least, end]: Span) => {
    const shift = offset * pixelRatio;
    const first = Math.max(0, Math.floor(from * scale + shift) - margin - 1);
    const last = Math.min(Math.round(room * pixelRatio), Math.ceil(to * scale + shift) + margin + 1);
    const pixels = new Int32Array(Math.max(0, last - first));
    for (let index = 0; index < pixels.length; index++) {
      const pixel = Math.floor((first + index + 0.5 - shift) / scale);
      pixels[index] = pixel >= least && pixel < end ? pixel : -1;
    }
    return { first, pixels };
  };
  const x = axis([bounds.x0, bounds.x1], viewport.offsetX, canvas.width, [area.x0, area.x1]);
  const y = axis([bounds.y0, bounds.y1], viewport.offsetY, canvas.height, [area.y0, area.y1]);
  const [width, height] = [x.pixels.length, y.pixels.length];
  if (width === 0 || height === 0) return null;
  return { x: x.first, y: y.first, width, height, columns: x.pixels, rows: y.pixels };
}

/** The image pixels along one axis of the display, each once, ascending; `place` says which one lies under a device pixel, or -1. */
interface Distinct {
  readonly pixels: Int32Array;
  readonly place: Int32Array;
}

/** Zoomed in, many device pixels show one image pixel: it is looked up once. */
function distinct(pixels: Int32Array): Distinct {
  const found = new Int32Array(pixels.length);
  const place = new Int32Array(pixels.length);
  let count = 0;
  for (let index = 0; index < pixels.length; index++) {
    const pixel = pixels[index]!;
    if (pixel < 0) {
      place[index] = -1;
      continue;
    }
    if (count === 0 || found[count - 1] !== pixel) found[count++] = pixel;
    place[index] = count - 1;
  }
  return { pixels: found.subarray(0, count), place };
}

/** From the distinct image pixels to the device's, row by row. `rowOf` gives a distinct row's values, 0 or 1. */
function spread(grid: Grid, across: Distinct, down: Distinct, rowOf: (row: number) => Uint8Array): Uint8Array {
  const { width, height } = grid;
  const inside = new Uint8Array(width * height);
  const firstColumn = across.place.indexOf(0);
  const oneToOne = across.place.lastIndexOf(across.pixels.length - 1) - firstColumn === across.pixels.length - 1;
  for (let y = 0; y < height; y++) {
    const row = down.place[y]!;
    if (row < 0) continue;
    if (y > 0 && down.place[y - 1] === row) {
      inside.copyWithin(y * width, (y - 1) * width, y * width);
      continue;
    }
    const values = rowOf(row);
    if (oneToOne) {
      inside.set(values, y * width + firstColumn);
      continue;
    }
    for (let x = 0; x < width; x++) {
      const column = across.place[x]!;
      if (column >= 0) inside[y * width + x] = values[column]!;
    }
  }
  return inside;
}

/** Colours the mask, run by run; where a pixel outside it lies within `edgeWidth`, as edge. What the canvas cuts off is no edge. */
function shade(grid: Grid, inside: Uint8Array, paint: MaskPaint): Picture {
  const { width, height } = grid;
  const data = new Uint8ClampedArray(width * height * 4);
  const pixels = new Uint32Array(data.buffer);
  const [fill, edge] = [packed(paint.fill), packed(paint.edge)];
  const rows = Array.from({ length: height }, (_, y) => inside.subarray(y * width, (y + 1) * width));
  for (const [y, row] of rows.entries()) {
    const start = y * width;
    for (let from = row.indexOf(1); from >= 0; ) {
      const zero = row.indexOf(0, from);
      const to = zero < 0 ? width : zero;
      pixels.fill(fill, start + from, start + to);
      if (from > 0) pixels.fill(edge, start + from, start + Math.min(to, from + paint.edgeWidth));
      if (to < width) pixels.fill(edge, start + Math.max(from, to - paint.edgeWidth), start + to);
      for (let step = 1; step <= paint.edgeWidth; step++) {
        for (const other of [rows[y - step], rows[y + step]])
          if (other) markUnder(other, from, to, pixels, start, edge);
      }
      from = to < width ? row.indexOf(1, to) : -1;
    }
  }
  if (paint.dash) dashEdge(grid, pixels, edge, packed(paint.dash.colour), paint.dash.length);
  return { x: grid.x, y: grid.y, width, height, data };
}

/** Diagonal stripes, so that lines in every direction but one are dashed; they keep to the canvas when the mask changes. */
function dashEdge({ x, y, width }: Grid, pixels: Uint32Array, edge: number, colour: number, length: number): void {
  for (let index = pixels.indexOf(edge); index >= 0; index = pixels.indexOf(edge, index + 1)) {
    const diagonal = x + (index % width) + y + Math.floor(index / width);
    if (Math.floor(diagonal / length) % 2 === 1) pixels[index] = colour;
  }
}

/** Marks the columns from..to in which the other row is outside the mask. */
function markUnder(
  other: Uint8Array,
  from: number,
  to: number,
  pixels: Uint32Array,
  start: number,
  colour: number,
): void {
  for (let x = other.indexOf(0, from); x >= 0 && x < to; x = other.indexOf(0, x + 1)) pixels[start + x] = colour;
}

/** As one little-endian word: every browser's machine is. */
function packed([red, green, blue, opacity]: Rgba): number {
  return ((opacity << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
