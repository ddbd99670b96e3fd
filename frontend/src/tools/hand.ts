// What the pointer does with each tool, as a function: hand and input in, hand and effects out. The listeners that feed it
// are in attach.ts.

import {
  type Box,
  boxBetween,
  type CanvasPoint,
  clampToImage,
  type ImagePoint,
  type LassoLine,
  type Size,
} from "../geometry/points";
import { pixelAt, toImage } from "../geometry/viewport";
import type { Command, PaintMode, Tool } from "../state/editor_state";
import type { Prompts } from "../state/prompts";
import type { View } from "../state/view";
import { carried, type Grip, gripAt, isEdge, refOf } from "./grip";
import { closed, drawn, type Ended, ended, type Lassoing, lassoFrom, lineOf, type Outlining, takenBack } from "./lasso";

export type PointerInput =
  | {
      readonly kind: "down";
      readonly at: CanvasPoint;
      readonly button: "left" | "middle" | "right";
      readonly alt: boolean;
      /** The space bar is held: the hand moves the picture. */
      readonly grab: boolean;
      readonly finger?: boolean;
      /** The brush's size there, where a pen's pressure changes it. */
      readonly size?: number;
    }
  /** `through` are the places since the last input, the present one last: more than one where the browser had joined events. */
  | { readonly kind: "move"; readonly through: readonly CanvasPoint[]; readonly sizes?: readonly number[] }
  | { readonly kind: "up" }
  /** The pointer moved with no button down; null where it left the canvas. */
  | { readonly kind: "hover"; readonly at: CanvasPoint | null }
  /** What a key does to a lasso's open line. */
  | { readonly kind: "line"; readonly does: "fill" | "takeBack" | "drop" }
  /** The browser took the pointer away. What was painted stays; a box that was not let go of is none. */
  | { readonly kind: "cancel" }
  /** It was meant for something else, as a first finger that a second one follows: as if it had not come down. */
  | { readonly kind: "abandon" };

export type Hand =
  | { readonly kind: "up" }
  /** A prompt was put down; the button is still pressed. */
  | { readonly kind: "pressed" }
  | { readonly kind: "panning"; readonly last: CanvasPoint; readonly after: Hand }
  | { readonly kind: "boxing"; readonly from: ImagePoint; readonly start: CanvasPoint; readonly last: CanvasPoint }
  | { readonly kind: "painting" }
  | Lassoing
  /** Up, with a line of the lasso that is still open. */
  | Outlining
  /** A prompt is held; `prompts` are as they were, `moved` once it was more than a press. */
  | {
      readonly kind: "gripping";
      readonly grip: Grip;
      readonly prompts: Prompts;
      readonly from: CanvasPoint;
      readonly moved: boolean;
    };

export type HandEffect =
  | { readonly kind: "command"; readonly command: Command }
  | { readonly kind: "pan"; readonly dx: number; readonly dy: number }
  | { readonly kind: "drag"; readonly box: Box | null }
  /** The line that the lasso has drawn so far. */
  | { readonly kind: "lasso"; readonly line: LassoLine | null };

export interface HandContext {
  readonly tool: Tool;
  readonly view: View;
  /** Null while no image is shown: then the hand does nothing. */
  readonly image: Size | null;
  readonly prompts: Prompts;
  /** The mask at hand. */
  readonly maskId: string;
}

export interface HandStep {
  readonly hand: Hand;
  readonly effects: readonly HandEffect[];
}

export const HAND_UP: Hand = { kind: "up" };
/** A drag shorter than this many CSS pixels on both axes is a slip, not a box. */
const LEAST_BOX = 3;
/** The same for a prompt that is pressed: less, and the hand only picked it. */
const LEAST_MOVE = 3;

export function moveHand(hand: Hand, input: PointerInput, context: HandContext): HandStep {
  const { image } = context;
  if (hand.kind === "outlining") return outline(hand, input, context);
  if (!image) return { hand: HAND_UP, effects: [] };
  if (hand.kind === "up") return input.kind === "down" ? press(input, context, image) : { hand, effects: [] };
  switch (input.kind) {
    case "down":
      // A second button while one is held changes nothing.
      return { hand, effects: [] };
    case "hover":
    case "line":
      return { hand, effects: [] };
    case "move":
      return move(hand, input, context, image);
    case "up":
      return release(hand, context, image, true);
    case "abandon":
      if (hand.kind === "painting") return command({ kind: "cancelStroke" }, HAND_UP);
      return release(hand, context, image, false);
    case "cancel":
      return release(hand, context, image, false);
  }
}

/** The hand is up, and a line of the lasso waits for its next corner. */
function outline(hand: Outlining, input: PointerInput, context: HandContext): HandStep {
  const { view } = context;
  if (!context.image || context.tool !== "lasso" || context.maskId !== hand.maskId) {
    const step = moveHand(HAND_UP, input, context);
    return { ...step, effects: [NO_LINE, ...step.effects] };
  }
  switch (input.kind) {
    case "down":
      if (moves(input)) return { hand: { kind: "panning", last: input.at, after: hand }, effects: [] };
      return showing(lassoFrom(hand, input, view), null, view);
    case "hover":
      return showing(hand, input.at, view);
    case "line": {
      const { does } = input;
      if (does === "fill") return lassoed(closed(hand), hand.mode, view);
      const rest = does === "takeBack" ? takenBack(hand) : null;
      return rest ? showing(rest, null, view) : { hand: HAND_UP, effects: [NO_LINE] };
    }
    default:
      return { hand, effects: [] };
  }
}

const NO_LINE: HandEffect = { kind: "lasso", line: null };

