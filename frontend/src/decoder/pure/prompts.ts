// Prompts as the decoder takes them, and the token to show: the same rules as sam_core/prompts.py, held together by vectors.

import { type ModelFrame, toModel } from "../../geometry/model_frame";
import { imagePoint } from "../../geometry/points";
import type { MaskToken } from "../../protocol/api";
import type { DecodePrompts } from "../../protocol/worker";
import { DecoderError } from "./failure";

const [BOX_TOP_LEFT, BOX_BOTTOM_RIGHT, PADDING] = [2, 3, -1];

type PointsAndBox = Pick<DecodePrompts, "points" | "box">;

export interface EncodedPrompts {
  readonly count: number;
  /** [count × 2], (x, y) in pixels of the model's resized frame. */
  readonly coords: Float32Array;
  /** [count]: 0 background, 1 foreground, 2 and 3 box corners, -1 padding. */
  readonly labels: Float32Array;
}

/** Points, then the box's corners; without a box one padding point instead. Throws a DecoderError for none or bad ones. */
export function encodePrompts(frame: ModelFrame, prompts: PointsAndBox): EncodedPrompts {
  const { points, box } = prompts;
  if (points.length === 0 && !box) throw new DecoderError("bad_request", "A mask needs a click or a box.");
  const rows: [x: number, y: number, label: number][] = points.map(([x, y, label]) => [x, y, label]);
  if (box) rows.push([box[0], box[1], BOX_TOP_LEFT!], [box[2], box[3], BOX_BOTTOM_RIGHT!]);
  else rows.push([0, 0, PADDING!]);
  const coords = new Float32Array(rows.length * 2);
  const labels = new Float32Array(rows.length);
  for (const [index, [x, y, label]] of rows.entries()) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) throw new DecoderError("bad_request", "A prompt has no place.");
    const point = toModel(frame, imagePoint(x, y));
    coords.set([point.x, point.y], index * 2);
    labels[index] = label;
  }
  return { count: rows.length, coords, labels };
}

/** One click or a box alone is ambiguous: the best predicted IoU of tokens 1 to 3. Anything more: token 0. */
export function tokenToShow(prompts: PointsAndBox, ious: readonly [number, number, number, number]): MaskToken {
  if (prompts.points.length + (prompts.box ? 1 : 0) > 1) return 0;
  const ranked = ([1, 2, 3] as const).toSorted((a, b) => ious[b] - ious[a]);
  return ranked[0]!;
}
