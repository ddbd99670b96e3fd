// The acts of the annotate page. Keys, buttons and the 30-second rule all come through here.

import { effect, type ReadonlySignal } from "@preact/signals";
import type { ModelBitmaps } from "../../canvas/model_bitmaps";
import type { SavedLayer } from "../../canvas/saved_layer";
import { toImage } from "../../geometry/viewport";
import type { SkipReason } from "../../protocol/api";
import type { ImageQueue } from "../../session/images";
import type { Outbox } from "../../session/outbox";
import { answerAt, type Draft, mayChoose, revisionOf } from "../../state/draft";
import type { Act } from "../../tools/commands";
import type { KeyContext } from "../../tools/keys";
import { AcceptedMasks } from "./accepted_masks";
import type { Accepting } from "./accepting";
import { doAct } from "./acts";
import { workAhead } from "./ahead";
import { ChosenMask } from "./chosen_mask";
import type { Decoder, Decoding } from "./decoding";
import type { DeepZoom } from "./deep_zoom";
import type { Hover } from "./hover";
import type { ImageFlow } from "./image_flow";
import type { DraftKeeper } from "./keeping";
import { Leaving } from "./leaving";
import { MaskAtHand } from "./mask_at_hand";
import type { OtherMasks } from "./other_masks";
import type { Outgoing, SaveState } from "./outgoing";
import { OwnKeys, type OwnKeysParts } from "./own_keys";
import { Prominence } from "./prominence";
import type { Store } from "./store";
import { Tidying } from "./tidying";
import type { Timekeeper } from "./timekeeper";

export interface EditorParts {
  readonly store: Store;
  readonly queue: ImageQueue;
  readonly outbox: Pick<Outbox, "status" | "sendNow" | "retryRefused" | "discardRefused">;
  readonly outgoing: Outgoing;
  readonly decoding: Decoding;
  readonly decoder: Decoder;
  readonly accepting: Accepting;
  readonly hover: Pick<Hover, "start">;
  readonly deepZoom: Pick<DeepZoom, "start">;
  readonly flow: ImageFlow;
  readonly keeper: Pick<DraftKeeper, "start" | "bringBack" | "keepNow">;
  readonly time: Timekeeper;
  readonly bitmaps: ModelBitmaps;
  readonly saved: Pick<SavedLayer, "maskAt">;
  readonly others: OtherMasks;
  readonly savePreferences: OwnKeysParts["save"];
}

export class Editor {
  readonly store: Store;
  readonly mask: MaskAtHand;
  readonly masks: AcceptedMasks;
  readonly tidying: Tidying;
  readonly keys: OwnKeys;
  readonly prominence: Prominence;
  readonly chosen: ChosenMask;
  /** Puts the focus back on the canvas; set by the canvas when it is there. */
  focusCanvas: () => void = () => {};
  readonly leaving: Leaving;
  private stop: () => void = () => {};

  constructor(private readonly parts: EditorParts) {
    this.store = parts.store;
    this.prominence = new Prominence(parts.store);
    this.keys = new OwnKeys({ keys: parts.store.keys, save: parts.savePreferences });
    this.masks = new AcceptedMasks(parts, () => this.focusCanvas());
    this.chosen = new ChosenMask(this.store, this.masks, () => this.maskUnder());
    this.tidying = new Tidying(parts);
    this.mask = new MaskAtHand(parts, () => this.leaving.logAnswer("ignored"));
    this.leaving = new Leaving(parts, this.mask);
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

  /** Starts everything that goes on by itself. */
  start(): void {
    const { decoding, hover, deepZoom, flow, keeper, time, queue } = this.parts;
    time.start();
    const stops = [
      decoding.start(),
      hover.start(),
      deepZoom.start(),
      flow.start(),
      keeper.start(),
      workAhead(this.parts),
      this.prominence.start(),
      effect(() => {
        if (this.store.limit.value.advanceNow) void this.leaving.advance();
      }),
      effect(() => {
        const { stage, limitSeconds } = this.store.limit.value;
        if (stage === "hint") this.store.announcement.value = `Almost ${limitSeconds} seconds on this mask`;
      }),
    ];
    void queue.start();
    this.stop = () => {
      for (const stop of stops) stop();
      time.stop();
    };
  }

  /** Ends the work here so that another tab finds all of it: masks on their way, the one at hand, the time. */
  async putAway(): Promise<void> {
    await this.parts.accepting.settled();
    await this.parts.keeper.keepNow();
    this.stop();
  }

  perform(act: Act): void {
    doAct(this, act);
  }

  keyContext(): KeyContext {
    const { store } = this;
    const { draft, selected } = store.state.peek();
    const revision = revisionOf(draft);
    return {
      promptSelected: selected !== null,
      limitAsks: store.limit.peek().prompt,
      candidatesOffered: mayChoose(draft) && answerAt(draft, revision) !== undefined,
      dialogOpen: store.dialog.peek() !== null,
    };
  }

  /** The accepted mask under the pointer, the topmost of those that are shown. */
  maskUnder(): string | null {
    const at = this.store.cursor.peek();
    if (!at) return null;
    const { x, y } = toImage(this.store.view.peek().viewport, at);
    return this.parts.saved.maskAt(x, y);
  }

  setBrushSize(size: number): void {
    this.store.dispatch({ kind: "setBrushSize", size });
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

  /** What the message on the picture offers: to bring back what was dropped or deleted. */
  takeOffer(): void {
    const offer = this.store.notice.value?.action;
    if (!offer) return;
    this.store.notify(null);
    offer.run();
    this.focusCanvas();
  }

  dismissLimit(): void {
    this.store.dispatch({ kind: "dismissLimit" });
    this.focusCanvas();
  }

  openSkip(): void {
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
    this.mask.forget();
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