function showing(hand: Outlining | Lassoing, pointer: CanvasPoint | null, view: View): HandStep {
  return { hand, effects: [{ kind: "lasso", line: lineOf(hand, pointer, view) }] };
}

function lassoed(end: Ended, mode: PaintMode, view: View): HandStep {
  if (end.kind === "open") return showing(end.hand, null, view);
  const effects = [NO_LINE];
  if (end.kind === "filled") {
    effects.unshift({ kind: "command", command: { kind: "fillPolygon", mode, points: end.points } });
  }
  return { hand: HAND_UP, effects };
}

/** The picture, whatever the tool. */
function moves({ button, grab }: Press): boolean {
  return button === "middle" || (grab && button === "left");
}

type Press = Extract<PointerInput, { kind: "down" }>;

function press(input: Press, context: HandContext, image: Size): HandStep {
  if (moves(input)) return { hand: { kind: "panning", last: input.at, after: HAND_UP }, effects: [] };
  const at = toImage(context.view.viewport, input.at);
  const other = input.button === "right" || input.alt;
  if (context.tool === "brush" || context.tool === "eraser") {
    const sizes = input.size === undefined ? {} : { sizes: [input.size] };
    return command({ kind: "beginStroke", mode: paintMode(context.tool, other), at, ...sizes }, { kind: "painting" });
  }
  if (context.tool === "lasso") {
    const line = { mode: other ? "eraser" : "brush", maskId: context.maskId, parts: [] } as const;
    return showing(lassoFrom(line, input, context.view), null, context.view);
  }
  const grip = gripAt(context.prompts, context.view.viewport, input.at, input.finger);
  // Beside its mark a point is never meant; an edge of the box may lie where an object has to be clicked away.
  if (grip && other && !isEdge(grip)) {
    return command({ kind: "removePrompt", prompt: refOf(grip) }, { kind: "pressed" });
  }
  if (grip && !other) {
    const hand = { kind: "gripping", grip, prompts: context.prompts, from: input.at, moved: false } as const;
    return { hand, effects: [] };
  }
  if (context.tool === "box" && !other) {
    const hand = { kind: "boxing", from: clampToImage(at, image), start: input.at, last: input.at } as const;
    return { hand, effects: [] };
  }
  return { hand: { kind: "pressed" }, effects: pointEffects(at, image, other ? 0 : 1) };
}

function pointEffects(at: ImagePoint, image: Size, label: 0 | 1): HandEffect[] {
  const pixel = pixelAt(at, image);
  return pixel ? [{ kind: "command", command: { kind: "addPoint", at: pixel, label } }] : [];
}

/** With the right button or Alt the brush erases and the eraser paints. */
function paintMode(tool: PaintMode, other: boolean): PaintMode {
  return (tool === "brush") !== other ? "brush" : "eraser";
}

type Moved = Extract<PointerInput, { kind: "move" }>;

function move(hand: Hand, { through, sizes }: Moved, { view }: HandContext, image: Size): HandStep {
  const last = through.at(-1);
  if (!last) return { hand, effects: [] };
  switch (hand.kind) {
    case "panning": {
      const pan = { kind: "pan", dx: last.x - hand.last.x, dy: last.y - hand.last.y } as const;
      return { hand: { ...hand, last }, effects: [pan] };
    }
    case "painting": {
      const way = through.map((at) => toImage(view.viewport, at));
      return command({ kind: "extendStroke", through: way, ...(sizes && { sizes }) }, hand);
    }
    case "lassoing":
      return showing(drawn(hand, through, view), null, view);
    case "boxing": {
      const box = boxBetween(hand.from, clampToImage(toImage(view.viewport, last), image));
      return { hand: { ...hand, last }, effects: [{ kind: "drag", box }] };
    }
    case "gripping":
      return carry(hand, last, view, image);
    default:
      return { hand, effects: [] };
  }
}

type Gripping = Extract<Hand, { kind: "gripping" }>;

function carry(hand: Gripping, to: CanvasPoint, { viewport }: View, image: Size): HandStep {
  const { grip, prompts, from } = hand;
  if (!hand.moved && Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y)) < LEAST_MOVE)
    return { hand, effects: [] };
  const effects: HandEffect[] = [];
  if (!hand.moved) effects.push({ kind: "command", command: { kind: "beginMove", prompt: refOf(grip) } });
  const prompt = carried(prompts, grip, from, to, viewport, image);
  if (prompt) effects.push({ kind: "command", command: { kind: "movePrompt", to: prompt } });
  return { hand: { ...hand, moved: true }, effects };
}

/** A press that did not move anything picks the prompt; but with the click tool one on the box's edge is a click. */
function letGoOf(hand: Gripping, context: HandContext, image: Size, letGo: boolean): HandStep {
  if (hand.moved) return command({ kind: letGo ? "endMove" : "cancelMove" }, HAND_UP);
  if (!letGo) return { hand: HAND_UP, effects: [] };
  if (context.tool === "click" && isEdge(hand.grip)) {
    return { hand: HAND_UP, effects: pointEffects(toImage(context.view.viewport, hand.from), image, 1) };
  }
  return command({ kind: "selectPrompt", prompt: refOf(hand.grip) }, HAND_UP);
}

function release(hand: Hand, context: HandContext, image: Size, letGo: boolean): HandStep {
  const { view } = context;
  if (hand.kind === "painting") return command({ kind: "endStroke" }, HAND_UP);
  if (hand.kind === "lassoing") return lassoed(ended(hand, letGo, view), hand.mode, view);
  if (hand.kind === "panning") return { hand: hand.after, effects: [] };
  if (hand.kind === "gripping") return letGoOf(hand, context, image, letGo);
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
