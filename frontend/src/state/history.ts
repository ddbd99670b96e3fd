// Undo as data: one chain of deltas over clicks, boxes, strokes and drops, newest first. A delta holds what it takes to go back
// and forth, never a copy of the image.

import type { Box } from "../geometry/points";
import type { Draft, PointPrompt } from "./draft";
import { type PaintDelta, replayPaint } from "./paint";

export type Delta =
  | { readonly kind: "point"; readonly point: PointPrompt; readonly revision: number }
  | { readonly kind: "box"; readonly before: Box | null; readonly after: Box; readonly revision: number }
  | { readonly kind: "stroke"; readonly mode: "brush" | "eraser"; readonly paint: PaintDelta }
  /** A dropped mask can be brought back until the image is left: both drafts are kept whole, and share their tiles. */
  | { readonly kind: "drop"; readonly before: Draft; readonly after: Draft };

/** A chain rather than a list: adding a step costs the same after ten thousand of them. */
export type Steps = { readonly delta: Delta; readonly rest: Steps } | null;

export interface History {
  readonly past: Steps;
  readonly future: Steps;
}

export const NO_HISTORY: History = { past: null, future: null };

export function remember(history: History, delta: Delta): History {
  return { past: { delta, rest: history.past }, future: null };
}

export function apply(draft: Draft, delta: Delta): Draft {
  switch (delta.kind) {
    case "point":
      return { ...draft, points: [...draft.points, delta.point], lineage: [...draft.lineage, delta.revision] };
    case "box":
      return { ...draft, box: delta.after, lineage: [...draft.lineage, delta.revision] };
    case "stroke":
      return { ...draft, paint: replayPaint(draft.paint, delta.paint, "after") };
    case "drop":
      return delta.after;
  }
}

export function revert(draft: Draft, delta: Delta): Draft {
  switch (delta.kind) {
    case "point":
      return { ...draft, points: draft.points.slice(0, -1), lineage: draft.lineage.slice(0, -1) };
    case "box":
      return { ...draft, box: delta.before, lineage: draft.lineage.slice(0, -1) };
    case "stroke":
      return { ...draft, paint: replayPaint(draft.paint, delta.paint, "before") };
    case "drop":
      return delta.before;
  }
}

export interface Step {
  readonly draft: Draft;
  readonly history: History;
  readonly delta: Delta;
}

/** One step back; null when there is none. */
export function stepBack(draft: Draft, { past, future }: History): Step | null {
  if (!past) return null;
  const { delta, rest } = past;
  return { draft: revert(draft, delta), history: { past: rest, future: { delta, rest: future } }, delta };
}

/** One step forth; null when there is none. */
export function stepForth(draft: Draft, { past, future }: History): Step | null {
  if (!future) return null;
  const { delta, rest } = future;
  return { draft: apply(draft, delta), history: { past: { delta, rest: past }, future: rest }, delta };
}
