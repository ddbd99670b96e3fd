// What a pen does: its tip paints, its other end erases, and pressing harder makes the brush wider.

import { LEAST_BRUSH, type Tool } from "../state/editor_state";

export interface PenChoices {
  /** The tip is a brush even when a prompt tool is chosen, which is then for fingers and the mouse. */
  readonly paints: boolean;
  readonly pressure: boolean;
}

export type PenEvent = Pick<PointerEvent, "pointerType" | "buttons" | "pressure">;

/** Bit of `PointerEvent.buttons` for the other end of a pen. */
const OTHER_END = 32;
/** A pen that hardly touches paints this share of the size. */
const LEAST_SHARE = 0.2;

/** The tool that a press of this pointer takes up. */
export function toolOf({ pointerType, buttons }: PenEvent, tool: Tool, choices: PenChoices | undefined): Tool {
  if (pointerType !== "pen") return tool;
  if (buttons & OTHER_END) return "eraser";
  return choices?.paints && (tool === "click" || tool === "box") ? "brush" : tool;
}

/** The brush's size under this pointer, in image pixels. Only pens tell their pressure: a mouse always says half. */
export function sizeUnder({ pointerType, pressure }: PenEvent, size: number, choices: PenChoices | undefined): number {
  if (pointerType !== "pen" || !choices?.pressure) return size;
  return Math.max(LEAST_BRUSH, size * (LEAST_SHARE + (1 - LEAST_SHARE) * pressure));
}
