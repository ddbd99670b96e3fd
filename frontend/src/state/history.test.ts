import fc from "fast-check";
import { expect, test } from "vitest";
import { modelFrame } from "../geometry/model_frame";
import { imagePoint } from "../geometry/points";
import { type Draft, revisionOf } from "./draft";
import { type Command, type EditorState, NOTHING_OPEN } from "./editor_state";
import { type Delta, type History, stepBack } from "./history";
import { paintRuns } from "./paint";
import { reduce } from "./reducer";

const SIZE = { width: 200, height: 150 };
const frame = modelFrame(SIZE.width, SIZE.height, 16, 4);
const shown = reduce(NOTHING_OPEN, { kind: "showImage", image: { id: 7, ...SIZE }, saved: [], maskId: "m0" });

/** Thousands of steps on a machine that does much else. */
const PATIENCE_MS = 120_000;

/** A generator of numbers that a test can run again. */
function dice(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Anything that a hand can do, and the decoder in between. */
function anyAct(state: EditorState, roll: (below: number) => number): EditorState {
  const place = () => imagePoint(roll(SIZE.width), roll(SIZE.height));
  const play = (...commands: Command[]) => commands.reduce(reduce, state);
  const { draft } = state;
  const index = roll(Math.max(1, draft.points.length));
  const mode = roll(2) ? "brush" : "eraser";
  switch (roll(12)) {
    case 0:
    case 1:
      return draft.points.length < 12 ? play({ kind: "addPoint", at: place(), label: roll(2) ? 1 : 0 }) : state;
    case 2: {
      const { x, y } = place();
      return play({ kind: "setBox", box: [x, y, x + 1 + roll(40), y + 1 + roll(40)] });
    }
    case 3: {
      const point = draft.points[index];
      if (!point) return state;
      const to = () => ({ kind: "movePrompt", to: { kind: "point", at: place(), label: point.label } }) as const;
      return play({ kind: "beginMove", prompt: { kind: "point", index } }, to(), to(), { kind: "endMove" });
    }
    case 4:
      return play({ kind: "removePrompt", prompt: roll(4) ? { kind: "point", index } : { kind: "box" } });
    case 5:
    case 6:
      return play(
        { kind: "setBrushSize", size: 1 + roll(30) },
        { kind: "setBrushShape", shape: roll(2) ? "round" : "square" },
        { kind: "beginStroke", mode, at: place(), sizes: [1 + roll(20)] },
        { kind: "extendStroke", through: [place(), place()] },
        { kind: "endStroke" },
      );
    case 7:
      return play({ kind: "fillPolygon", mode, points: [place(), place(), place(), place()] });
    case 8: {
      const { x, y } = place();
      const paint = paintRuns(draft.paint, [{ y, x0: x, x1: Math.min(SIZE.width, x + 30) }], roll(2) ? 1 : 2);
      return play({ kind: "repaint", from: draft.paint, paint });
    }
    case 9:
      return play({ kind: "redoAsBackground" });
    case 10: {
      const logits = Array.from({ length: 4 }, () => new Float32Array(16).fill(roll(9) - 4));
      const answer = { logits, ious: [0, 1, 2, 3], shown: 0 as const, frame };
      return play({ kind: "decoded", revision: revisionOf(draft) ?? -1, answer });
    }
    default:
      return roll(20) ? state : play({ kind: "drop", nextMaskId: `m${roll(1e6)}` });
  }
}

function content({ maskId, points, box, lineage, paint }: Draft): string {
  const tiles = [...paint.tiles].sort(([a], [b]) => a - b).map(([index, tile]) => `${index}:${hash(tile)}`);
  return JSON.stringify([maskId, points, box, lineage, tiles]);
}

function hash(tile: Uint8Array): number {
  let sum = 0;
  for (const [at, value] of tile.entries()) sum = (Math.imul(sum, 31) + value * (at + 1)) | 0;
  return sum;
}

const lengthOf = (steps: History["past"]) => {
  let length = 0;
  for (let at = steps; at; at = at.rest) length++;
  return length;
};

/** Numbers that a delta holds by itself: what it shares with the drafts is counted there. */
function weightOf(delta: Delta): number {
  if (delta.kind === "stroke") return delta.paint.length;
  if (delta.kind === "together") return delta.deltas.reduce((sum, part) => sum + weightOf(part), 0);
  return delta.kind === "prompts" ? delta.before.length + delta.after.length : 1;
}

test(
  "ten thousand steps back and forth end where they began, and hold no pictures",
  () => {
    const roll = dice(2026);
    let state = shown;
    while (lengthOf(state.history.past) < 400) state = anyAct(state, roll);
    const places = [content(state.draft)];
    for (let back = state; back.history.past; ) {
      back = reduce(back, { kind: "undo" });
      places.push(content(back.draft));
    }
    expect(places.at(-1)).toBe(content(shown.draft));
    let at = 0;
    for (let step = 0; step < 10_000; step++) {
      // A drift to each end in turn, so that all of it is walked.
      const back = roll(100) < (Math.floor(step / 900) % 2 ? 25 : 75);
      state = reduce(state, { kind: back ? "undo" : "redo" });
      at = Math.min(places.length - 1, Math.max(0, at + (back ? 1 : -1)));
      if (step % 100 === 0) expect(content(state.draft)).toBe(places[at]);
    }
    while (state.history.future) state = reduce(state, { kind: "redo" });
    expect(content(state.draft)).toBe(places[0]);

    let weight = 0;
    for (let steps = state.history.past; steps; steps = steps.rest) weight += weightOf(steps.delta);
    // A step that kept the image's pixels would alone weigh as much as is allowed on average for sixteen.
    expect(weight / 400).toBeLessThan((SIZE.width * SIZE.height) / 16);
  },
  PATIENCE_MS,
);

test(
  "ten thousand new steps in a row all go back",
  () => {
    const roll = dice(7);
    let state = shown;
    for (let step = 0; step < 10_000; step++) state = anyAct(state, roll);
    const end = content(state.draft);
    const steps = lengthOf(state.history.past);
    expect(steps).toBeGreaterThan(5_000);
    let { draft, history } = state;
    for (let step = stepBack(draft, history); step; step = stepBack(draft, history)) ({ draft, history } = step);
    expect(content(draft)).toBe(content(shown.draft));
    let forth: EditorState = { ...state, draft, history };
    for (let step = 0; step < steps; step++) forth = reduce(forth, { kind: "redo" });
    expect(content(forth.draft)).toBe(end);
  },
  PATIENCE_MS,
);

test(
  "whatever is done, one undo takes it back and one redo does it again",
  () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 40 }), (seed, acts) => {
        const roll = dice(seed);
        let state = shown;
        for (let act = 0; act < acts; act++) state = anyAct(state, roll);
        const next = anyAct(state, roll);
        if (next.history === state.history) return;
        const back = reduce(next, { kind: "undo" });
        expect(content(back.draft)).toBe(content(state.draft));
        expect(content(reduce(back, { kind: "redo" }).draft)).toBe(content(next.draft));
      }),
      { numRuns: 60 },
    );
  },
  PATIENCE_MS,
);
