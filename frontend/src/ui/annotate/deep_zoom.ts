// What is looked at closely is encoded by itself, on the server and in the background: small objects then get masks as fine as large
// ones. Nothing waits for it. Once the decoder has it prepared, masks begin there whose first prompt lies well inside
// (state/prompting.ts); until then, and wherever it fails, the whole image's embedding serves as ever.

import { effect, type Signal, signal, untracked } from "@preact/signals";
import type { DecoderClient } from "../../decoder/client";
import { meets, sameCrop, servesView } from "../../geometry/crop";
import type { ImageRect } from "../../geometry/points";
import { visibleRect } from "../../geometry/viewport";
import type { CropBox } from "../../protocol/api";
import type { Http } from "../../session/http";
import { awaitedCrop, mayEnterCrop } from "../../state/crop_back";
import type { EditorState } from "../../state/editor_state";
import type { View } from "../../state/view";
import { CropRequests, type WantedCrop } from "./crop_requests";
import { type Decoding, keyIn, type PreparedImage } from "./decoding";
import type { Store } from "./store";

/**
 * What is in sight is at most this share of the image's longer side. Measured by sam_core.evaluation.deep_zoom on small objects of
 * photos the model never saw: from a third on, the crop that holds the view gains at every number of clicks, and more the closer one
 * looks. Of larger views no smaller crop than half of the image would hold them.
 */
const CLOSE = 1 / 3;
/** A view that stays for so long is looked at; one in motion is not. */
const REST_MS = 500;

export interface DeepZoomParts {
  readonly store: Store;
  readonly http: Pick<Http, "askForCrop" | "crop" | "bytes">;
  readonly decoder: Pick<DecoderClient, "setPart" | "forgetPart">;
  readonly decoding: Pick<Decoding, "image" | "hasCrop" | "awaitsCrop">;
}

interface Asking {
  /** What is in sight; null where it is the mask's own part that is asked for. */
  readonly view: ImageRect | null;
  /** Known as soon as the server has answered. */
  box: CropBox | null;
  failed: boolean;
}

export class DeepZoom {
  /** Prepared in the decoder, the newest last. A signal: a mask that waits for its part is decoded when it comes. */
  private readonly held: Signal<readonly CropBox[]> = signal([]);
  /** The part that could not be had for the mask at hand. Opened again, it is asked for again. */
  private readonly lost: Signal<{ readonly maskId: string; readonly crop: CropBox } | null> = signal(null);
  private of: PreparedImage | null = null;
  private asking: Asking | null = null;
  private rest: ReturnType<typeof setTimeout> | undefined;
  private readonly requests: CropRequests;

  constructor(private readonly parts: DeepZoomParts) {
    const { decoding, store, http } = parts;
    this.requests = new CropRequests(http);
    decoding.hasCrop = (crop) => this.holds(crop);
    decoding.awaitsCrop = (crop) => store.sharper.value && !this.isLost(crop);
  }

  /** Follows the view from now on; returns what stops it. */
  start(): () => void {
    const stop = effect(() => this.follow());
    return () => {
      stop();
      this.forgetAll();
    };
  }

  /** The server says that something is new about a part. */
  lookAgain(): void {
    this.requests.lookAgain();
  }

  private follow(): void {
    const { store, decoding } = this.parts;
    const { value: state } = store.state;
    const on = store.sharper.value && store.decoder.value.kind === "ready";
    const view = on ? closeView(store.view.value, state) : null;
    if (decoding.image !== this.of) untracked(() => this.forgetAll());
    this.of = decoding.image;
    untracked(() => this.serve(state, view, on));
  }

  private serve(state: EditorState, view: ImageRect | null, on: boolean): void {
    const { store } = this.parts;
    const size = state.image;
    const offered = view && size ? this.bestFor(view, size) : null;
    this.free(offered, state);
    const own = state.draft.crop ?? awaitedCrop(state);
    const missed = own && !this.holds(own) ? own : null;
    const sharp = offered !== null && view !== null && size !== null && servesView(offered, view, size);
    if (missed && on && !this.isLost(missed)) this.wantBack(missed);
    else if (!sharp && view && size) this.want(view, size);
    else this.wantNothing();
    this.tell(state, offered, view);
    if (own && own !== state.draft.crop && !missed && mayEnterCrop(state)) {
      store.dispatch({ kind: "enterCrop", crop: own });
    }
  }

  private bestFor(view: ImageRect, size: { width: number; height: number }): CropBox | null {
    const { value: held } = this.held;
    const serves = held.findLast((crop) => servesView(crop, view, size));
    return serves ?? held.findLast((crop) => meets(crop, view)) ?? null;
  }

