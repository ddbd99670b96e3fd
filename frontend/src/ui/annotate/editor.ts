// The acts of the annotate page. Keys, buttons and the 30-second rule all come through here.

import { effect, type ReadonlySignal } from "@preact/signals";
import type { ModelBitmaps } from "../../canvas/model_bitmaps";
import type { SkipReason } from "../../protocol/api";
import { newUuid } from "../../session/events";
import type { ImageQueue } from "../../session/images";
import type { Outbox } from "../../session/outbox";
import { anyAdded } from "../../state/compose";
import {
  baseInForce,
  currentModelMask,
  type Draft,
  decodeRequest,
  isEmptyDraft,
  mayChoose,
  revisionOf,
} from "../../state/draft";
import type { Command } from "../../state/editor_state";
import { rankedCandidates } from "../../state/reducer";
import { fitView, zoomView } from "../../state/view";
import type { Act, KeyContext } from "../../tools/keys";
import { resizedBrush } from "../../tools/wheel";
import { AcceptedMasks } from "./accepted_masks";
import type { Accepting } from "./accepting";
import { workAhead } from "./ahead";
import type { Decoder, Decoding } from "./decoding";
import type { Hover } from "./hover";
import type { ImageFlow } from "./image_flow";
import type { DraftKeeper } from "./keeping";
import { Leaving } from "./leaving";
import type { Outgoing, SaveState } from "./outgoing";
import type { Store } from "./store";
import type { Timekeeper } from "./timekeeper";

export interface EditorParts {
  readonly store: Store;
  readonly queue: ImageQueue;
  readonly outbox: Pick<Outbox, "status" | "retryRefused" | "discardRefused">;
  readonly outgoing: Outgoing;
  readonly decoding: Decoding;
  readonly decoder: Decoder;
  readonly accepting: Accepting;
  readonly hover: Pick<Hover, "start">;
  readonly flow: ImageFlow;
  readonly keeper: Pick<DraftKeeper, "start" | "bringBack">;
  readonly time: Timekeeper;
  readonly bitmaps: ModelBitmaps;
}

const ZOOM_STEP = 1.25;

export class Editor {
  readonly store: Store;
  readonly masks: AcceptedMasks;
  /** Puts the focus back on the canvas; set by the canvas when it is there. */
  focusCanvas: () => void = () => {};
  /** The prompt whose mask is awaited on the screen: for the measure "click-to-mask". */
  private clicked: { readonly revision: number; readonly at: number } | null = null;
  private readonly leaving: Leaving;

  constructor(private readonly parts: EditorParts) {
    this.store = parts.store;
    this.masks = new AcceptedMasks(parts, () => this.focusCanvas());
    this.leaving = new Leaving(parts, {
      accept: () => this.accept(),
      drop: () => this.drop(),
      objection: () => this.objectionTo(this.draft),
    });
    parts.decoding.onDecoded = (ms) => parts.time.log({ kind: "decode", data: { ms } }, this.draft.maskId);
    parts.flow.onShown = () => this.imageShown();
  }

  get saveState(): ReadonlySignal<SaveState> {
    return this.parts.outgoing.state;
  }

  /** What the server would not take, and what to do with it. */
  get outbox(): EditorParts["outbox"] {
    return this.parts.outbox;
  }

  /** Starts everything that goes on by itself; returns what stops it. */
  start(): () => void {
    const { decoding, hover, flow, keeper, time, queue } = this.parts;
    time.start();
    const stops = [
      decoding.start(),
      hover.start(),
      flow.start(),
      keeper.start(),
      workAhead(this.parts),
      effect(() => {
        if (this.store.limit.value.advanceNow) void this.leaving.advance();
      }),
      effect(() => {
        const { stage, limitSeconds } = this.store.limit.value;
        if (stage === "hint") this.store.announcement.value = `Almost ${limitSeconds} seconds on this mask`;
      }),
    ];
    void queue.start();
    return () => {
      for (const stop of stops) stop();
      time.stop();
    };
  }

  perform(act: Act): void {
    switch (act.act) {
      case "accept":
        void this.accept();
        break;
      case "drop":
        this.drop();
        break;
      case "undo":
      case "redo":
        this.travel(act.act);
        break;
      case "candidate":
        this.choose(act.candidate);
        break;
      case "tool":
        this.store.dispatch({ kind: "setTool", tool: act.tool });
        break;
      case "brush":
        this.setBrushSize(resizedBrush(this.store.state.value.brushSize, act.direction));
        break;
      default:
        this.performOnImage(act);
    }
  }

  private performOnImage(act: Act): void {
    switch (act.act) {
      case "next":
        void this.leaving.next();
        break;
      case "skip":
        this.openSkip();
        break;
      case "keepAndNext":
        void this.leaving.answerLimit("keep_next");
        break;
      case "dropAndNext":
        void this.leaving.answerLimit("drop_next");
        break;
      case "moreTime":
        void this.leaving.answerLimit("extend");
        break;
      default:
        this.look(act);
    }
  }

  private look(act: Act): void {
    const { store } = this;
    const { image } = store.state.value;
    if (act.act === "hideMasks") store.dispatch({ kind: "toggleAllMasks" });
    else if (act.act === "hover") store.toggleHover();
    else if (act.act === "help") store.dialog.value = "help";
    else if (!image) return;
    else if (act.act === "fit") store.view.value = fitView(store.view.value, image);
    else if (act.act === "zoom") {
      const factor = act.direction > 0 ? ZOOM_STEP : 1 / ZOOM_STEP;
      store.view.value = zoomView(store.view.value, factor, image);
    }
  }

