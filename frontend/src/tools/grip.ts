// Which prompt lies under the pointer, and what a hand that holds it makes of it.

import { type CanvasPoint, canvasPoint, clampToImage, imagePoint, type Size } from "../geometry/points";
import { pixelAt, toCanvas, toImage, type Viewport } from "../geometry/viewport";
import { handleOf } from "../state/box_handle";
import { type BoxSides, type Prompt, type PromptRef, type Prompts, pulledBox, shiftedBox } from "../state/prompts";

export type Grip =
  | { readonly kind: "point"; readonly index: number }
  | { readonly kind: "box"; readonly sides: BoxSides }
  /** The box by its handle. */
  | { readonly kind: "wholeBox" };

/** How near the pointer has to come, in CSS pixels: a mark is as large as it is drawn; a finger is wider than a cursor. */
const REACH = { mark: 10, corner: 9, edge: 5, handle: 11 } as const;
const FINGER = 2;

/** The prompt under the pointer: the nearest mark, else the box's handle, a corner, one of its edges. */
export function gripAt({ points, box }: Prompts, viewport: Viewport, at: CanvasPoint, finger = false): Grip | null {
  const wide = finger ? FINGER : 1;
  let [nearest, least] = [-1, REACH.mark * wide];
  for (const [index, point] of points.entries()) {
    const mark = markOf(viewport, point.at);
    const distance = Math.hypot(mark.x - at.x, mark.y - at.y);
    // Of two at the same place the one on top, which was put down last.
    if (distance <= least) [nearest, least] = [index, distance];
  }
  if (nearest >= 0) return { kind: "point", index: nearest };
  if (!box) return null;
  const handle = handleOf(viewport, box);
  if (Math.hypot(handle.x - at.x, handle.y - at.y) <= REACH.handle * wide) return { kind: "wholeBox" };
  const first = toCanvas(viewport, imagePoint(box[0], box[1]));
  const sides = sidesAt(first, toCanvas(viewport, imagePoint(box[2], box[3])), at, wide);
  return sides ? { kind: "box", sides } : null;
}

function sidesAt(first: CanvasPoint, last: CanvasPoint, at: CanvasPoint, wide: number): BoxSides | null {
  for (const reach of [REACH.corner * wide, REACH.edge * wide]) {
    const x = near(at.x, first.x, last.x, reach, ["left", "right"] as const);
    const y = near(at.y, first.y, last.y, reach, ["top", "bottom"] as const);
    if (x && y) return { x, y };
  }
  const reach = REACH.edge * wide;
  const x = near(at.x, first.x, last.x, reach, ["left", "right"] as const);
  const y = near(at.y, first.y, last.y, reach, ["top", "bottom"] as const);
  if (x && at.y > first.y && at.y < last.y) return { x, y: null };
  if (y && at.x > first.x && at.x < last.x) return { x: null, y };
  return null;
}

function near<T>(at: number, first: number, last: number, reach: number, [a, b]: readonly [T, T]): T | null {
  const [toFirst, toLast] = [Math.abs(at - first), Math.abs(at - last)];
  if (Math.min(toFirst, toLast) > reach) return null;
  return toLast <= toFirst ? b : a;
}

/** A corner says what it is for; an edge may lie just where an object has to be clicked. */
export function isEdge(grip: Grip): boolean {
  return grip.kind === "box" && (grip.sides.x === null || grip.sides.y === null);
}

export function refOf(grip: Grip): PromptRef {
  return grip.kind === "point" ? grip : { kind: "box" };
}

/** A prompt names a pixel; its mark sits in the pixel's middle. */
export function markOf(viewport: Viewport, at: Prompts["points"][number]["at"]): CanvasPoint {
  return toCanvas(viewport, imagePoint(at.x + 0.5, at.y + 0.5));
}

/** The held prompt as it was when the hand took it at `from`, carried to `to`. Null where it cannot be. */
export function carried(
  { points, box }: Prompts,
  grip: Grip,
  from: CanvasPoint,
  to: CanvasPoint,
  viewport: Viewport,
  image: Size,
): Prompt | null {
  if (grip.kind === "point") {
    const point = points[grip.index];
    if (!point) return null;
    // Taken by its brim, a mark must not jump under the pointer.
    const mark = markOf(viewport, point.at);
    const at = toImage(viewport, canvasPoint(mark.x + to.x - from.x, mark.y + to.y - from.y));
    const inside = imagePoint(
      Math.min(Math.max(at.x, 0), image.width - 1),
      Math.min(Math.max(at.y, 0), image.height - 1),
    );
    const pixel = pixelAt(inside, image);
    return pixel && { kind: "point", at: pixel, label: point.label };
  }
  if (!box) return null;
  if (grip.kind === "wholeBox") {
    const [x, y] = [(to.x - from.x) / viewport.zoom, (to.y - from.y) / viewport.zoom];
    return { kind: "box", box: shiftedBox(box, x, y, image) };
  }
  const pulled = pulledBox(box, grip.sides, clampToImage(toImage(viewport, to), image));
  return pulled && { kind: "box", box: pulled };
}

/** The cursor over a prompt, as CSS names it. */
export function cursorOf(grip: Grip): string {
  if (grip.kind !== "box") return "move";
  const { x, y } = grip.sides;
  if (x && y) return (x === "left") === (y === "top") ? "nwse-resize" : "nesw-resize";
  return x ? "ew-resize" : "ns-resize";
}
