// The part of the low-res logits that an image's pixels are made of. The rest lies under the padding of the model's square.

import { areaOf, type ModelFrame } from "./model_frame";
import { columnTaps, rowTaps, type Taps } from "./taps";

export interface PlanePart {
  readonly rows: number;
  readonly columns: number;
}

/** What stands where no logit was made: surely outside of the mask, and finite, as it is multiplied by 0. */
export const OUTSIDE = -100;

/** The rows and columns of samples, from the top left, that some pixel of the image has a share of. */
export function neededPart(frame: ModelFrame): PlanePart {
  return {
    rows: 1 + lastSample(rowTaps(frame, [areaOf(frame).y1 - 1])),
    columns: 1 + lastSample(columnTaps(frame, [areaOf(frame).x1 - 1])),
  };
}

/** The last sample with a share in the one pixel of these taps. */
function lastSample({ first, weights }: Taps): number {
  return first[0]! + weights.findLastIndex((weight) => weight[0]! > 0);
}

/** A plane [side²] whose top left is `values` [rows × columns]. */
export function placed(values: Float32Array, { rows, columns }: PlanePart, side: number): Float32Array {
  const plane = new Float32Array(side * side).fill(OUTSIDE);
  for (let row = 0; row < rows; row++) {
    plane.set(values.subarray(row * columns, (row + 1) * columns), row * side);
  }
  return plane;
}

/** Takes from `whole` what lies outside of the part that was made. Both planes are [side²]. */
export function completeOutside(plane: Float32Array, whole: Float32Array, { rows, columns }: PlanePart): void {
  const side = Math.sqrt(plane.length);
  for (let row = 0; row < side; row++) {
    const from = row * side + (row < rows ? columns : 0);
    plane.set(whole.subarray(from, (row + 1) * side), from);
  }
}

/** [rows × columns] of every second sample → [2·rows × 2·columns], linear between them and constant after the last. */
export function doubled(values: Float32Array, { rows, columns }: PlanePart): Float32Array {
  const out = new Float32Array(4 * rows * columns);
  const width = 2 * columns;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = values[row * columns + column]!;
      const next = values[row * columns + Math.min(column + 1, columns - 1)]!;
      out[2 * row * width + 2 * column] = value;
      out[2 * row * width + 2 * column + 1] = (value + next) / 2;
    }
  }
  for (let row = 0; row < rows; row++) {
    const below = Math.min(row + 1, rows - 1);
    for (let column = 0; column < width; column++) {
      out[(2 * row + 1) * width + column] = (out[2 * row * width + column]! + out[2 * below * width + column]!) / 2;
    }
  }
  return out;
}
