// Low-res logits at image pixels, as the reference upsamples them: bilinear to the model's square, cropped to the resized
// image, bilinear to the image, both without align_corners. One step instead of two moves up to 0.7 % of the pixels.
//
// Both steps work on each axis alone, so their product is, per output pixel and axis, a sum over at most three neighbouring
// low-res samples. That is computed only where it is asked for.

import { Bitmap } from "./bitmap";
import type { ModelFrame } from "./model_frame";
import type { ImageRect } from "./points";

/** For each output pixel of one axis: the first of three low-res samples, and their weights (which sum to 1). */
export interface Taps {
  readonly first: Int32Array;
  readonly weights: readonly [Float32Array, Float32Array, Float32Array];
}

export interface MaterialisedMask {
  readonly bitmap: Bitmap;
  /** Pixels above threshold + offset as a share of those above threshold - offset; null where there are none. */
  readonly stabilityScore: number | null;
}

/** Taps for the given image columns. */
export function columnTaps(frame: ModelFrame, columns: ArrayLike<number>): Taps {
  return axisTaps(columns, frame.width, frame.resizedWidth, frame.imageSize, frame.lowResSize);
}

/** Taps for the given image rows. */
export function rowTaps(frame: ModelFrame, rows: ArrayLike<number>): Taps {
  return axisTaps(rows, frame.height, frame.resizedHeight, frame.imageSize, frame.lowResSize);
}

/** The logits [rows × columns] in a rectangle of image pixels. */
export function upsample(frame: ModelFrame, logits: Float32Array, rect: ImageRect): Float32Array {
  const columns = columnTaps(frame, range(rect.x0, rect.x1));
  const rows = rowTaps(frame, range(rect.y0, rect.y1));
  const width = columns.first.length;
  const out = new Float32Array(width * rows.first.length);
  forEachRow(frame, logits, columns, rows, (row, values) => out.set(values, row * width));
  return out;
}

/**
 * Calls `emit(row, values)` for each row of `rows` in order, with that row's logits at `columns`. `values` is reused.
 * Quick when the rows ascend.
 */
export function forEachRow(
  frame: ModelFrame,
  logits: Float32Array,
  columns: Taps,
  rows: Taps,
  emit: (row: number, values: Float32Array) => void,
): void {
  checkLogits(frame, logits);
  const values = new Float32Array(columns.first.length);
  const lowResRows = new LowResRows(frame, logits, columns);
  const [w0, w1, w2] = rows.weights;
  for (let row = 0; row < rows.first.length; row++) {
    const first = rows.first[row]!;
    const [a, b, c] = [w0[row]!, w1[row]!, w2[row]!];
    const above = lowResRows.at(first);
    const middle = lowResRows.at(first + 1);
    const below = lowResRows.at(first + 2);
    for (let x = 0; x < values.length; x++) values[x] = a * above[x]! + b * middle[x]! + c * below[x]!;
    emit(row, values);
  }
}

/**
 * A rectangle of image pixels outside which no logit is above the threshold. Interpolated values never exceed the samples they
 * are made of, so it is read off the low-res logits.
 */
export function reach(frame: ModelFrame, logits: Float32Array, threshold: number): ImageRect | null {
  checkLogits(frame, logits);
  const side = frame.lowResSize;
  let [x0, y0, x1, y1] = [side, side, -1, -1];
  for (let y = 0, index = 0; y < side; y++) {
    for (let x = 0; x < side; x++, index++) {
      if (logits[index]! > threshold) {
        if (x < x0) x0 = x;
        if (x > x1) x1 = x;
        if (y < y0) y0 = y;
        y1 = y;
      }
    }
  }
  const columns = spanOfTaps(columnTaps(frame, range(0, frame.width)).first, x0, x1);
  const rows = spanOfTaps(rowTaps(frame, range(0, frame.height)).first, y0, y1);
  return columns && rows ? { x0: columns[0], y0: rows[0], x1: columns[1], y1: rows[1] } : null;
}

