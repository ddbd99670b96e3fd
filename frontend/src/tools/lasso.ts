// The lasso: a line drawn around in one go, or corner by corner. A press that moves nothing puts a corner; from then on the line stays
// open while the hand is up, further corners and freehand parts follow, and it is filled at its first corner, at a second press on
// its last one, or by a key.

import type { CanvasPoint, ImagePoint, LassoLine } from "../geometry/points";
import { toCanvas, toImage } from "../geometry/viewport";
import type { PaintMode } from "../state/editor_state";
import type { View } from "../state/view";

/** What one press drew. */
type Part = readonly ImagePoint[];

/** The line that stays while the hand is up. */
export interface Outlining {
  readonly kind: "outlining";
  readonly mode: PaintMode;
  /** Of the mask that it belongs to: with another one at hand it is gone. */
  readonly maskId: string;
  readonly parts: readonly Part[];
}

export interface Lassoing extends Omit<Outlining, "kind"> {
  readonly kind: "lassoing";
  readonly from: CanvasPoint;
  readonly finger: boolean;
  /** Of this press, the line before it in `parts`. */
  readonly points: Part;
  readonly moved: boolean;
}

/** What comes of a press. */
export type Ended =
  | { readonly kind: "nothing" }
  | { readonly kind: "filled"; readonly points: readonly ImagePoint[] }
  | { readonly kind: "open"; readonly hand: Outlining };

/** A press that moves less than this many CSS pixels puts a corner. */
const LEAST_MOVE = 4;
/** So near to a corner, in CSS pixels, a press is on it. */
const NEAR = 8;
const NEAR_FINGER = 20;

export function lassoFrom(
  before: Omit<Outlining, "kind">,
  { at, finger = false }: { readonly at: CanvasPoint; readonly finger?: boolean | undefined },
  view: View,
): Lassoing {
  const points = [toImage(view.viewport, at)];
  return { ...before, kind: "lassoing", from: at, finger, points, moved: false };
}

export function drawn(hand: Lassoing, through: readonly CanvasPoint[], view: View): Lassoing {
  const moved = hand.moved || through.some((at) => distance(at, hand.from) >= LEAST_MOVE);
  const points = [...hand.points, ...through.map((at) => toImage(view.viewport, at))];
  return { ...hand, points, moved };
}

/** The hand came up; `letGo` is false where the browser took the pointer away, and the press counts for nothing. */
export function ended(hand: Lassoing, letGo: boolean, view: View): Ended {
  const { parts, points, moved, mode, maskId } = hand;
  const open = (all: readonly Part[]): Outlining => ({ kind: "outlining", mode, maskId, parts: all });
  if (!letGo) return parts.length > 0 ? { kind: "open", hand: open(parts) } : { kind: "nothing" };
  if (parts.length === 0 && moved) return points.length > 2 ? { kind: "filled", points } : { kind: "nothing" };
  if (moved) return { kind: "open", hand: open([...parts, points]) };
  return isOnEnd(hand, view) ? closed(open(parts)) : { kind: "open", hand: open([...parts, points.slice(0, 1)]) };
}

/** The line is filled as it is; with less than three points it stays open. */
export function closed(hand: Outlining): Ended {
  const points = hand.parts.flat();
  return points.length > 2 ? { kind: "filled", points } : { kind: "open", hand };
}

/** Without what the last press drew. */
export function takenBack(hand: Outlining): Outlining | null {
  const parts = hand.parts.slice(0, -1);
  return parts.length > 0 ? { ...hand, parts } : null;
}

/** `pointer` is where the next corner would be. */
export function lineOf(hand: Outlining | Lassoing, pointer: CanvasPoint | null, view: View): LassoLine {
  const own = hand.kind === "lassoing" ? hand.points : pointer ? [toImage(view.viewport, pointer)] : [];
  const corners = hand.parts.flatMap((part) => part.slice(0, 1));
  return { points: [...hand.parts.flat(), ...own], corners };
}

function isOnEnd({ parts, from, finger }: Lassoing, { viewport }: View): boolean {
  const ends = [parts[0]?.[0], parts.at(-1)?.at(-1)];
  const near = finger ? NEAR_FINGER : NEAR;
  return ends.some((end) => end && distance(toCanvas(viewport, end), from) < near);
}

function distance(a: CanvasPoint, b: CanvasPoint): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