  private tell(state: EditorState, offered: CropBox | null, view: ImageRect | null): void {
    const { store } = this.parts;
    store.crop.value = offered;
    const coming = this.asking !== null && !this.asking.failed;
    if (coming && this.asking?.view === null) store.sharpness.value = "returning";
    else if (awaitedCrop(state)) store.sharpness.value = "lost";
    else store.sharpness.value = offered ? "sharp" : coming && view ? "preparing" : "none";
  }

  private want(view: ImageRect, size: { width: number; height: number }): void {
    const { asking } = this;
    const asked = asking?.view && sameRect(asking.view, view);
    if (asked || (asking?.view && asking.box && servesView(asking.box, view, size))) return;
    clearTimeout(this.rest);
    this.rest = setTimeout(() => void this.ask({ view: boxOf(view) }, { view, box: null, failed: false }), REST_MS);
  }

  /** The part that the mask at hand was decoded in. Nothing else is asked for meanwhile: the server has one thing in hand for each. */
  private wantBack(crop: CropBox): void {
    if (this.asking?.view === null && sameCrop(this.asking.box, crop)) return;
    clearTimeout(this.rest);
    void this.ask({ crop_box: crop }, { view: null, box: crop, failed: false });
  }

  private wantNothing(): void {
    clearTimeout(this.rest);
    this.asking = null;
  }

  private async ask(wanted: WantedCrop, asking: Asking): Promise<void> {
    const { store, decoding, decoder } = this.parts;
    const session = store.session.peek();
    const image = decoding.image;
    if (!session || !image) return;
    const { maskId } = store.state.peek().draft;
    this.asking = asking;
    this.tell(store.state.peek(), store.crop.peek(), asking.view);
    try {
      const encoded = await this.requests.get(session, wanted, (box) => {
        asking.box = box;
        return this.asking === asking && !this.holds(box);
      });
      if (!encoded) return;
      await decoder.setPart(keyIn(image, encoded.box), encoded.bytes, encoded.sha256);
      // The image may have gone meanwhile, and what it held been freed; a view that moved on finds it freed by itself.
      if (this.of === image) this.held.value = [...this.held.value, encoded.box];
      else decoder.forgetPart(keyIn(image, encoded.box));
      if (this.asking === asking && !asking.view) this.asking = null;
    } catch {
      // Nobody waits for it: where the view rests next, it is asked for again.
      asking.failed = true;
      if (this.asking === asking && !asking.view && asking.box) this.lost.value = { maskId, crop: asking.box };
    }
    this.follow();
  }

  private holds(crop: CropBox): boolean {
    return this.held.value.some((other) => sameCrop(crop, other));
  }

  private isLost(crop: CropBox): boolean {
    const lost = this.lost.value;
    return lost !== null && lost.maskId === this.parts.store.state.peek().draft.maskId && sameCrop(lost.crop, crop);
  }

  /** What is neither looked at nor needed by a mask that was begun in it. */
  private free(offered: CropBox | null, { draft, accepting }: EditorState): void {
    const needed = [offered, draft.crop, draft.awaits, ...accepting.map((entry) => entry.draft.crop)];
    const isNeeded = (crop: CropBox) => needed.some((other) => sameCrop(crop, other));
    this.forget(this.held.value.filter((crop) => !isNeeded(crop)));
  }

  private forgetAll(): void {
    this.wantNothing();
    this.forget(this.held.value);
  }

  private forget(crops: readonly CropBox[]): void {
    if (crops.length === 0 || !this.of) return;
    this.held.value = this.held.value.filter((crop) => !crops.includes(crop));
    for (const crop of crops) this.parts.decoder.forgetPart(keyIn(this.of, crop));
  }
}

/** What is in sight, where it is little enough and something is to be clicked. */
export function closeView(view: View, { image, tool }: Pick<EditorState, "image" | "tool">): ImageRect | null {
  if (!image || (tool !== "click" && tool !== "box")) return null;
  const rect = visibleRect(view.viewport, image, view.canvas);
  const longer = Math.max(rect.x1 - rect.x0, rect.y1 - rect.y0);
  const shorter = Math.min(rect.x1 - rect.x0, rect.y1 - rect.y0);
  return shorter > 0 && longer <= CLOSE * Math.max(image.width, image.height) ? rect : null;
}

function boxOf({ x0, y0, x1, y1 }: ImageRect): CropBox {
  return [x0, y0, x1 - x0, y1 - y0];
}

function sameRect(a: ImageRect, b: ImageRect): boolean {
  return a.x0 === b.x0 && a.y0 === b.y0 && a.x1 === b.x1 && a.y1 === b.y1;
}