/** The mask at the image's own resolution, and how stable it is under a shift of the threshold. */
export function materialise(frame: ModelFrame, logits: Float32Array, threshold = 0, offset = 1): MaterialisedMask {
  const bitmap = new Bitmap(frame.width, frame.height);
  const rect = reach(frame, logits, threshold - offset);
  if (!rect) return { bitmap, stabilityScore: null };
  const [low, high] = [threshold - offset, threshold + offset];
  let [aboveLow, aboveHigh] = [0, 0];
  const columns = columnTaps(frame, range(rect.x0, rect.x1));
  const rows = rowTaps(frame, range(rect.y0, rect.y1));
  forEachRow(frame, logits, columns, rows, (row, values) => {
    const start = (rect.y0 + row) * frame.width + rect.x0;
    for (let x = 0; x < values.length; x++) {
      const value = values[x]!;
      if (value > low) {
        aboveLow++;
        if (value > threshold) bitmap.data[start + x] = 1;
        if (value > high) aboveHigh++;
      }
    }
  });
  return { bitmap, stabilityScore: aboveLow === 0 ? null : aboveHigh / aboveLow };
}

export function range(from: number, to: number): Int32Array {
  const out = new Int32Array(Math.max(0, to - from));
  for (let index = 0; index < out.length; index++) out[index] = from + index;
  return out;
}

/** The low-res rows, interpolated to the wanted columns; the last four are kept. */
class LowResRows {
  private readonly rows: readonly Float32Array[];
  private readonly held = [-1, -1, -1, -1];

  constructor(
    private readonly frame: ModelFrame,
    private readonly logits: Float32Array,
    private readonly columns: Taps,
  ) {
    this.rows = this.held.map(() => new Float32Array(columns.first.length));
  }

  at(wanted: number): Float32Array {
    // Past the last row the weight is 0: any row will do.
    const row = Math.min(wanted, this.frame.lowResSize - 1);
    const out = this.rows[row & 3]!;
    if (this.held[row & 3] !== row) {
      this.held[row & 3] = row;
      this.fill(out, row * this.frame.lowResSize);
    }
    return out;
  }

  private fill(out: Float32Array, start: number): void {
    const { logits } = this;
    const { first } = this.columns;
    const [w0, w1, w2] = this.columns.weights;
    const last = this.frame.lowResSize - 1;
    for (let x = 0; x < out.length; x++) {
      const at = first[x]!;
      out[x] =
        w0[x]! * logits[start + at]! +
        w1[x]! * logits[start + Math.min(at + 1, last)]! +
        w2[x]! * logits[start + Math.min(at + 2, last)]!;
    }
  }
}

function axisTaps(pixels: ArrayLike<number>, size: number, resized: number, square: number, low: number): Taps {
  const first = new Int32Array(pixels.length);
  const weights = [0, 1, 2].map(() => new Float32Array(pixels.length)) as [Float32Array, Float32Array, Float32Array];
  for (let index = 0; index < pixels.length; index++) {
    const [inSquare, share] = bilinear(pixels[index]!, size, resized);
    const [start, shareOfFirst] = bilinear(inSquare, square, low);
    first[index] = start;
    weights[0][index]! += (1 - share) * (1 - shareOfFirst);
    weights[1][index]! += (1 - share) * shareOfFirst;
    if (share > 0) {
      const [next, shareOfNext] = bilinear(inSquare + 1, square, low);
      weights[next - start]![index]! += share * (1 - shareOfNext);
      if (shareOfNext > 0) weights[next - start + 1]![index]! += share * shareOfNext;
    }
  }
  return { first, weights };
}

/** The sample at or before output pixel `at` when `from` samples are stretched to `to`, and the share of the sample after it. */
function bilinear(at: number, to: number, from: number): [sample: number, share: number] {
  // In single precision as torch does it: at 6000 pixels the difference would show.
  const scale = Math.fround(from / to);
  const position = Math.max(0, Math.fround(Math.fround(scale * (at + 0.5)) - 0.5));
  const sample = Math.min(Math.floor(position), from - 1);
  return [sample, sample < from - 1 ? position - sample : 0];
}

/** The output pixels [from, to) any of whose taps lies in first..last. */
function spanOfTaps(starts: Int32Array, first: number, last: number): [from: number, to: number] | null {
  let from = 0;
  while (from < starts.length && starts[from]! + 2 < first) from++;
  let to = starts.length;
  while (to > from && starts[to - 1]! > last) to--;
  return to > from && last >= first ? [from, to] : null;
}

function checkLogits(frame: ModelFrame, logits: Float32Array): void {
  if (logits.length !== frame.lowResSize ** 2) {
    throw new RangeError(`${logits.length} logits where ${frame.lowResSize} × ${frame.lowResSize} belong`);
  }
}
