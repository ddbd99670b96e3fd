// The mask being made: its prompts, what the model answered to them, and what was painted on top.

import type { Bitmap } from "../geometry/bitmap";
import type { ModelFrame } from "../geometry/model_frame";
import type { Box, ImagePoint } from "../geometry/points";
import type { MaskToken, PointLabel, PromptPoint } from "../protocol/api";
import { emptyPaint, isUnpainted, type PaintLayer } from "./paint";
import { type LimitProgress, NO_PROGRESS } from "./time_limit";

/** Tokens 1–3 of the decoder: whole, part and subpart in no fixed order. Token 0 is the single mask. */
export type Candidate = 1 | 2 | 3;
export const CANDIDATES: readonly Candidate[] = [1, 2, 3];

export interface PointPrompt {
  readonly at: ImagePoint;
  readonly label: PointLabel;
}

/** What the decoder said to one state of the prompts. */
export interface Answer {
  /** Low-res logits per token; null for tokens that cannot be shown at this number of prompts. */
  readonly logits: readonly (Float32Array | null)[];
  /** How the logits lie over the image. */
  readonly frame: ModelFrame;
  readonly ious: readonly number[];
  /** The token that FACTS.md's rule shows unless the annotator chooses: best of 1–3 after one prompt, else 0. */
  readonly shown: MaskToken;
}

/** The bitmap of a reopened mask. It stands in for the model's mask until the prompts change. */
export interface Base {
  readonly bitmap: Bitmap;
  readonly revision: number;
  readonly chosenToken: MaskToken | null;
  readonly predictedIou: number | null;
  readonly stabilityScore: number | null;
  readonly brushPixelsAdded: number;
  readonly brushPixelsRemoved: number;
}

export interface Draft {
  /** The UUID the mask will be saved under; its timing events carry it already. */
  readonly maskId: string;
  readonly points: readonly PointPrompt[];
  readonly box: Box | null;
  /**
   * One number per state the prompts have been in, the current one last; empty without prompts. Numbers are never used twice
   * on a page, so an answer of the decoder fits one state of one mask or none.
   */
  readonly lineage: readonly number[];
  readonly answers: ReadonlyMap<number, Answer>;
  readonly choices: ReadonlyMap<number, Candidate>;
  readonly paint: PaintLayer;
  readonly base: Base | null;
  /** The accepted mask that this one replaces when accepted. */
  readonly replaces: string | null;
  readonly limit: LimitProgress;
}

/** So many answers are kept per mask: undo finds its mask at once, and memory stays bounded (256 kB each, 1 MB for one prompt). */
const KEPT_ANSWERS = 24;

export function newDraft(maskId: string, size: { width: number; height: number }): Draft {
  return {
    maskId,
    points: [],
    box: null,
    lineage: [],
    answers: new Map(),
    choices: new Map(),
    paint: emptyPaint(size.width, size.height),
    base: null,
    replaces: null,
    limit: NO_PROGRESS,
  };
}

export function promptCount(draft: Draft): number {
  return draft.points.length + (draft.box ? 1 : 0);
}

export function isEmptyDraft(draft: Draft): boolean {
  return promptCount(draft) === 0 && isUnpainted(draft.paint) && draft.base === null;
}

/** The state the prompts are in; null without prompts. */
export function revisionOf(draft: Draft): number | null {
  return draft.lineage.at(-1) ?? null;
}

/** The reopened mask, while the prompts are as they were when it was accepted. */
export function baseInForce(draft: Draft): Base | null {
  return draft.base !== null && revisionOf(draft) === draft.base.revision ? draft.base : null;
}

/** The candidates whole, part and subpart are offered after exactly one prompt, as the model was trained to answer it. */
export function mayChoose(draft: Draft): boolean {
  return promptCount(draft) === 1 && baseInForce(draft) === null;
}

export function tokenOf(draft: Draft, revision: number, answer: Answer): MaskToken {
  return answer.shown === 0 ? 0 : (draft.choices.get(revision) ?? answer.shown);
}

/** What the model's mask is made from in one state of the prompts. */
export interface ModelMask {
  readonly revision: number;
  readonly token: MaskToken;
  readonly logits: Float32Array;
  readonly frame: ModelFrame;
  readonly predictedIou: number;
}

function modelMaskAt(draft: Draft, revision: number): ModelMask | null {
  const answer = draft.answers.get(revision);
  if (!answer) return null;
  const token = tokenOf(draft, revision, answer);
  const logits = answer.logits[token];
  return logits ? { revision, token, logits, frame: answer.frame, predictedIou: answer.ious[token] ?? 0 } : null;
}

/** The model's mask for the prompts as they are; null while the decoder is at work. */
export function currentModelMask(draft: Draft): ModelMask | null {
  const revision = revisionOf(draft);
  return revision === null ? null : modelMaskAt(draft, revision);
}

/** The newest state of the prompts that has an answer: what is fed back to the decoder with the next prompt. */
function newestModelMask(draft: Draft): ModelMask | null {
  for (let i = draft.lineage.length - 1; i >= 0; i--) {
    const mask = modelMaskAt(draft, draft.lineage[i] ?? -1);
    if (mask) return mask;
  }
  return null;
}

export type MaskSource =
  | { readonly kind: "model"; readonly mask: ModelMask }
  | { readonly kind: "base"; readonly base: Base }
  | { readonly kind: "none" };

/**
 * What lies under the paint: the current mask, else the newest one before it, so that nothing blinks while the decoder is at
 * work.
 */
export function visibleSource(draft: Draft): MaskSource {
  for (let i = draft.lineage.length - 1; i >= 0; i--) {
    const revision = draft.lineage[i] ?? -1;
    if (draft.base?.revision === revision) return { kind: "base", base: draft.base };
    const mask = modelMaskAt(draft, revision);
    if (mask) return { kind: "model", mask };
  }
  return { kind: "none" };
}

export interface DecodeRequest {
  readonly revision: number;
  readonly points: readonly PromptPoint[];
  readonly box: Box | null;
  /** The chosen token's low-res logits of the state before, or null after a first prompt. */
  readonly maskInput: Float32Array | null;
}

/** What to ask the decoder for; null when the prompts have their answer, or there are none. */
export function decodeRequest(draft: Draft): DecodeRequest | null {
  const revision = revisionOf(draft);
  if (revision === null || draft.answers.has(revision)) return null;
  return {
    revision,
    points: draft.points.map(({ at, label }) => [at.x, at.y, label] as const),
    box: draft.box,
    maskInput: promptCount(draft) > 1 ? (newestModelMask(draft)?.logits ?? null) : null,
  };
}

/** The draft with the decoder's answer; an answer to any state but the current one comes too late and changes nothing. */
export function withAnswer(draft: Draft, revision: number, answer: Answer): Draft {
  if (revisionOf(draft) !== revision) return draft;
  const kept = answer.shown === 0 ? answer.logits.map((logits, token) => (token === 0 ? logits : null)) : answer.logits;
  const answers = new Map([...draft.answers, [revision, { ...answer, logits: kept }] as const].slice(-KEPT_ANSWERS));
  return { ...draft, answers };
}
