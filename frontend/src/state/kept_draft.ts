// A half-made mask as it is kept while the page is gone: plain data that a browser's database takes as it is. Undo is not kept.

import { Bitmap } from "../geometry/bitmap";
import { type Answer, type Base, baseInForce, type Candidate, type Draft, newDraft, revisionOf } from "./draft";

export interface KeptDraft extends Pick<Draft, "maskId" | "points" | "box" | "paint" | "replaces" | "limit"> {
  /** The decoder's answer to the prompts: asking anew would give another one, since each click refines the last mask. */
  readonly answer: Answer | null;
  readonly choice: Candidate | null;
  /** A reopened mask whose prompts have not changed. */
  readonly base:
    | (Omit<Base, "bitmap" | "revision"> & { readonly bitmap: Pick<Bitmap, "width" | "height" | "data"> })
    | null;
}

export function keptFrom(draft: Draft): KeptDraft {
  const { maskId, points, box, paint, replaces, limit } = draft;
  const revision = revisionOf(draft) ?? -1;
  const base = baseInForce(draft);
  return {
    maskId,
    points,
    box,
    paint,
    replaces,
    limit,
    answer: draft.answers.get(revision) ?? null,
    choice: draft.choices.get(revision) ?? null,
    base: base && withoutRevision(base),
  };
}

function withoutRevision({ revision: _, bitmap, ...rest }: Base): NonNullable<KeptDraft["base"]> {
  return { ...rest, bitmap: { width: bitmap.width, height: bitmap.height, data: bitmap.data } };
}

/** The draft again; its prompts are in the state that `revision` numbers. Null for one of an image of another size. */
export function draftFrom(kept: KeptDraft, revision: number, size: { width: number; height: number }): Draft | null {
  const { answer, choice, base, ...rest } = kept;
  if (kept.paint.width !== size.width || kept.paint.height !== size.height) return null;
  const prompted = kept.points.length > 0 || kept.box !== null;
  return {
    ...newDraft(kept.maskId, size),
    ...rest,
    lineage: prompted ? [revision] : [],
    answers: answer ? new Map([[revision, answer]]) : new Map(),
    choices: choice ? new Map([[revision, choice]]) : new Map(),
    base: base && {
      ...base,
      revision,
      bitmap: new Bitmap(base.bitmap.width, base.bitmap.height, base.bitmap.data),
    },
  };
}
