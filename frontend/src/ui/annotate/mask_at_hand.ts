// The mask being made: prompts and strokes as they come, undo and redo, and how it ends.

import type { LassoLine } from "../../geometry/points";
import { newUuid } from "../../session/events";
import { anyAdded } from "../../state/compose";
import { answerAt, baseInForce, currentModelMask, decodeRequest, isEmptyDraft, revisionOf } from "../../state/draft";
import type { Command } from "../../state/editor_state";
import { rankedCandidates } from "../../state/reducer";
import type { Accepting } from "./accepting";
import type { OtherMasks } from "./other_masks";
import type { Store } from "./store";
import type { Timekeeper } from "./timekeeper";

export interface MaskAtHandParts {
  readonly store: Store;
  readonly accepting: Pick<Accepting, "accept">;
  readonly others: Pick<OtherMasks, "pixels">;
  readonly time: Pick<Timekeeper, "beginMask" | "endMask" | "log">;
}

export class MaskAtHand {
  /** The prompt whose mask is awaited on the screen: for the measure "click-to-mask". */
  private clicked: { readonly revision: number; readonly at: number } | null = null;

  /** `overLimit` is told of a mask that is accepted though the limit's question was not answered. */
  constructor(
    private readonly parts: MaskAtHandParts,
    private readonly overLimit: () => void,
  ) {}

  /** Another image is on the table: no mask of the one before will be shown. */
  forget(): void {
    this.clicked = null;
  }

  /** A command from the pointer. `timeStamp` is that of the browser's event. */
  point(command: Command, timeStamp: number): void {
    const { store } = this.parts;
    const before = store.state.value;
    store.dispatch(this.inSight(this.besideOthers(command)));
    const { draft } = store.state.value;
    if (store.state.value === before || !before.image) return;
    const { time } = this.parts;
    if (command.kind === "addPoint" || command.kind === "setBox") {
      time.beginMask(draft.maskId);
      const data = command.kind === "addPoint" ? { prompt: "point", label: command.label } : { prompt: "box" };
      time.log({ kind: "prompt", data }, draft.maskId);
      const revision = revisionOf(draft);
      if (revision !== null) this.clicked = { revision, at: timeStamp };
    } else if (command.kind === "removePrompt" || command.kind === "endMove") {
      if (store.state.value.history === before.history) return;
      const change = command.kind === "endMove" ? "moved" : "removed";
      const prompt = command.kind === "removePrompt" ? command.prompt.kind : (before.moving?.prompt.kind ?? "point");
      time.log({ kind: "prompt", data: { prompt, change } }, draft.maskId);
      if (isEmptyDraft(draft)) time.endMask();
    } else if (command.kind === "beginStroke") {
      time.beginMask(draft.maskId);
    } else if (command.kind === "fillPolygon") {
      time.beginMask(draft.maskId);
      time.log({ kind: "stroke", data: { mode: command.mode, tool: "lasso" } }, draft.maskId);
    } else if (command.kind === "endStroke" && store.state.value.history !== before.history) {
      time.log({ kind: "stroke", data: { mode: before.stroke?.mode ?? "brush" } }, draft.maskId);
    }
  }

  /** The lasso's line as it is now. A mask's time begins with it, and stops where nothing comes of it. */
  outline(line: LassoLine | null): void {
    const { store, time } = this.parts;
    const begins = line !== null && store.lasso.peek() === null;
    store.lasso.value = line;
    const { draft } = store.state.peek();
    if (begins) time.beginMask(draft.maskId);
    else if (line === null && isEmptyDraft(draft)) time.endMask();
  }

  /** What paints leaves the pixels of other masks alone, where that is switched on. */
  private besideOthers(command: Command): Command {
    if (command.kind !== "beginStroke" && command.kind !== "fillPolygon") return command;
    const { image, draft } = this.parts.store.state.peek();
    const blocked = image && command.mode === "brush" ? this.parts.others.pixels(image.id, draft.replaces) : null;
    return blocked ? { ...command, blocked } : command;
  }

  /** A mask that begins where a part of the image is ready by itself begins there. */
  private inSight(command: Command): Command {
    if (command.kind !== "addPoint" && command.kind !== "setBox") return command;
    const crop = this.parts.store.crop.peek();
    return crop ? { ...command, crop } : command;
  }