  keyContext(): KeyContext {
    const { store } = this;
    const { draft } = store.state.peek();
    const revision = revisionOf(draft);
    return {
      limitAsks: store.limit.peek().prompt,
      candidatesOffered: mayChoose(draft) && revision !== null && draft.answers.has(revision),
      dialogOpen: store.dialog.peek() !== null,
    };
  }

  /** A command from the pointer. `timeStamp` is that of the browser's event. */
  point(command: Command, timeStamp: number): void {
    const { store } = this;
    const before = store.state.value;
    store.dispatch(command);
    const { draft } = store.state.value;
    if (store.state.value === before || !before.image) return;
    const { time } = this.parts;
    if (command.kind === "addPoint" || command.kind === "setBox") {
      time.beginMask(draft.maskId);
      const data = command.kind === "addPoint" ? { prompt: "point", label: command.label } : { prompt: "box" };
      time.log({ kind: "prompt", data }, draft.maskId);
      const revision = revisionOf(draft);
      if (revision !== null) this.clicked = { revision, at: timeStamp };
    } else if (command.kind === "beginStroke") {
      time.beginMask(draft.maskId);
    } else if (command.kind === "endStroke" && store.state.value.history !== before.history) {
      time.log({ kind: "stroke", data: { mode: before.stroke?.mode ?? "brush" } }, draft.maskId);
    }
  }

  setBrushSize(size: number): void {
    this.store.dispatch({ kind: "setBrushSize", size });
  }

  /** The frame with a state's mask is on the screen. */
  maskShown(revision: number): void {
    if (this.clicked?.revision !== revision) return;
    performance.measure("click-to-mask", { start: this.clicked.at, end: performance.now() });
    this.clicked = null;
  }

  // -- The mask at hand -------------------------------------------------------------------------------------------------

  /** True when there was something to accept and it is on its way. */
  async accept(): Promise<boolean> {
    const { store } = this;
    const session = store.session.value;
    const { draft } = store.state.value;
    const objection = session ? this.objectionTo(draft) : "No image is open.";
    if (!session || objection) {
      store.notify({ tone: "plain", text: objection ?? "" });
      return false;
    }
    const reached = store.limit.value.stage === "reached";
    if (reached && draft.limit.answer === null && draft.limit.extensions === 0) this.leaving.logAnswer("ignored");
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
    const { store } = this;
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
      action: { label: "Bring it back", run: () => this.perform({ act: "undo" }) },
    });
  }

  /** Why the draft can't be accepted, for the person at the screen; null when it can. */
  private objectionTo(draft: Draft): string | null {
    if (isEmptyDraft(draft)) return "There is no mask yet. Click an object, or paint it with the brush.";
    if (baseInForce(draft) || anyAdded(draft.paint)) return null;
    if (decodeRequest(draft)) {
      return this.store.decoder.value.kind === "ready"
        ? null
        : "The image is still being prepared. Accept the mask when you see it.";
    }
    const mask = currentModelMask(draft);
    return mask?.logits.some((logit) => logit > 0) ? null : "The mask is empty. Click the object, or drop the mask.";
  }

  private choose(place: 1 | 2 | 3 | "next"): void {
    const { draft } = this.store.state.value;
    const answer = draft.answers.get(revisionOf(draft) ?? -1);
    if (!answer) return;
    const candidate = place === "next" ? place : (rankedCandidates(answer.ious)[place - 1] ?? 1);
    this.store.dispatch({ kind: "chooseCandidate", candidate });
    const shown = currentModelMask(this.store.state.value.draft);
    if (shown) this.store.announcement.value = `Predicted IoU ${Math.round(shown.predictedIou * 100)} %`;
  }

  private travel(kind: "undo" | "redo"): void {
    const { store } = this;
    const before = store.state.value;
    store.dispatch({ kind });
    const { draft, history } = store.state.value;
    if (history === before.history) return;
    if (isEmptyDraft(draft)) this.parts.time.endMask();
    else this.parts.time.beginMask(draft.maskId);
    this.parts.time.log({ kind, data: {} }, draft.maskId);
  }

  // -- Dialogs and cards ------------------------------------------------------------------------------------------------

  acceptAndNext(): void {
    void this.leaving.acceptAndNext();
  }

  dropAndNext(): void {
    void this.leaving.dropAndNext();
  }

  skip(reason: SkipReason, note: string): void {
    void this.leaving.skip(reason, note);
  }

  dismissLimit(): void {
    this.store.dispatch({ kind: "dismissLimit" });
    this.focusCanvas();
  }

  private openSkip(): void {
    if (this.store.phase.value.kind === "working") this.store.dialog.value = "skip";
  }

  // -- The image at hand, and what goes on by itself -----------------------------------------------------------------------

  lookAgain(): void {
    this.parts.queue.lookAgain();
  }

  /** After a failure of picture, embedding or model. */
  retryImage(): void {
    this.parts.flow.retry();
  }

  private imageShown(): void {
    this.clicked = null;
    this.parts.time.forgetMasks();
    // "Undo" of the image before has nothing to do with this one.
    if (this.store.notice.peek()?.action) this.store.notify(null);
    this.parts.time.log({ kind: "session_shown", data: {} });
    const session = this.store.session.peek();
    this.store.announcement.value = `Image ${session?.image.file_name ?? ""}`;
    if (session) void this.parts.keeper.bringBack(session);
  }

  private get draft(): Draft {
    return this.store.state.peek().draft;
  }
}
