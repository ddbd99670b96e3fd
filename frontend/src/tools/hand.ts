// What the pointer does with each tool, as a function: hand and input in, hand and effects out. The listeners that feed it
// are in attach.ts.

import { type Box, boxBetween, type CanvasPoint, clampToImage, type ImagePoint, type Size } from "../geometry/points";
import { pixelAt, toImage } from "../geometry/viewport";
import type { Command, PaintMode, Tool } from "../state/editor_state";
import type { View } from "../state/view";

export type PointerInput =
  | {
      readonly kind: "down";
      readonly at: CanvasPoint;
      readonly button: "left" | "middle" | "right";
      readonly alt: boolean;
      /** The space bar is held: the hand moves the picture. */
      readonly grab: boolean;
    }
  /** `through` are the places since the last input, the present one last: more than one where the browser had joined events. */
  | { readonly kind: "move"; readonly through: readonly CanvasPoint[] }
  | { readonly kind: "up" }
  /** The browser took the pointer away. What was painted stays; a box that was not let go of is none. */
  | { readonly kind: "cancel" };

export type Hand =
  | { readonly kind: "up" }
  /** A prompt was put down; the button is still pressed. */
  | { readonly kind: "pressed" }
  | { readonly kind: "panning"; readonly last: CanvasPoint }
  | { readonly kind: "boxing"; readonly from: ImagePoint; readonly start: CanvasPoint; readonly last: CanvasPoint }
  | { readonly kind: "painting" };

export type HandEffect =
  | { readonly kind: "command"; readonly command: Command }
  | { readonly kind: "pan"; readonly dx: number; readonly dy: number }
  | { readonly kind: "drag"; readonly box: Box | null };

export interface HandContext {
  readonly tool: Tool;
  readonly view: View;
  /** Null while no image is shown: then the hand does nothing. */
  readonly image: Size | null;
}

export interface HandStep {
  readonly hand: Hand;
  readonly effects: readonly HandEffect[];
}

export const HAND_UP: Hand = { kind: "up" };
/** A drag shorter than this many CSS pixels on both axes is a slip, not a box. */
const LEAST_BOX = 3;

export function moveHand(hand: Hand, input: PointerInput, context: HandContext): HandStep {
  if (!context.image) return { hand: HAND_UP, effects: [] };
  if (hand.kind === "up") return input.kind === "down" ? press(input, context, context.image) : { hand, effects: [] };
  switch (input.kind) {
    case "down":
      // A second button while one is held changes nothing.
      return { hand, effects: [] };
    case "move":
      return move(hand, input.through, context, context.image);
    case "up":
      return release(hand, context, context.image, true);
    case "cancel":
      return release(hand, context, context.image, false);
  }
}

function press(input: Extract<PointerInput, { kind: "down" }>, context: HandContext, image: Size): HandStep {
  if (input.button === "middle" || (input.grab && input.button === "left")) {
    return { hand: { kind: "panning", last: input.at }, effects: [] };
  }
  const at = toImage(context.view.viewport, input.at);
  const other = input.button === "right" || input.alt;
  if (context.tool === "brush" || context.tool === "eraser") {
    return command({ kind: "beginStroke", mode: paintMode(context.tool, other), at }, { kind: "painting" });
  }
  if (context.tool === "box" && !other) {
    const hand = { kind: "boxing", from: clampToImage(at, image), start: input.at, last: input.at } as const;
    return { hand, effects: [] };
  }
  const pixel = pixelAt(at, image);
  if (!pixel) return { hand: { kind: "pressed" }, effects: [] };
  return command({ kind: "addPoint", at: pixel, label: other ? 0 : 1 }, { kind: "pressed" });
}

/** With the right button or Alt the brush erases and the eraser paints. */
function paintMode(tool: PaintMode, other: boolean): PaintMode {
  return (tool === "brush") !== other ? "brush" : "eraser";
}

function move(hand: Hand, through: readonly CanvasPoint[], { view }: HandContext, image: Size): HandStep {
  const last = through.at(-1);
  if (!last) return { hand, effects: [] };
  switch (hand.kind) {
    case "panning": {
      const pan = { kind: "pan", dx: last.x - hand.last.x, dy: last.y - hand.last.y } as const;
      return { hand: { ...hand, last }, effects: [pan] };
    }
    case "painting":
      return command({ kind: "extendStroke", through: through.map((at) => toImage(view.viewport, at)) }, hand);
    case "boxing": {
      const box = boxBetween(hand.from, clampToImage(toImage(view.viewport, last), image));
      return { hand: { ...hand, last }, effects: [{ kind: "drag", box }] };
    }
    default:
      return { hand, effects: [] };
  }
}

function release(hand: Hand, { view }: HandContext, image: Size, letGo: boolean): HandStep {
  if (hand.kind === "painting") return command({ kind: "endStroke" }, HAND_UP);
  if (hand.kind !== "boxing") return { hand: HAND_UP, effects: [] };
  const dragged = Math.max(Math.abs(hand.last.x - hand.start.x), Math.abs(hand.last.y - hand.start.y));
  const box = wholePixels(boxBetween(hand.from, clampToImage(toImage(view.viewport, hand.last), image)));
  const effects: HandEffect[] = [{ kind: "drag", box: null }];
  if (letGo && dragged >= LEAST_BOX && box) effects.unshift({ kind: "command", command: { kind: "setBox", box } });
  return { hand: HAND_UP, effects };
}

function wholePixels([x0, y0, x1, y1]: Box): Box | null {
  const box = [Math.round(x0), Math.round(y0), Math.round(x1), Math.round(y1)] as const;
  return box[2] > box[0] && box[3] > box[1] ? box : null;
}

function command(done: Command, hand: Hand): HandStep {
  return { hand, effects: [{ kind: "command", command: done }] };
}
