// Undo as data: one chain of deltas over clicks, boxes, strokes and drops, newest first. A delta holds what it takes to go back
// and forth, never a copy of the image.

import type { CropBox } from "../protocol/api";
import { type Draft, visibleSource } from "./draft";
import { type PaintDelta, replayPaint } from "./paint";
import { changed, type Prompt } from "./prompts";

/** A prompt was added, moved or removed at a place of the sequence; `before` and `after` number the masks from there on. */
export interface PromptChange {
  readonly kind: "prompts";
  readonly place: number;
  readonly removed: Prompt | null;
  readonly added: Prompt | null;
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** The frames before and after, where they differ. */
  readonly crops?: readonly [before: CropBox | null, after: CropBox | null];
}

/** What changed the paint. */
export type StrokeMode = "brush" | "eraser" | "lasso" | "command";

export type Delta =
  | PromptChange
  | { readonly kind: "stroke"; readonly mode: StrokeMode; readonly paint: PaintDelta }
  /** Several that were one act. */
  | { readonly kind: "together"; readonly deltas: readonly Delta[] }
  /** A dropped mask can be brought back until the image is left: both drafts are kept whole, and share their tiles. */
  | { readonly kind: "drop"; readonly before: Draft; readonly after: Draft };

/** A chain rather than a list: adding a step costs the same after ten thousand of them. */
export type Steps = { readonly delta: Delta; readonly rest: Steps } | null;

export interface History {
  readonly past: Steps;
  readonly future: Steps;
}

export const NO_HISTORY: History = { past: null, future: null };

/** Whether one of the steps changed more than prompts. */
export function anyPainted(steps: Steps): boolean {
  for (let at = steps; at; at = at.rest) if (at.delta.kind !== "prompts") return true;
  return false;
}

export function remember(history: History, delta: Delta): History {
  return { past: { delta, rest: history.past }, future: null };
}

export function apply(draft: Draft, delta: Delta): Draft {
  switch (delta.kind) {
    case "prompts":
      return withPrompts(draft, delta, delta.removed, delta.added, delta.after, delta.crops?.[1]);
    case "stroke":
      return { ...draft, paint: replayPaint(draft.paint, delta.paint, "after") };
    case "together":
      return delta.deltas.reduce(apply, draft);
    case "drop":
      return delta.after;
  }
}

export function revert(draft: Draft, delta: Delta): Draft {
  switch (delta.kind) {
    case "prompts":
      return withPrompts(draft, delta, delta.added, delta.removed, delta.before, delta.crops?.[0]);
    case "stroke":
      return { ...draft, paint: replayPaint(draft.paint, delta.paint, "before") };
    case "together":
      return delta.deltas.reduceRight(revert, draft);
    case "drop":
      return delta.before;
  }
}

function withPrompts(
  draft: Draft,
  { place }: PromptChange,
  removed: Prompt | null,
  added: Prompt | null,
  masks: readonly number[],
  crop: CropBox | null = draft.crop,
): Draft {
  return {
    ...draft,
    crop,
    ...changed(draft, place, removed, added),
    lineage: [...draft.lineage.slice(0, place), ...masks],
    standIn: visibleSource(draft),
  };
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
