// One pure function from state and command to state. What the model, the server or the outbox does happens elsewhere; its
// results come back as commands.

import { isCutOff, sameCrop } from "../geometry/crop";
import type { ImagePoint } from "../geometry/points";
import { redoAsBackground } from "./background";
import { compareToPaint } from "./compose";
import { enterCrop, withoutCrop } from "./crop_back";
import {
  answerAt,
  CANDIDATES,
  type Candidate,
  type Draft,
  isEmptyDraft,
  mayChoose,
  newDraft,
  newLineage,
  outOfCrop,
  revisionOf,
  tokenOf,
} from "./draft";
import { draftBounds } from "./draft_bounds";
import { type Command, type EditorState, LARGEST_BRUSH, LEAST_BRUSH, NOTHING_OPEN } from "./editor_state";
import { anyPainted, NO_HISTORY, stepBack, stepForth } from "./history";
import { draftFrom, type KeptDraft } from "./kept_draft";
import { emptyPaint } from "./paint";
import { beginStroke, cancelStroke, endStroke, extendStroke, fillPolygon, repaint } from "./painting";
import { type Coloured, colourBeside } from "./palette";
import {
  addPoint,
  backFromMove,
  beginMove,
  decoded,
  did,
  endMove,
  movePrompt,
  removePrompt,
  selectPrompt,
  setBox,
} from "./prompting";
import { promptCount } from "./prompts";
import type { SavedMask } from "./saved";

export function reduce(state: EditorState, command: Command): EditorState {
  switch (command.kind) {
    case "showImage":
      return showImage(state, command);
    case "setTool":
      return { ...settled(state), tool: command.tool, selected: null };
    case "setBrushSize":
      return { ...state, brushSize: Math.min(LARGEST_BRUSH, Math.max(LEAST_BRUSH, Math.round(command.size))) };
    case "setBrushShape":
      return { ...state, brushShape: command.shape };
    default:
      return state.image === null ? state : reduceOnImage(state, command);
  }
}

function reduceOnImage(state: EditorState, command: Command): EditorState {
  switch (command.kind) {
    case "leaveImage":
      return { ...NOTHING_OPEN, ...inHand(state), nextRevision: state.nextRevision };
    case "restoreDraft":
      return restoreDraft(state, command.kept);
    case "decoded":
      return decoded(state, command.revision, command.answer);
    case "chooseCandidate":
      return chooseCandidate(state, command.candidate);
    case "beginStroke":
      return beginStroke(settled(state), command);
    case "extendStroke":
      return extendStroke(state, command);
    case "endStroke":
      return endStroke(state);
    case "cancelStroke":
      return cancelStroke(state);
    case "fillPolygon":
      return fillPolygon(settled(state), command);
    case "repaint":
      return repaint(settled(state), command);
    case "redoAsBackground":
      return redoAsBackground(settled(state));
    case "undo":
      return travel(settled(state), stepBack);
    case "redo":
      return travel(settled(state), stepForth);
    case "accept":
      return accept(settled(state), command.nextMaskId);
    case "drop":
      return drop(settled(state), command.nextMaskId);
    case "extendLimit":
      return withLimit(state, { extensions: state.draft.limit.extensions + 1, dismissed: false });
    case "answerLimit":
      return withLimit(state, { answer: command.answer });
    case "dismissLimit":
      return withLimit(state, { dismissed: true });
    default:
      return reducePrompts(state, command);
  }
}

function reducePrompts(state: EditorState, command: Command): EditorState {
  switch (command.kind) {
    case "addPoint":
      return addPoint(settled(state), { kind: "point", at: command.at, label: command.label }, command.crop);
    case "setBox":
      return setBox(settled(state), { kind: "box", box: command.box }, command.crop);
    case "leaveCrop":
      return leaveCrop(state, command);
    case "enterCrop":
      return enterCrop(state, command.crop);
    case "selectPrompt":
      return selectPrompt(state, command.prompt);
    case "removePrompt":
      return removePrompt(settled(state), command.prompt);
    case "beginMove":
      return beginMove(settled(state), command.prompt);
    case "movePrompt":
      return movePrompt(state, command.to);
    case "endMove":
      return endMove(state);
    case "cancelMove":
      return backFromMove(state);
    default:
      return reduceMasks(state, command);
  }
}

function leaveCrop(state: EditorState, { crop, comesBack }: Extract<Command, { kind: "leaveCrop" }>): EditorState {
  if (!sameCrop(state.draft.crop, crop)) return state;
  return { ...state, draft: comesBack ? withoutCrop(state.draft) : outOfCrop(state.draft) };
}

