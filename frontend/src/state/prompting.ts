// How prompts come, move and go. Each change is one step of undo; a move is one from the moment the hand takes hold of a prompt
// until it lets go.

import { holdsPrompts, sameCrop } from "../geometry/crop";
import type { CropBox } from "../protocol/api";
import type { Answer, Candidate, Draft } from "./draft";
import { answerAt, newLineage, passingSource, visibleSource, withAnswer } from "./draft";
import type { EditorState } from "./editor_state";
import { apply, type Delta, type PromptChange, remember } from "./history";
import { changed, type Prompt, type PromptRef, placeOf, promptAt, promptCount, samePrompt } from "./prompts";

/** A prompt in the hand. */
export interface OpenMove {
  readonly place: number;
  readonly prompt: Prompt;
  /** The numbers of the masks from there on, before it moved. */
  readonly masks: readonly number[];
  /** The first number that belongs to this move. */
  readonly first: number;
  readonly selected: PromptRef;
  /** The frame that the mask was in. */
  readonly crop: CropBox | null;
}

/**
 * The frame of the masks once prompts have changed. `offered` is the part of the image that is ready and looked at: a mask begins
 * there when its prompt lies well inside. It stays in the frame that it was begun in, until a prompt leaves that.
 */
function cropAfter(
  { draft, image }: EditorState,
  from: CropBox | null,
  offered: CropBox | null,
  change: readonly [place: number, removed: Prompt | null, added: Prompt | null],
): CropBox | null {
  const prompts = changed(draft, ...change);
  const crop = promptCount(draft) === 0 ? offered : from;
  return crop && image && promptCount(prompts) > 0 && holdsPrompts(crop, prompts, image) ? crop : null;
}

/** What a change remembers of the frames before and after it: nothing where they are the same. */
function framesOf(before: CropBox | null, after: CropBox | null): Pick<PromptChange, "crops"> {
  return sameCrop(before, after) ? {} : { crops: [before, after] };
}

export function did(state: EditorState, delta: Delta): EditorState {
  return { ...state, draft: apply(state.draft, delta), history: remember(state.history, delta) };
}

/** The masks from the `place`-th prompt on get new numbers. */
function changePrompts(
  state: EditorState,
  place: number,
  removed: Prompt | null,
  added: Prompt | null,
  offered: CropBox | null = null,
): EditorState {
  const count = promptCount(state.draft) + (added ? 1 : 0) - (removed ? 1 : 0);
  const after = newLineage(count - place, state.nextRevision);
  const before = state.draft.lineage.slice(place);
  const crop = cropAfter(state, state.draft.crop, offered, [place, removed, added]);
  const frames = framesOf(state.draft.crop, crop);
  const delta: PromptChange = { kind: "prompts", place, removed, added, before, after, ...frames };
  const next = did({ ...state, nextRevision: state.nextRevision + after.length, selected: null }, delta);
  return keepingChoice(next, before[0], removed && added ? after[0] : undefined, place);
}

/** A first prompt that moves keeps its candidate: whole stays whole. */
function keepingChoice(
  state: EditorState,
  from: number | undefined,
  to: number | undefined,
  place: number,
): EditorState {
  const choice = place === 0 && from !== undefined ? state.draft.choices.get(from) : undefined;
  if (!choice || to === undefined) return state;
  return { ...state, draft: { ...state.draft, choices: new Map(state.draft.choices).set(to, choice) } };
}

type OfKind<K extends Prompt["kind"]> = Extract<Prompt, { kind: K }>;

export function addPoint(state: EditorState, point: OfKind<"point">, offered: CropBox | null = null): EditorState {
  return changePrompts(state, promptCount(state.draft), null, point, offered);
}

/** A second box takes the place of the first. */
export function setBox(state: EditorState, prompt: OfKind<"box">, offered: CropBox | null = null): EditorState {
  const { box } = state.draft;
  return changePrompts(state, 0, box && { kind: "box", box }, prompt, offered);
}

export function removePrompt(state: EditorState, ref: PromptRef): EditorState {
  const place = placeOf(state.draft, ref);
  const prompt = place === null ? null : promptAt(state.draft, place);
  return place === null || !prompt ? state : changePrompts(state, place, prompt, null);
}

export function selectPrompt(state: EditorState, ref: PromptRef | null): EditorState {
  return { ...state, selected: ref && placeOf(state.draft, ref) !== null ? ref : null };
}