  redoAsBackground(): void {
    const { store } = this.parts;
    const before = store.state.value;
    store.dispatch({ kind: "redoAsBackground" });
    const { draft, history } = store.state.value;
    if (history === before.history) {
      store.notify({
        tone: "plain",
        text: "Erase a part of a mask that was clicked first; then it can become background.",
      });
      return;
    }
    this.parts.time.log({ kind: "prompt", data: { prompt: "point", label: 0, from: "eraser" } }, draft.maskId);
    store.announcement.value = "What was erased is background now";
  }

  removeSelected(): void {
    const { selected } = this.parts.store.state.value;
    if (!selected) return;
    this.point({ kind: "removePrompt", prompt: selected }, performance.now());
    this.parts.store.announcement.value = "Prompt removed";
  }

  /** The frame with a state's mask is on the screen. */
  shown(revision: number): void {
    if (this.clicked?.revision !== revision) return;
    performance.measure("click-to-mask", { start: this.clicked.at, end: performance.now() });
    this.clicked = null;
  }

  /** True when there was something to accept and it is on its way. */
  async accept(): Promise<boolean> {
    const { store } = this.parts;
    const session = store.session.value;
    const { draft } = store.state.value;
    const objection = session ? this.objection() : "No image is open.";
    if (!session || objection) {
      store.notify({ tone: "plain", text: objection ?? "" });
      return false;
    }
    const reached = store.limit.value.stage === "reached";
    if (reached && draft.limit.answer === null && draft.limit.extensions === 0) this.overLimit();
    const activeMs = this.parts.time.endMask();
    this.parts.time.log({ kind: "mask_accepted", data: { active_ms: Math.round(activeMs) } }, draft.maskId);
    store.dispatch({ kind: "accept", nextMaskId: newUuid() });
    store.notify(null);
    const accepted = store.state.value.accepting.at(-1)?.draft ?? draft;
    await this.parts.accepting.accept(accepted, session, activeMs);
    store.announcement.value = "Mask accepted";
    return true;
  }

  drop(): void {
    const { store } = this.parts;
    const { draft } = store.state.value;
    if (isEmptyDraft(draft)) {
      store.notify(null);
      return;
    }
    this.parts.time.endMask();
    this.parts.time.log({ kind: "mask_dropped", data: { replaces: draft.replaces } }, draft.maskId);
    store.dispatch({ kind: "drop", nextMaskId: newUuid() });
    store.notify({
      tone: "plain",
      text: draft.replaces ? "Changes dropped; the accepted mask stays as it was." : "Mask dropped.",
      action: { label: "Bring it back", run: () => this.travel("undo") },
    });
  }

  /** Why the draft can't be accepted, for the person at the screen; null when it can. */
  objection(): string | null {
    const { draft } = this.parts.store.state.value;
    if (isEmptyDraft(draft)) return "There is no mask yet. Click an object, or paint it with the brush.";
    if (baseInForce(draft) || anyAdded(draft.paint)) return null;
    if (decodeRequest(draft)) {
      return this.parts.store.decoder.value.kind === "ready"
        ? null
        : "The image is still being prepared. Accept the mask when you see it.";
    }
    const mask = currentModelMask(draft);
    return mask?.logits.some((logit) => logit > 0) ? null : "The mask is empty. Click the object, or drop the mask.";
  }

  choose(place: 1 | 2 | 3 | "next"): void {
    const { draft } = this.parts.store.state.value;
    const answer = answerAt(draft, revisionOf(draft));
    if (!answer) return;
    const candidate = place === "next" ? place : (rankedCandidates(answer.ious)[place - 1] ?? 1);
    this.parts.store.dispatch({ kind: "chooseCandidate", candidate });
    const shown = currentModelMask(this.parts.store.state.value.draft);
    if (shown) this.parts.store.announcement.value = `Predicted IoU ${Math.round(shown.predictedIou * 100)} %`;
  }

  travel(kind: "undo" | "redo"): void {
    const { store } = this.parts;
    const before = store.state.value;
    store.dispatch({ kind });
    const { draft, history } = store.state.value;
    if (history === before.history) return;
    if (isEmptyDraft(draft)) this.parts.time.endMask();
    else this.parts.time.beginMask(draft.maskId);
    this.parts.time.log({ kind, data: {} }, draft.maskId);
  }
}