/** Commands about accepted masks. */
function reduceMasks(state: EditorState, command: Command): EditorState {
  switch (command.kind) {
    case "accepted":
      return accepted(state, command.mask);
    case "acceptFailed":
      return withFailure(state, command.maskId, command.reason);
    case "retryAccept":
      return withFailure(state, command.maskId, null);
    case "discardAccepting":
      return { ...state, accepting: state.accepting.filter(({ draft }) => draft.maskId !== command.maskId) };
    case "restoreMask":
      return { ...state, saved: [...state.saved, command.mask] };
    case "reopen":
      return reopen(state, command);
    case "rebase":
      return rebase(state, command);
    case "deleteMask":
      return withoutMask(state, command.id);
    case "toggleMask":
      return { ...state, hidden: toggled(state.hidden, command.id) };
    case "toggleAllMasks":
      return { ...state, allHidden: !state.allHidden };
    case "pointAt":
      return state.pointedAt === command.id ? state : { ...state, pointedAt: command.id };
    default:
      return state;
  }
}

function inHand({ tool, brushSize, brushShape }: EditorState): Pick<EditorState, "tool" | "brushSize" | "brushShape"> {
  return { tool, brushSize, brushShape };
}

function showImage(state: EditorState, command: Extract<Command, { kind: "showImage" }>): EditorState {
  return {
    ...NOTHING_OPEN,
    // The tool and its size belong to the hand, not to the image; a late answer must find no state with its number.
    ...inHand(state),
    nextRevision: state.nextRevision,
    image: command.image,
    saved: command.saved,
    nextColour: command.saved.length,
    draft: newDraft(command.maskId, command.image),
  };
}

function restoreDraft(state: EditorState, kept: KeptDraft): EditorState {
  const draft = state.image && isEmptyDraft(state.draft) ? draftFrom(kept, state.nextRevision, state.image) : null;
  if (!draft) return state;
  return { ...state, draft, history: NO_HISTORY, nextRevision: state.nextRevision + draft.lineage.length };
}

/** What the hand has hold of is let go, and is a step of its own. */
function settled(state: EditorState): EditorState {
  return endMove(endStroke(state));
}

/** Not a step of its own in undo: the same key goes on to the next candidate and comes round again. */
function chooseCandidate(state: EditorState, wanted: Candidate | "next"): EditorState {
  const { draft } = state;
  const revision = revisionOf(draft);
  const answer = answerAt(draft, revision);
  if (revision === null || !answer || !mayChoose(draft)) return state;
  const candidate = wanted === "next" ? nextCandidate(answer.ious, tokenOf(draft, revision, answer)) : wanted;
  const logits = answer.logits[candidate];
  // The whole image's candidates are others: the best of them is shown, and can be changed.
  if (logits && isCutOff(answer.frame, logits)) return { ...state, draft: outOfCrop(draft) };
  // What was undone was decoded from the candidate before: done again, it is decoded anew.
  const answers = new Map([[revision, answer]]);
  return { ...state, draft: { ...draft, answers, choices: new Map(draft.choices).set(revision, candidate) } };
}

/** The candidates in falling order of predicted IoU, which is how they are offered. */
export function rankedCandidates(ious: readonly number[]): Candidate[] {
  return [...CANDIDATES].sort((a, b) => (ious[b] ?? 0) - (ious[a] ?? 0));
}

function nextCandidate(ious: readonly number[], token: number): Candidate {
  const ranked = rankedCandidates(ious);
  return ranked[(ranked.indexOf(token as Candidate) + 1) % ranked.length] ?? 1;
}

function travel(state: EditorState, step: typeof stepBack): EditorState {
  const moved = step(state.draft, state.history);
  if (!moved) return state;
  return { ...state, draft: keepingAnswers(moved.draft, state.draft), history: moved.history, selected: null };
}

/** A dropped draft that comes back has its own answers and limit; otherwise what was learnt since stays known. */
function keepingAnswers(to: Draft, from: Draft): Draft {
  return to.maskId === from.maskId ? { ...to, answers: from.answers, choices: from.choices, limit: from.limit } : to;
}

function withLimit(state: EditorState, change: Partial<Draft["limit"]>): EditorState {
  return { ...state, draft: { ...state.draft, limit: { ...state.draft.limit, ...change } } };
}

