// From regions to the colours of the display: every device pixel is looked up once, and an outline is drawn where neighbouring
// pixels differ. Whatever the zoom, an outline is as wide as it should be on the screen and lies on the pixels' true border.

import type { Size } from "./points";
import type { RegionMap } from "./region_map";

/** Colours as little-endian words, alpha highest; 0 is nothing. */
export interface RegionColours {
  /** Of each region's inside. Alpha below 255: that is for outlines. */
  readonly fill: Uint32Array;
  /** What runs along the border of two regions. */
  border(here: number, there: number): Border;
  /** Over the first pixel outside an outline, so that it is seen on every photo. */
  readonly halo: number;
}

/** A line on either side of a border, each in the colour of the topmost mask that covers this side but not the other; 0 for none. */
export interface Border {
  readonly here: number;
  readonly there: number;
  /** In device pixels, at most MAX_EDGE. */
  readonly hereWidth: number;
  readonly thereWidth: number;
}

export const MAX_EDGE = 6;

/** Image column or row under each device pixel of an axis; -1 beside the image. */
export function axisPixels(from: number, to: number, shift: number, scale: number, size: number): Int32Array {
  const pixels = new Int32Array(Math.max(0, to - from));
  for (let index = 0; index < pixels.length; index++) {
    const pixel = Math.floor((from + index + 0.5 - shift) / scale);
    pixels[index] = pixel >= 0 && pixel < size ? pixel : -1;
  }
  return pixels;
}

/** Columns that are looked up together: reads run down columns, writes along rows, and both stay in the cache. */
const BLOCK = 16;

/** Region of each device pixel, row by row, into `out` [rows × columns]. `columns` and `rows` are as `axisPixels` gives them. */
export function sampleRegions(map: RegionMap, columns: Int32Array, rows: Int32Array, out: Uint32Array): void {
  const { regions, height } = map;
  const across = columns.length;
  const [left, right] = insideOf(columns);
  const [top, bottom] = insideOf(rows);
  out.fill(0, 0, across * rows.length);
  for (let block = left; block < right; block += BLOCK) {
    const end = Math.min(right, block + BLOCK);
    for (let y = top; y < bottom; y++) {
      const row = rows[y]!;
      const start = y * across;
      for (let x = block; x < end; x++) out[start + x] = regions[columns[x]! * height + row]!;
    }
  }
}

/** The part of an axis that lies on the image: [from, to). */
function insideOf(pixels: Int32Array): readonly [number, number] {
  let from = 0;
  let to = pixels.length;
  while (from < to && pixels[from] === -1) from++;
  while (to > from && pixels[to - 1] === -1) to--;
  return [from, to];
}

/** Colours of sampled regions into `out` [height × width]. Within MAX_EDGE + 1 of the brim, outlines from beyond are missing. */
export function paintRegions(
  sampled: Uint32Array,
  { width, height }: Size,
  colours: RegionColours,
  out: Uint32Array,
): void {
  const { fill } = colours;
  const count = width * height;
  for (let index = 0; index < count; index++) out[index] = fill[sampled[index]!]!;
  const lines = new LinePainter(sampled, out, colours);
  for (let start = 0; start < count; start += width) {
    const end = start + width;
    let last = sampled[start]!;
    for (let index = start; index < end; index++) {
      const here = sampled[index]!;
      if (here !== last) {
        lines.paint(index - 1, index, 1, start, end);
        last = here;
      }
      if (start > 0 && sampled[index - width] !== here) lines.paint(index - width, index, width, 0, count);
    }
  }
}

/** Opaque, as only lines are. */
const OPAQUE = 255;

class LinePainter {
  constructor(
    private readonly sampled: Uint32Array,
    private readonly out: Uint32Array,
    private readonly colours: RegionColours,
  ) {}

  /** The border that was painted last: along a line it is mostly the same again. */
  private first = -1;
  private second = -1;
  private last: Border = { here: 0, there: 0, hereWidth: 0, thereWidth: 0 };

  /** Along the border between two pixels that lie beside each other, `there` = `here` + `step`; within the pixels from..to. */
  paint(here: number, there: number, step: number, from: number, to: number): void {
    const border = this.borderOf(this.sampled[here]!, this.sampled[there]!);
    if (border.here !== 0) this.line(here, -step, border.here, border.hereWidth, from, to);
    else if (border.there !== 0 && this.out[here]! >>> 24 !== OPAQUE) this.out[here] = this.colours.halo;
    if (border.there !== 0) this.line(there, step, border.there, border.thereWidth, from, to);
    else if (border.here !== 0 && this.out[there]! >>> 24 !== OPAQUE) this.out[there] = this.colours.halo;
  }

  private borderOf(here: number, there: number): Border {
    if (here !== this.first || there !== this.second) {
      this.last = this.colours.border(here, there);
      this.first = here;
      this.second = there;
    }
    return this.last;
  }

  /** From a border inwards, while it is the same region. */
  private line(at: number, step: number, colour: number, width: number, from: number, to: number): void {
    const { sampled, out } = this;
    const region = sampled[at]!;
    out[at] = colour;
    let index = at + step;
    for (let count = 1; count < width && index >= from && index < to && sampled[index] === region; count++) {
      out[index] = colour;
      index += step;
    }
  }
}
