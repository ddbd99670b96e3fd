// A half-made mask as it is kept while the page is gone: plain data that a browser's database takes as it is. Undo is not kept.

import { Bitmap } from "../geometry/bitmap";
import type { CropBox } from "../protocol/api";
import {
  type Answer,
  answerAt,
  type Base,
  baseInForce,
  type Candidate,
  type Draft,
  newDraft,
  newLineage,
  revisionOf,
} from "./draft";
import { promptCount } from "./prompts";

export interface KeptDraft extends Pick<Draft, "maskId" | "points" | "box" | "paint" | "replaces" | "limit"> {
  /** Absent in what was kept before there were any. */
  readonly crop?: CropBox | null;
  readonly awaits?: CropBox | null;
  /** The decoder's answer to the prompts: asking anew would give another one, since each click refines the last mask. */
  readonly answer: Answer | null;
  /** Of the first prompt's mask. */
  readonly choice: Candidate | null;
  /** A reopened mask whose prompts have not changed. */
  readonly base:
    | (Omit<Base, "bitmap" | "revision"> & { readonly bitmap: Pick<Bitmap, "width" | "height" | "data"> })
    | null;
}

export function keptFrom(draft: Draft): KeptDraft {
  const { maskId, points, box, crop, awaits, paint, replaces, limit } = draft;
  const revision = revisionOf(draft) ?? -1;
  const base = baseInForce(draft);
  return {
    maskId,
    points,
    box,
    crop,
    awaits,
    paint,
    replaces,
    limit,
    answer: answerAt(draft, revision) ?? null,
    choice: draft.choices.get(draft.lineage[0] ?? -1) ?? null,
    base: base && withoutRevision(base),
  };
}

function withoutRevision({ revision: _, bitmap, ...rest }: Base): NonNullable<KeptDraft["base"]> {
  return { ...rest, bitmap: { width: bitmap.width, height: bitmap.height, data: bitmap.data } };
}

/** The draft again; its masks are numbered from `first` on. Null for one of an image of another size. */
export function draftFrom(kept: KeptDraft, first: number, size: { width: number; height: number }): Draft | null {
  const { answer, choice, base, ...rest } = kept;
  if (kept.paint.width !== size.width || kept.paint.height !== size.height) return null;
  const lineage = newLineage(promptCount(kept), first);
  const revision = lineage.at(-1) ?? first;
  return {
    ...newDraft(kept.maskId, size),
    ...rest,
    crop: kept.crop ?? null,
    awaits: kept.awaits ?? null,
    lineage,
    answers: answer ? new Map([[revision, answer]]) : new Map(),
    choices: choice ? new Map([[first, choice]]) : new Map(),
    base: base && {
      ...base,
      revision,
      bitmap: new Bitmap(base.bitmap.width, base.bitmap.height, base.bitmap.data),
    },
  };
}