/** The draft goes on to be saved and a new one begins. History ends here: undo never reaches into an accepted mask. */
function accept(state: EditorState, nextMaskId: string): EditorState {
  if (isEmptyDraft(state.draft) || !state.image) return state;
  const replaced = state.saved.find((mask) => mask.id === state.draft.replaces);
  const colour = replaced?.colour ?? colourBeside(draftBounds(state.draft), colouredMasks(state), state.nextColour);
  return {
    ...state,
    accepting: [...state.accepting, { draft: state.draft, colour, failure: null }],
    nextColour: replaced ? state.nextColour : state.nextColour + 1,
    draft: newDraft(nextMaskId, state.image),
    history: NO_HISTORY,
    selected: null,
  };
}

/** All accepted masks, those on their way into the list included. */
function colouredMasks({ saved, accepting }: EditorState): Coloured[] {
  const coming = accepting.map(({ draft, colour }) => ({ bbox: draftBounds(draft) ?? [0, 0, 0, 0], colour }) as const);
  return [...saved, ...coming];
}

function accepted(state: EditorState, mask: Omit<SavedMask, "colour">): EditorState {
  const entry = state.accepting.find(({ draft }) => draft.maskId === mask.id);
  if (!entry) return state;
  const saved: SavedMask = { ...mask, colour: entry.colour };
  const accepting = state.accepting.filter((other) => other !== entry);
  const at = state.saved.findIndex(({ id }) => id === entry.draft.replaces);
  if (at < 0) return { ...state, accepting, saved: [...state.saved, saved] };
  return { ...state, accepting, saved: state.saved.map((old, index) => (index === at ? saved : old)) };
}

function withFailure(state: EditorState, maskId: string, failure: string | null): EditorState {
  const change = (entry: EditorState["accepting"][number]) =>
    entry.draft.maskId === maskId ? { ...entry, failure } : entry;
  return { ...state, accepting: state.accepting.map(change) };
}

function drop(state: EditorState, nextMaskId: string): EditorState {
  if (isEmptyDraft(state.draft) || !state.image) return state;
  return did(state, { kind: "drop", before: state.draft, after: newDraft(nextMaskId, state.image) });
}

/**
 * An accepted mask becomes the draft again, with its prompts. Its bitmap stands in for the model's mask until the prompts
 * change; without prompts it was painted by hand, so it becomes paint. Only onto an empty draft: an open mask is accepted or
 * dropped first.
 */
function reopen(state: EditorState, command: Extract<Command, { kind: "reopen" }>): EditorState {
  const mask = state.saved.find(({ id }) => id === command.id);
  if (!mask || !state.image || !isEmptyDraft(state.draft)) return state;
  const fresh = newDraft(command.maskId, state.image);
  const points = mask.points.map(([x, y, label]) => ({ at: { x, y } as ImagePoint, label }));
  const lineage = newLineage(promptCount({ points, box: mask.box }), state.nextRevision);
  const draft: Draft =
    lineage.length > 0
      ? {
          ...fresh,
          points,
          box: mask.box,
          lineage,
          crop: mask.crop,
          choices: mask.firstToken ? new Map([[lineage[0] ?? 0, mask.firstToken]]) : fresh.choices,
          base: { ...mask, bitmap: command.bitmap, revision: lineage.at(-1) ?? 0 },
          replaces: mask.id,
        }
      : {
          ...fresh,
          paint: compareToPaint(emptyPaint(state.image.width, state.image.height), null, command.bitmap),
          replaces: mask.id,
        };
  return { ...state, draft, history: NO_HISTORY, nextRevision: state.nextRevision + lineage.length };
}

/**
 * The model answered to a reopened mask's prompts: what differs from the accepted bitmap becomes paint, so that clicks keep it, also
 * those that came before the answer. What was painted meanwhile lies on that bitmap already, and leaves it as it is.
 */
function rebase(state: EditorState, command: Extract<Command, { kind: "rebase" }>): EditorState {
  const { draft, history } = state;
  const painted = state.stroke !== null || anyPainted(history.past) || anyPainted(history.future);
  if (draft.maskId !== command.maskId || !draft.base || painted) return state;
  return { ...state, draft: { ...draft, base: null, paint: command.paint } };
}

function withoutMask(state: EditorState, id: string): EditorState {
  // A mask that is open again stays open; accepting it then saves it as a new one.
  const draft = state.draft.replaces === id ? { ...state.draft, replaces: null } : state.draft;
  return { ...state, draft, saved: state.saved.filter((mask) => mask.id !== id) };
}

function toggled(set: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(id)) next.add(id);
  return next;
}
