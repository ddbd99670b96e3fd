// What each image pixel is made of: the two steps of the reference's upsampling (bilinear to the model's square, cropped to the
// resized image, bilinear to the image) work on each axis alone, so their product is, per pixel and axis, a sum over at most three
// neighbouring low-res samples.

import type { ModelFrame } from "./model_frame";

/** For each output pixel of one axis: the first of three low-res samples, and their weights (which sum to 1). */
export interface Taps {
  readonly first: Int32Array;
  readonly weights: readonly [Float32Array, Float32Array, Float32Array];
}

/** Taps for the given image columns, which the frame covers. */
export function columnTaps(frame: ModelFrame, columns: ArrayLike<number>): Taps {
  return axisTaps(columns, frame.part?.x ?? 0, frame.width, frame.resizedWidth, frame.imageSize, frame.lowResSize);
}

/** Taps for the given image rows, which the frame covers. */
export function rowTaps(frame: ModelFrame, rows: ArrayLike<number>): Taps {
  return axisTaps(rows, frame.part?.y ?? 0, frame.height, frame.resizedHeight, frame.imageSize, frame.lowResSize);
}

export function range(from: number, to: number): Int32Array {
  const out = new Int32Array(Math.max(0, to - from));
  for (let index = 0; index < out.length; index++) out[index] = from + index;
  return out;
}

/** The output pixels [from, to) any of whose taps lies in first..last. */
export function spanOfTaps(starts: Int32Array, first: number, last: number): [from: number, to: number] | null {
  let from = 0;
  while (from < starts.length && starts[from]! + 2 < first) from++;
  let to = starts.length;
  while (to > from && starts[to - 1]! > last) to--;
  return to > from && last >= first ? [from, to] : null;
}

function axisTaps(
  pixels: ArrayLike<number>,
  origin: number,
  size: number,
  resized: number,
  square: number,
  low: number,
): Taps {
  const first = new Int32Array(pixels.length);
  const weights = [0, 1, 2].map(() => new Float32Array(pixels.length)) as [Float32Array, Float32Array, Float32Array];
  for (let index = 0; index < pixels.length; index++) {
    const [inSquare, share] = bilinear(pixels[index]! - origin, size, resized);
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
