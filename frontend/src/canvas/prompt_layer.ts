// What the hand put down and where it is: marks of the prompts, the box, the brush's circle. Sign and colour both tell
// foreground from background.

import { type Box, type CanvasPoint, type ImagePoint, imagePoint, type LassoLine } from "../geometry/points";
import { toCanvas } from "../geometry/viewport";
import { handleOf } from "../state/box_handle";
import type { BrushShape } from "../state/brush_shapes";
import type { Tool } from "../state/editor_state";
import type { PointPrompt, PromptRef } from "../state/prompts";
import type { View } from "../state/view";

const MARK_RADIUS = 8;
const CORNER = 6;
const CLOSING_CORNER = 10;
const COLOURS = { foreground: "#0b63c5", background: "#c2410c", light: "#ffffff", dark: "rgb(0 0 0 / 65%)" } as const;

export interface Prompting {
  readonly points: readonly PointPrompt[];
  readonly box: Box | null;
  /** The one that Delete removes. */
  readonly selected: PromptRef | null;
  /** The box being dragged. */
  readonly dragged: Box | null;
  readonly lasso: LassoLine | null;
  readonly tool: Tool;
  readonly brushShape: BrushShape;
  readonly brushSize: number;
  readonly cursor: CanvasPoint | null;
}

/** Draws in CSS pixels. */
export function drawPrompts(context: CanvasRenderingContext2D, prompting: Prompting, view: View): void {
  const box = prompting.dragged ?? prompting.box;
  const { selected } = prompting;
  if (box) drawBox(context, box, view, prompting.dragged !== null);
  if (box && !prompting.dragged) drawHandles(context, box, view, selected?.kind === "box");
  for (const [index, { at, label }] of prompting.points.entries()) {
    // A prompt names a pixel; its mark sits in the pixel's middle.
    const { x, y } = toCanvas(view.viewport, imagePoint(at.x + 0.5, at.y + 0.5));
    if (selected?.kind === "point" && selected.index === index) drawSelection(context, x, y);
    drawMark(context, x, y, label === 1);
  }
  if (prompting.cursor && (prompting.tool === "brush" || prompting.tool === "eraser")) {
    const radius = (prompting.brushSize / 2) * view.viewport.zoom;
    drawBrush(context, prompting.cursor, radius, prompting.brushShape, prompting.tool === "eraser");
  }
  if (prompting.lasso) drawLasso(context, prompting.lasso, view);
  if (prompting.cursor && prompting.tool === "box" && !box) drawCrossLines(context, prompting.cursor, view);
}

function drawMark(context: CanvasRenderingContext2D, x: number, y: number, foreground: boolean): void {
  context.beginPath();
  context.arc(x, y, MARK_RADIUS + 2.5, 0, 2 * Math.PI);
  context.fillStyle = COLOURS.dark;
  context.fill();
  context.beginPath();
  context.arc(x, y, MARK_RADIUS + 1.5, 0, 2 * Math.PI);
  context.fillStyle = COLOURS.light;
  context.fill();
  context.beginPath();
  context.arc(x, y, MARK_RADIUS, 0, 2 * Math.PI);
  context.fillStyle = foreground ? COLOURS.foreground : COLOURS.background;
  context.fill();
  const arm = MARK_RADIUS * 0.55;
  context.beginPath();
  context.moveTo(x - arm, y);
  context.lineTo(x + arm, y);
  if (foreground) {
    context.moveTo(x, y - arm);
    context.lineTo(x, y + arm);
  }
  context.strokeStyle = COLOURS.light;
  context.lineWidth = 2;
  context.lineCap = "round";
  context.stroke();
}

function drawBox(context: CanvasRenderingContext2D, [x0, y0, x1, y1]: Box, view: View, dragged: boolean): void {
  const a = toCanvas(view.viewport, imagePoint(x0, y0));
  const b = toCanvas(view.viewport, imagePoint(x1, y1));
  const rect = [a.x, a.y, b.x - a.x, b.y - a.y] as const;
  context.setLineDash([]);
  context.lineWidth = 3.5;
  context.strokeStyle = COLOURS.dark;
  context.strokeRect(...rect);
  context.lineWidth = 1.5;
  context.strokeStyle = COLOURS.light;
  context.setLineDash(dragged ? [6, 4] : []);
  context.strokeRect(...rect);
  context.setLineDash([]);
}

/** The corners by which a box is pulled. */
function drawHandles(context: CanvasRenderingContext2D, [x0, y0, x1, y1]: Box, view: View, selected: boolean): void {
  const half = selected ? 5 : 3.5;
  for (const corner of [imagePoint(x0, y0), imagePoint(x1, y0), imagePoint(x0, y1), imagePoint(x1, y1)]) {
    drawSquare(context, toCanvas(view.viewport, corner), half, selected ? COLOURS.foreground : COLOURS.light);
  }
  drawMoveHandle(context, handleOf(view.viewport, [x0, y0, x1, y1]), selected);
}

