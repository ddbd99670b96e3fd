// The wheel zooms; with brush or eraser in the hand it sizes them, and zooms with Ctrl (which is also what a pinch on a touchpad
// sends).

import type { Tool } from "../state/editor_state";

export interface WheelInput {
  readonly deltaY: number;
  /** Pixels, lines or pages, as WheelEvent counts them. */
  readonly deltaMode: number;
  readonly ctrl: boolean;
}

export type WheelEffect =
  | { readonly kind: "zoom"; readonly factor: number }
  | { readonly kind: "size"; readonly size: number };

const PIXELS_PER_LINE = 16;
const PIXELS_PER_PAGE = 400;
/** A hundred pixels, one notch of most wheels, zoom by about 1.2. A pinch sends far smaller steps. */
const ZOOM_PER_PIXEL = 0.0018;
const ZOOM_PER_PINCHED_PIXEL = 0.01;
const NOTCH = 50;

export function turnWheel({ deltaY, deltaMode, ctrl }: WheelInput, tool: Tool, brushSize: number): WheelEffect {
  const unit = deltaMode === 1 ? PIXELS_PER_LINE : deltaMode === 2 ? PIXELS_PER_PAGE : 1;
  const pixels = Math.max(-PIXELS_PER_PAGE, Math.min(PIXELS_PER_PAGE, deltaY * unit));
  if (!ctrl && (tool === "brush" || tool === "eraser")) {
    return { kind: "size", size: resizedBrush(brushSize, pixels < 0 ? 1 : -1) };
  }
  const pinched = ctrl && Math.abs(pixels) < NOTCH;
  return { kind: "zoom", factor: Math.exp(-pixels * (pinched ? ZOOM_PER_PINCHED_PIXEL : ZOOM_PER_PIXEL)) };
}

/** The next size up or down: by a tenth, and by one pixel at least, so that small brushes can be set exactly. */
export function resizedBrush(size: number, direction: 1 | -1): number {
  const step = Math.max(1, Math.round(size / 10));
  return size + direction * step;
}