export function beginMove(state: EditorState, ref: PromptRef): EditorState {
  const place = placeOf(state.draft, ref);
  const prompt = place === null ? null : promptAt(state.draft, place);
  if (place === null || !prompt) return state;
  const masks = state.draft.lineage.slice(place);
  const { crop } = state.draft;
  return { ...state, moving: { place, prompt, masks, first: state.nextRevision, selected: ref, crop }, selected: ref };
}

/**
 * While a prompt is in the hand one number stands for the masks of it and of all prompts after it, so that the mask on the screen
 * follows with one run of the decoder for each move; the prompts in between are gone through when it is let go.
 */
export function movePrompt(state: EditorState, to: Prompt): EditorState {
  const { moving, draft } = state;
  const at = moving && promptAt(draft, moving.place);
  if (!moving || !at || at.kind !== to.kind || samePrompt(at, to)) return state;
  const revision = state.nextRevision;
  const crop = cropAfter(state, moving.crop, null, [moving.place, at, to]);
  const moved = replaced(draft, moving.place, at, to, [revision], crop);
  // The places in between are never come back to.
  const answers = new Map([...draft.answers].filter(([number]) => number < moving.first));
  const next = { ...state, nextRevision: revision + 1, draft: { ...moved, answers } };
  return keepingChoice(next, moving.masks[0], revision, moving.place);
}

function replaced(
  draft: Draft,
  place: number,
  from: Prompt,
  to: Prompt,
  masks: readonly number[],
  crop: CropBox | null,
): Draft {
  const frames = framesOf(draft.crop, crop);
  const delta: PromptChange = { kind: "prompts", place, removed: from, added: to, before: [], after: masks, ...frames };
  return apply(draft, delta);
}

export function endMove(state: EditorState): EditorState {
  const { moving, draft } = state;
  if (!moving) return state;
  const settled = { ...state, moving: null };
  const prompt = promptAt(draft, moving.place);
  if (!prompt || samePrompt(prompt, moving.prompt)) return backFromMove(state);
  const shown = draft.lineage[moving.place] ?? state.nextRevision;
  const count = promptCount(draft) - moving.place;
  // The last prompt's mask is the one on the screen; before it, each prompt has one of its own.
  const after = count === 1 ? [shown] : newLineage(count, state.nextRevision);
  const lineage = [...draft.lineage.slice(0, moving.place), ...after];
  const { place, prompt: removed, masks: before } = moving;
  const frames = framesOf(moving.crop, draft.crop);
  const delta: PromptChange = { kind: "prompts", place, removed, added: prompt, before, after, ...frames };
  const next = {
    ...settled,
    nextRevision: state.nextRevision + (count === 1 ? 0 : count),
    draft: { ...draft, lineage },
    history: remember(state.history, delta),
  };
  return keepingChoice(withStandIn(next, state), moving.masks[0], after[0], place);
}

function withStandIn(next: EditorState, before: EditorState): EditorState {
  const { draft } = next;
  const known = answerAt(draft, draft.lineage.at(-1));
  return known ? next : { ...next, draft: { ...draft, standIn: visibleSource(before.draft) } };
}

/** The prompt goes back to where it was taken from. */
export function backFromMove(state: EditorState): EditorState {
  const { moving, draft } = state;
  const at = moving && promptAt(draft, moving.place);
  if (!moving || !at) return { ...state, moving: null };
  const back = replaced(draft, moving.place, at, moving.prompt, moving.masks, moving.crop);
  return { ...state, moving: null, draft: back };
}

/** An answer that comes while the prompt has gone on is shown all the same: the newest place is asked for next. */
export function decoded(state: EditorState, revision: number, answer: Answer): EditorState {
  const { draft, moving } = state;
  const known = withAnswer(draft, revision, answer);
  if (known !== draft) {
    // Cut off by its crop while it is moved: the rest of the move is decoded in the whole image at once.
    const out = moving && draft.crop && !known.crop ? { moving: { ...moving, crop: null } } : {};
    return { ...state, draft: known, ...out };
  }
  const passing = moving !== null && revision >= moving.first && revision < state.nextRevision;
  if (!passing) return state;
  const choice: Candidate | undefined = draft.choices.get(draft.lineage[0] ?? -1);
  return { ...state, draft: { ...draft, standIn: passingSource(revision, answer, choice) } };
}
