// The mask that a click at the pointer would give. No part of the state: looking is no act, and nothing of it is saved.

import type { ModelFrame } from "../geometry/model_frame";
import type { ImagePoint } from "../geometry/points";
import { type Draft, isEmptyDraft } from "./draft";

export interface Preview {
  /** The pixel that the click would name. */
  readonly at: ImagePoint;
  /** Low-res logits. */
  readonly logits: Float32Array;
  readonly frame: ModelFrame;
}

/** Whether a preview may stay in sight: before the first prompt, and until the click that fell on it has its own mask. */
export function mayShow(preview: Preview, draft: Draft): boolean {
  if (isEmptyDraft(draft)) return true;
  const [point, ...more] = draft.points;
  const onIt = point?.label === 1 && point.at.x === preview.at.x && point.at.y === preview.at.y;
  return onIt && more.length === 0 && draft.box === null && draft.base === null && draft.answers.size === 0;
}
