// The prompts of a mask as one sequence: the box, which says most plainly what is meant, then the points in the order in which
// they were put down. That is the order in which the decoder learns of them, and all that a saved mask tells of it.

import { type Box, boxBetween, type ImagePoint, imagePoint, type Size, samePoint } from "../geometry/points";
import type { PointLabel } from "../protocol/api";

export interface PointPrompt {
  readonly at: ImagePoint;
  readonly label: PointLabel;
}

export interface Prompts {
  readonly points: readonly PointPrompt[];
  readonly box: Box | null;
}

export type Prompt = ({ readonly kind: "point" } & PointPrompt) | { readonly kind: "box"; readonly box: Box };

/** Which of the prompts is meant. */
export type PromptRef = { readonly kind: "point"; readonly index: number } | { readonly kind: "box" };

export function promptCount({ points, box }: Prompts): number {
  return points.length + (box ? 1 : 0);
}

/** The prompt's place in the sequence; null where there is none like it. */
export function placeOf({ points, box }: Prompts, ref: PromptRef): number | null {
  if (ref.kind === "box") return box ? 0 : null;
  return points[ref.index] ? ref.index + (box ? 1 : 0) : null;
}

export function promptAt({ points, box }: Prompts, place: number): Prompt | null {
  if (box && place === 0) return { kind: "box", box };
  const point = points[place - (box ? 1 : 0)];
  return point ? { kind: "point", ...point } : null;
}

/** The first `count` of the sequence. */
export function firstPrompts({ points, box }: Prompts, count: number): Prompts {
  return count < 1 ? { points: [], box: null } : { points: points.slice(0, count - (box ? 1 : 0)), box };
}

/** One prompt at `place` taken out, put in, or replaced by another of its kind. */
export function changed(
  { points, box }: Prompts,
  place: number,
  removed: Prompt | null,
  added: Prompt | null,
): Prompts {
  if (removed?.kind === "box" || added?.kind === "box")
    return { points, box: added?.kind === "box" ? added.box : null };
  const index = place - (box ? 1 : 0);
  const put = added ? [{ at: added.at, label: added.label }] : [];
  return { points: [...points.slice(0, index), ...put, ...points.slice(index + (removed ? 1 : 0))], box };
}

export function samePrompt(a: Prompt, b: Prompt): boolean {
  if (a.kind === "box") return b.kind === "box" && a.box.every((side, index) => side === b.box[index]);
  return b.kind === "point" && a.label === b.label && samePoint(a.at, b.at);
}

/** Sides of a box: which of them the hand moves. */
export interface BoxSides {
  readonly x: "left" | "right" | null;
  readonly y: "top" | "bottom" | null;
}

/** The box with the held sides at `to`; pulled over the opposite side it turns around. Null when nothing would be left of it. */
export function pulledBox([x0, y0, x1, y1]: Box, sides: BoxSides, to: ImagePoint): Box | null {
  const [x, y] = [Math.round(to.x), Math.round(to.y)];
  const a = imagePoint(sides.x === "left" ? x : x0, sides.y === "top" ? y : y0);
  const b = imagePoint(sides.x === "right" ? x : x1, sides.y === "bottom" ? y : y1);
  const box = boxBetween(a, b);
  return box[2] > box[0] && box[3] > box[1] ? box : null;
}

/** The box moved by whole pixels, as far as the image goes. */
export function shiftedBox([x0, y0, x1, y1]: Box, byX: number, byY: number, image: Size): Box {
  const x = Math.min(Math.max(Math.round(byX), -x0), image.width - x1);
  const y = Math.min(Math.max(Math.round(byY), -y0), image.height - y1);
  return [x0 + x, y0 + y, x1 + x, y1 + y];
}
