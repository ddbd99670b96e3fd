// What is looked at closely is encoded by itself, on the server and in the background: small objects then get masks as fine as large
// ones. Nothing waits for it. Once the decoder has it prepared, masks begin there whose first prompt lies well inside
// (state/prompting.ts); until then, and wherever it fails, the whole image's embedding serves as ever.

import { effect, untracked } from "@preact/signals";
import type { DecoderClient } from "../../decoder/client";
import { meets, sameCrop, servesView } from "../../geometry/crop";
import type { ImageRect } from "../../geometry/points";
import { visibleRect } from "../../geometry/viewport";
import type { CropBox, CropOut, SessionOut } from "../../protocol/api";
import type { Http } from "../../session/http";
import type { EditorState } from "../../state/editor_state";
import type { View } from "../../state/view";
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
/** Hints may be lost: then it is asked. */
const LOOK_AGAIN_MS = 2_000;

export interface DeepZoomParts {
  readonly store: Store;
  readonly http: Pick<Http, "askForCrop" | "crop" | "bytes">;
  readonly decoder: Pick<DecoderClient, "setPart" | "forgetPart">;
  readonly decoding: Pick<Decoding, "image" | "hasCrop">;
}

interface Asking {
  readonly view: ImageRect;
  /** Known as soon as the server has answered. */
  box: CropBox | null;
  failed: boolean;
}

export class DeepZoom {
  /** Prepared in the decoder, the newest last. */
  private held: CropBox[] = [];
  private of: PreparedImage | null = null;
  private asking: Asking | null = null;
  private rest: ReturnType<typeof setTimeout> | undefined;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly parts: DeepZoomParts) {
    parts.decoding.hasCrop = (crop) => this.held.some((other) => sameCrop(crop, other));
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
    for (const wake of [...this.waiting]) wake();
  }

  private follow(): void {
    const { store, decoding } = this.parts;
    const { value: state } = store.state;
    const ready = store.decoder.value.kind === "ready";
    const view = store.sharper.value && ready ? closeView(store.view.value, state) : null;
    if (decoding.image !== this.of) {
      this.forgetAll();
      this.of = decoding.image;
    }
    const offered = view && state.image ? (this.held.findLast((crop) => meets(crop, view)) ?? null) : null;
    this.free(offered, state);
    const size = state.image;
    const sharp = offered !== null && view !== null && size !== null && servesView(offered, view, size);
    if (!sharp && view && size) this.want(view, size);
    else this.wantNothing();
    untracked(() => this.tell(offered, view));
  }

  private tell(offered: CropBox | null, view: ImageRect | null): void {
    const { store } = this.parts;
    store.crop.value = offered;
    const coming = view !== null && this.asking !== null && !this.asking.failed;
    store.sharpness.value = offered ? "sharp" : coming ? "preparing" : "none";
  }

  private want(view: ImageRect, size: { width: number; height: number }): void {
    const { asking } = this;
    const served = asking && (asking.box ? servesView(asking.box, view, size) : sameRect(asking.view, view));
    if (served || (asking && sameRect(asking.view, view))) return;
    clearTimeout(this.rest);
    this.rest = setTimeout(() => void this.ask(view), REST_MS);
  }

  private wantNothing(): void {
    clearTimeout(this.rest);
    this.asking = null;
  }

  private async ask(view: ImageRect): Promise<void> {
    const { store, decoding, decoder, http } = this.parts;
    const session = store.session.peek();
    const image = decoding.image;
    if (!session || !image) return;
    const asking: Asking = { view, box: null, failed: false };
    this.asking = asking;
    this.tell(store.crop.peek(), view);
    try {
      const asked = await http.askForCrop(session.id, { lease_token: session.lease_token, view: boxOf(view) });
      asking.box = asked.crop_box;
      if (this.held.some((crop) => sameCrop(crop, asked.crop_box))) return;
      const done = await this.encoded(session, asked, asking);
      if (!done) return;
      const bytes = await http.bytes(done.url, { timeoutMs: 120_000 });
      if (this.asking !== asking) return;
      await decoder.setPart(keyIn(image, done.box), bytes, done.sha256);
      // The image may have gone meanwhile, and what it held been freed; a view that moved on finds it freed by itself.
      if (this.of === image) this.held = [...this.held, done.box];
      else decoder.forgetPart(keyIn(image, done.box));
    } catch {
      // Nobody waits for it: where the view rests next, it is asked for again.
      asking.failed = true;
    }
    this.follow();
  }

  /** Null when it is no longer wanted. */
  private async encoded(
    session: SessionOut,
    asked: CropOut,
    asking: Asking,
  ): Promise<{ readonly url: string; readonly sha256: string; readonly box: CropBox } | null> {
    let crop = asked;
    for (;;) {
      if (this.asking !== asking) return null;
      if (crop.url !== null && crop.sha256 !== null) return { url: crop.url, sha256: crop.sha256, box: crop.crop_box };
      if (crop.state === "failed") throw new Error(crop.reason);
      await this.news();
      if (this.asking === asking) crop = await this.parts.http.crop(session.id, crop.id);
    }
  }

  private news(): Promise<void> {
    return new Promise((done) => {
      const wake = () => {
        clearTimeout(timer);
        this.waiting.delete(wake);
        done();
      };
      const timer = setTimeout(wake, LOOK_AGAIN_MS);
      this.waiting.add(wake);
    });
  }

  /** What is neither looked at nor needed by a mask that was begun in it. */
  private free(offered: CropBox | null, { draft, accepting }: EditorState): void {
    const needed = [offered, draft.crop, ...accepting.map((entry) => entry.draft.crop)];
    const isNeeded = (crop: CropBox) => needed.some((other) => sameCrop(crop, other));
    this.forget(this.held.filter((crop) => !isNeeded(crop)));
  }

  private forgetAll(): void {
    this.wantNothing();
    this.forget(this.held);
  }

  private forget(crops: readonly CropBox[]): void {
    if (crops.length === 0 || !this.of) return;
    this.held = this.held.filter((crop) => !crops.includes(crop));
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
