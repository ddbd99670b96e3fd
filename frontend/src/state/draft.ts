// The mask being made: its prompts, what the model answered to them, and what was painted on top.

import type { Bitmap } from "../geometry/bitmap";
import { cropOf, isCutOff, sameCrop } from "../geometry/crop";
import type { ModelFrame } from "../geometry/model_frame";
import type { Box } from "../geometry/points";
import type { CropBox, MaskToken, PromptPoint } from "../protocol/api";
import { emptyPaint, isUnpainted, type PaintLayer } from "./paint";
import { firstPrompts, type PointPrompt, promptCount } from "./prompts";
import { type LimitProgress, NO_PROGRESS } from "./time_limit";

/** Tokens 1–3 of the decoder: whole, part and subpart in no fixed order. Token 0 is the single mask. */
export type Candidate = 1 | 2 | 3;
export const CANDIDATES: readonly Candidate[] = [1, 2, 3];

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
  /** The part of the image that it was decoded in. */
  readonly crop: CropBox | null;
}

export interface Draft {
  /** The UUID the mask will be saved under; its timing events carry it already. */
  readonly maskId: string;
  readonly points: readonly PointPrompt[];
  readonly box: Box | null;
  /**
   * One number for each of the masks that lead to the present one: the n-th is that of the first n prompts (state/prompts.ts
   * gives their order), the last that of all of them; empty without prompts. Each is decoded with the logits of the one before
   * it, the first without. So the mask depends on the prompts alone and not on the way to them: whichever prompt is moved or
   * removed, the masks from there on get new numbers and are decoded anew, from the last mask that knew nothing of it.
   * Numbers are never used twice on a page, so an answer of the decoder fits one mask or none.
   */
  readonly lineage: readonly number[];
  /**
   * The part of the image that its masks are decoded in, with an embedding of its own; null for the whole image. Logits of one frame
   * mean nothing in another: so an answer of another frame is no answer, and the masks are decoded anew from the first prompt on.
   */
  readonly crop: CropBox | null;
  /** The part that its masks were decoded in and will be again once it is at hand (state/crop_back.ts); the whole image serves until then. */
  readonly awaits: CropBox | null;
  readonly answers: ReadonlyMap<number, Answer>;
  readonly choices: ReadonlyMap<number, Candidate>;
  /** What was in sight before the prompts changed: it stays there until the decoder has answered to them all. */
  readonly standIn: MaskSource;
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
    crop: null,
    awaits: null,
    answers: new Map(),
    choices: new Map(),
    standIn: NO_SOURCE,
    paint: emptyPaint(size.width, size.height),
    base: null,
    replaces: null,
    limit: NO_PROGRESS,
  };
}

