// Strokes, lassos and commands that change the paint. Each is one step of undo.

import { polygonRuns } from "../geometry/polygon";
import type { Command, EditorState } from "./editor_state";
import { remember, type StrokeMode } from "./history";
import { ADDED, type PaintLayer, paintDelta, paintRuns, paintSegment, REMOVED } from "./paint";

type Of<Kind extends Command["kind"]> = Extract<Command, { kind: Kind }>;

export function beginStroke(state: EditorState, { mode, at, blocked = null, sizes }: Of<"beginStroke">): EditorState {
  const stroke = { mode, before: state.draft.paint, last: at, blocked };
  return extendStroke({ ...state, stroke }, { through: [at], ...(sizes && { sizes }) });
}

export function extendStroke(
  state: EditorState,
  { through, sizes }: Pick<Of<"extendStroke">, "through" | "sizes">,
): EditorState {
  if (!state.stroke) return state;
  let { last } = state.stroke;
  let { paint } = state.draft;
  const { mode } = state.stroke;
  // The eraser takes away from this mask only: it needs no leave of others.
  const kind = { shape: state.brushShape, blocked: mode === "brush" ? state.stroke.blocked : null };
  for (const [index, point] of through.entries()) {
    const size = sizes?.[index] ?? state.brushSize;
    paint = paintSegment(paint, last, point, size, mode === "brush" ? ADDED : REMOVED, kind);
    last = point;
  }
  return { ...state, draft: { ...state.draft, paint }, stroke: { ...state.stroke, last } };
}

export function endStroke(state: EditorState): EditorState {
  if (!state.stroke) return state;
  const { before, mode } = state.stroke;
  return painted({ ...state, stroke: null }, before, mode);
}

export function cancelStroke(state: EditorState): EditorState {
  if (!state.stroke) return state;
  return { ...state, stroke: null, draft: { ...state.draft, paint: state.stroke.before } };
}

export function fillPolygon(state: EditorState, { mode, points, blocked = null }: Of<"fillPolygon">): EditorState {
  const before = state.draft.paint;
  const added = mode === "brush";
  const paint = paintRuns(before, polygonRuns(points, before), added ? ADDED : REMOVED, added ? blocked : null);
  return painted({ ...state, draft: { ...state.draft, paint } }, before, "lasso");
}

export function repaint(state: EditorState, { from, paint }: Of<"repaint">): EditorState {
  if (state.draft.paint !== from) return state;
  return painted({ ...state, draft: { ...state.draft, paint } }, from, "command");
}

/** Remembers what changed since `before`; nothing when nothing did. */
function painted(state: EditorState, before: PaintLayer, mode: StrokeMode): EditorState {
  const paint = paintDelta(before, state.draft.paint);
  return paint.length === 0 ? state : { ...state, history: remember(state.history, { kind: "stroke", mode, paint }) };
}
