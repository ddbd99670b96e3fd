// "Redo with this as background": what an eraser stroke took away becomes background clicks, and the model draws the border there
// instead of the brush.

import { upsample } from "../geometry/logits";
import { type ImageRect, imagePoint } from "../geometry/points";
import { middleOf, type Region, type Run, regionsOf } from "../geometry/runs";
import { currentModelMask, type Draft, type ModelMask } from "./draft";
import type { EditorState } from "./editor_state";
import { type Delta, remember } from "./history";
import type { PaintDelta } from "./paint";
import { paintDelta, paintRuns, REMOVED, UNTOUCHED } from "./paint";
import { addPoint, did } from "./prompting";
import { promptCount } from "./prompts";

/** So many places at most become clicks: each is one more run of the decoder. */
const MOST_CLICKS = 3;
/** A place smaller than this share of the largest is the brush's ragged edge. */
const LEAST_SHARE = 0.05;
/** A stroke over more pixels than this is taken as it is: looking up the model's mask under all of it would be felt. */
const MOST_LOOKED_UP = 4_000_000;

/** Whether there is something to redo, without looking for all of it: asked at every move of a brush. */
export function mayRedoAsBackground({ history, draft }: Pick<EditorState, "history" | "draft">): boolean {
  const last = history.past?.delta;
  if (last?.kind !== "stroke" || last.mode === "command" || promptCount(draft) === 0) return false;
  for (let i = 2; i < last.paint.length; i += 3) if (((last.paint[i] ?? 0) & 3) === REMOVED) return true;
  return false;
}

/** The pixels that the last act, an eraser stroke or a lasso, took away; null when it was another, or the mask has no prompt to refine. */
function erasedLast(state: Pick<EditorState, "history" | "draft">): Run[] | null {
  const last = state.history.past?.delta;
  return last?.kind === "stroke" && mayRedoAsBackground(state) ? erasedRuns(last.paint, state.draft.paint.width) : null;
}

function erasedRuns(paint: PaintDelta, width: number): Run[] {
  const runs: Run[] = [];
  for (let i = 0; i < paint.length; i += 3) {
    const [start = 0, length = 0, change = 0] = paint.subarray(i, i + 3);
    if ((change & 3) !== REMOVED) continue;
    const y = Math.floor(start / width);
    const x0 = start - y * width;
    runs.push({ y, x0, x1: x0 + length });
  }
  // Deltas go tile by tile, regions row by row.
  return joined(runs.sort((a, b) => a.y - b.y || a.x0 - b.x0));
}

function joined(runs: readonly Run[]): Run[] {
  const out: Run[] = [];
  for (const run of runs) {
    const last = out.at(-1);
    if (last && last.y === run.y && last.x1 === run.x0) out[out.length - 1] = { ...last, x1: run.x1 };
    else out.push(run);
  }
  return out;
}

/**
 * The stroke's paint is taken back, so that the model decides there, and the middles of what it erased of the model's mask become
 * background clicks. Paint elsewhere stays. All of it is one step of undo.
 */
export function redoAsBackground(state: EditorState): EditorState {
  const erased = erasedLast(state);
  if (!erased) return state;
  const { draft, history } = state;
  const middles = largest(regionsOf(modelsOwn(draft, erased), true)).map(middleOf);
  const paint = paintRuns(draft.paint, erased, UNTOUCHED);
  let next = did(state, { kind: "stroke", mode: "eraser", paint: paintDelta(draft.paint, paint) });
  for (const { x, y } of middles) next = addPoint(next, { kind: "point", at: imagePoint(x, y), label: 0 });
  return { ...next, history: remember(history, { kind: "together", deltas: since(next, history.past) }) };
}

/** What was done after a moment, oldest first. */
function since({ history }: EditorState, moment: EditorState["history"]["past"]): Delta[] {
  const deltas: Delta[] = [];
  for (let steps = history.past; steps && steps !== moment; steps = steps.rest) deltas.unshift(steps.delta);
  return deltas;
}

function largest(regions: readonly Region[]): Region[] {
  const ranked = [...regions].sort((a, b) => b.area - a.area);
  const least = (ranked[0]?.area ?? 0) * LEAST_SHARE;
  return ranked.slice(0, MOST_CLICKS).filter(({ area }) => area >= least);
}

/** Of the erased pixels those that the model had in its mask: what was erased beside it tells the model nothing. All, when it had none. */
function modelsOwn(draft: Draft, erased: readonly Run[]): readonly Run[] {
  const mask = currentModelMask(draft);
  const rect = boundsOf(erased);
  if (!mask || (rect.x1 - rect.x0) * (rect.y1 - rect.y0) > MOST_LOOKED_UP) return erased;
  const own = insideOf(mask, erased, rect);
  return own.length > 0 ? own : erased;
}

function boundsOf(runs: readonly Run[]): ImageRect {
  let [x0, x1] = [Number.POSITIVE_INFINITY, 0];
  for (const run of runs) [x0, x1] = [Math.min(x0, run.x0), Math.max(x1, run.x1)];
  return { x0, x1, y0: runs[0]?.y ?? 0, y1: (runs.at(-1)?.y ?? -1) + 1 };
}

function insideOf(mask: ModelMask, runs: readonly Run[], rect: ImageRect): Run[] {
  const values = upsample(mask.frame, mask.logits, rect);
  const width = rect.x1 - rect.x0;
  const inside: Run[] = [];
  for (const { y, x0, x1 } of runs) {
    const row = (y - rect.y0) * width - rect.x0;
    for (let x = x0; x < x1; ) {
      const from = x;
      while (x < x1 && (values[row + x] ?? 0) > 0) x++;
      if (x > from) inside.push({ y, x0: from, x1: x });
      else x++;
    }
  }
  return inside;
}