/** The numbers of the masks that lead to the one of so many prompts, none of them decoded yet. */
export function newLineage(prompts: number, first: number): readonly number[] {
  return Array.from({ length: Math.max(0, prompts) }, (_, index) => first + index);
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

/** What the decoder said, in the frame that the draft is in. */
export function answerAt(draft: Draft, revision: number | undefined | null): Answer | undefined {
  const answer = draft.answers.get(revision ?? -1);
  return answer && sameCrop(cropOf(answer.frame), draft.crop) ? answer : undefined;
}

function modelMaskAt(draft: Draft, revision: number): ModelMask | null {
  const answer = answerAt(draft, revision);
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

export type MaskSource =
  | { readonly kind: "model"; readonly mask: ModelMask }
  | { readonly kind: "base"; readonly base: Base }
  | { readonly kind: "none" };

const NO_SOURCE: MaskSource = { kind: "none" };

function sourceAt(draft: Draft, revision: number): MaskSource | null {
  if (draft.base?.revision === revision) return { kind: "base", base: draft.base };
  const mask = modelMaskAt(draft, revision);
  return mask && { kind: "model", mask };
}

/**
 * What lies under the paint: the current mask; while the decoder is at work what was in sight before, so that nothing blinks.
 */
export function visibleSource(draft: Draft): MaskSource {
  const revision = revisionOf(draft);
  if (revision === null) return NO_SOURCE;
  const current = sourceAt(draft, revision);
  if (current) return current;
  if (draft.standIn.kind !== "none") return draft.standIn;
  for (let i = draft.lineage.length - 2; i >= 0; i--) {
    const source = sourceAt(draft, draft.lineage[i] ?? -1);
    if (source) return source;
  }
  return NO_SOURCE;
}

/** The candidate that the first prompt's mask is; null where there is no such mask. */
export function firstToken(draft: Draft): Candidate | null {
  const revision = draft.lineage[0];
  const answer = answerAt(draft, revision);
  if (revision === undefined) return null;
  const token = answer ? tokenOf(draft, revision, answer) : (draft.choices.get(revision) ?? 0);
  return token === 0 ? null : token;
}

export interface DecodeRequest {
  readonly revision: number;
  readonly points: readonly PromptPoint[];
  readonly box: Box | null;
  readonly crop: CropBox | null;
  /** The low-res logits of the mask before, of the candidate chosen; null for the first. */
  readonly maskInput: Float32Array | null;
}

/** What to ask the decoder for next on the way to the present mask; null when it is there, or there are no prompts. */
export function decodeRequest(draft: Draft): DecodeRequest | null {
  const { lineage } = draft;
  let known = lineage.length - 1;
  while (known >= 0 && !answerAt(draft, lineage[known])) known--;
  const next = known + 1;
  const revision = lineage[next];
  if (revision === undefined) return null;
  const { points, box } = firstPrompts(draft, next === lineage.length - 1 ? promptCount(draft) : next + 1);
  return {
    revision,
    points: points.map(({ at, label }) => [at.x, at.y, label] as const),
    box,
    crop: draft.crop,
    maskInput: known < 0 ? null : (modelMaskAt(draft, lineage[known] ?? -1)?.logits ?? null),
  };
}

/**
 * The draft with the decoder's answer; one that leads to another mask than the present one comes too late and changes nothing, nor
 * does one of another frame. A mask that its crop cuts off is decoded anew in the whole image.
 */
export function withAnswer(draft: Draft, revision: number, answer: Answer): Draft {
  if (!draft.lineage.includes(revision) || !sameCrop(cropOf(answer.frame), draft.crop)) return draft;
  const shown = answer.logits[tokenOf(draft, revision, answer)];
  if (shown && isCutOff(answer.frame, shown)) return outOfCrop(draft);
  const kept = answer.shown === 0 ? answer.logits.map((logits, token) => (token === 0 ? logits : null)) : answer.logits;
  const answers = new Map([...draft.answers, [revision, { ...answer, logits: kept }] as const].slice(-KEPT_ANSWERS));
  return revision === revisionOf(draft) ? { ...draft, answers, standIn: NO_SOURCE } : { ...draft, answers };
}

/** What an answer shows that came while its prompt went on with the hand that moves it. */
export function passingSource(revision: number, answer: Answer, choice: Candidate | undefined): MaskSource {
  const token: MaskToken = answer.shown === 0 ? 0 : (choice ?? answer.shown);
  const logits = answer.logits[token];
  if (!logits) return NO_SOURCE;
  const { frame, ious } = answer;
  return { kind: "model", mask: { revision, token, logits, frame, predictedIou: ious[token] ?? 0 } };
}

/** The draft in the whole image's frame. What was decoded in the crop is forgotten: undone and done again, it is decoded anew. */
export function outOfCrop(draft: Draft): Draft {
  if (!draft.crop) return draft;
  const answers = new Map([...draft.answers].filter(([, { frame }]) => !sameCrop(cropOf(frame), draft.crop)));
  return { ...draft, crop: null, awaits: null, answers, standIn: visibleSource(draft) };
}