function drawSquare(context: CanvasRenderingContext2D, { x, y }: CanvasPoint, half: number, colour: string): void {
  context.fillStyle = COLOURS.dark;
  context.fillRect(x - half - 1, y - half - 1, 2 * half + 2, 2 * half + 2);
  context.fillStyle = colour;
  context.fillRect(x - half, y - half, 2 * half, 2 * half);
}

/** A disc with a cross of arrows: the box moves as a whole. */
function drawMoveHandle(context: CanvasRenderingContext2D, { x, y }: CanvasPoint, selected: boolean): void {
  context.beginPath();
  context.arc(x, y, 9.5, 0, 2 * Math.PI);
  context.fillStyle = COLOURS.dark;
  context.fill();
  context.beginPath();
  context.arc(x, y, 8, 0, 2 * Math.PI);
  context.fillStyle = selected ? COLOURS.foreground : COLOURS.light;
  context.fill();
  context.strokeStyle = selected ? COLOURS.light : "#1b2430";
  context.lineWidth = 1.25;
  context.lineCap = "round";
  context.lineJoin = "round";
  context.beginPath();
  for (const [right, down] of [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ] as const) {
    const [tipX, tipY] = [x + 5 * right, y + 5 * down];
    context.moveTo(x, y);
    context.lineTo(tipX, tipY);
    context.moveTo(tipX - 2 * right - 2 * down, tipY - 2 * down - 2 * right);
    context.lineTo(tipX, tipY);
    context.lineTo(tipX - 2 * right + 2 * down, tipY - 2 * down + 2 * right);
  }
  context.stroke();
}

/** A ring at a distance from the mark: seen beside its colour and its sign. */
function drawSelection(context: CanvasRenderingContext2D, x: number, y: number): void {
  for (const [width, colour] of [
    [4.5, COLOURS.dark],
    [2, COLOURS.light],
  ] as const) {
    context.beginPath();
    context.arc(x, y, MARK_RADIUS + 6, 0, 2 * Math.PI);
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke();
  }
}

function drawBrush(
  context: CanvasRenderingContext2D,
  { x, y }: CanvasPoint,
  radius: number,
  shape: BrushShape,
  eraser: boolean,
): void {
  const shown = Math.max(radius, 2);
  context.beginPath();
  if (shape === "round") context.arc(x, y, shown, 0, 2 * Math.PI);
  else context.rect(x - shown, y - shown, 2 * shown, 2 * shown);
  context.lineWidth = 3;
  context.strokeStyle = COLOURS.dark;
  context.stroke();
  context.lineWidth = 1.25;
  context.strokeStyle = COLOURS.light;
  context.setLineDash(eraser ? [4, 3] : []);
  context.stroke();
  context.setLineDash([]);
  if (shown < 7) return;
  for (const [width, colour] of [
    [3.5, COLOURS.dark],
    [1.5, COLOURS.light],
  ] as const) {
    context.beginPath();
    context.moveTo(x - 3, y);
    context.lineTo(x + 3, y);
    if (!eraser) {
      context.moveTo(x, y - 3);
      context.lineTo(x, y + 3);
    }
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke();
  }
}

/** Long thin lines through the pointer, to set a box's first corner at an object's edges. */
function drawCrossLines(context: CanvasRenderingContext2D, { x, y }: CanvasPoint, view: View): void {
  context.lineWidth = 1;
  for (const [shift, colour] of [
    [0.5, "rgb(0 0 0 / 45%)"],
    [-0.5, "rgb(255 255 255 / 70%)"],
  ] as const) {
    context.strokeStyle = colour;
    context.beginPath();
    context.moveTo(0, Math.round(y) + shift);
    context.lineTo(view.canvas.width, Math.round(y) + shift);
    context.moveTo(Math.round(x) + shift, 0);
    context.lineTo(Math.round(x) + shift, view.canvas.height);
    context.stroke();
  }
}

/** The line so far, and how it will be closed. */
function drawLasso(context: CanvasRenderingContext2D, { points, corners }: LassoLine, view: View): void {
  drawLine(context, points, view);
  for (const [index, corner] of corners.entries()) {
    // The first one is where the line closes.
    drawSquare(context, toCanvas(view.viewport, corner), (index === 0 ? CLOSING_CORNER : CORNER) / 2, COLOURS.light);
  }
}

function drawLine(context: CanvasRenderingContext2D, points: readonly ImagePoint[], view: View): void {
  const [first, ...rest] = points.map((point) => toCanvas(view.viewport, point));
  const last = rest.at(-1);
  if (!first || !last) return;
  for (const [width, colour] of [
    [3.5, COLOURS.dark],
    [1.5, COLOURS.light],
  ] as const) {
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.setLineDash([]);
    context.beginPath();
    context.moveTo(first.x, first.y);
    for (const { x, y } of rest) context.lineTo(x, y);
    context.stroke();
    context.setLineDash([5, 4]);
    context.beginPath();
    context.moveTo(last.x, last.y);
    context.lineTo(first.x, first.y);
    context.stroke();
  }
  context.setLineDash([]);
}
