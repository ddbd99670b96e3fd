// The mask under the pointer, shown before any click. One preview is made at a time and only the newest place waits for its turn;
// a click goes before both (decoder/pure/scheduler.ts).

import { effect, type Signal, signal } from "@preact/signals";
import { type DecoderClient, Superseded } from "../../decoder/client";
import { holdsPrompts, isCutOff, sameCrop } from "../../geometry/crop";
import { frameOf } from "../../geometry/model_frame";
import { type CanvasPoint, type ImagePoint, samePoint } from "../../geometry/points";
import { pixelAt, toImage } from "../../geometry/viewport";
import type { CropBox } from "../../protocol/api";
import type { Decoded, Previewed } from "../../protocol/worker";
import { type DecodeRequest, isEmptyDraft } from "../../state/draft";
import { mayShow, type Preview } from "../../state/preview";
import { type Decoding, keyIn, type PreparedImage } from "./decoding";
import type { Store } from "./store";

interface Seen extends Preview {
  readonly image: PreparedImage;
  readonly crop: CropBox | null;
  /** The whole answer to a click here, once it is made. */
  readonly decoded: Decoded | null;
}

/** At rest there is time for the whole answer, so that a click need not wait for it. A moving pointer pauses for less than this. */
const REST_MS = 100;

export class Hover {
  private readonly visible: Signal<boolean> = signal(document.visibilityState !== "hidden");
  private seen: Seen | null = null;
  private asked: ImagePoint | null = null;
  private rest: ReturnType<typeof setTimeout> | undefined;
  private zoom: number | null = null;
  private zoomed: ReturnType<typeof setTimeout> | undefined;
  /** Where the pointer rested while there was nothing to preview: only a move from there is looked at. */
  private rested: CanvasPoint | null = null;
  /** An image on which a preview failed gets no more of them; clicks tell what is wrong. */
  private broken: PreparedImage | null = null;

  constructor(
    private readonly store: Store,
    private readonly decoder: Pick<DecoderClient, "preview" | "taken">,
    private readonly decoding: Pick<Decoding, "image" | "foreseen">,
  ) {}

  /** Follows the pointer from now on; returns what stops it. */
  start(): () => void {
    const watch = () => {
      this.visible.value = document.visibilityState !== "hidden";
    };
    document.addEventListener("visibilitychange", watch);
    this.decoding.foreseen = (image, request) => this.answerTo(image, request);
    const stop = effect(() => this.follow());
    return () => {
      stop();
      clearTimeout(this.zoomed);
      this.askNothing();
      document.removeEventListener("visibilitychange", watch);
    };
  }

  private follow(): void {
    const { store } = this;
    const place = this.place();
    const zooming = this.isZooming();
    const image = this.decoding.image;
    if (this.seen && this.seen.image !== image) this.seen = null;
    const { draft } = store.state.value;
    const onIt = this.seen !== null && mayShow(this.seen, draft) && (place !== null || !isEmptyDraft(draft));
    store.preview.value = onIt ? this.seen : null;
    if (!place) this.askNothing();
    else if (image && image !== this.broken && !zooming && !(this.asked && samePoint(place, this.asked)))
      this.ask(image, place, false);
  }

  /** Zooming moves the image under a pointer that rests: what is under it then is looked at when the image rests, too. */
  private isZooming(): boolean {
    const { zoom } = this.store.view.value.viewport;
    const zooming = this.zoom !== null && zoom !== this.zoom;
    this.zoom = zoom;
    if (zooming) {
      clearTimeout(this.zoomed);
      this.zoomed = setTimeout(() => this.follow(), REST_MS);
    }
    return zooming;
  }

  /** The pixel to preview; null where there is nothing to do. Reads every signal that this hangs on. */
  private place(): ImagePoint | null {
    const { store } = this;
    const cursor = store.cursor.value;
    const { image, tool, draft } = store.state.value;
    const view = store.view.value;
    const idle = store.decoder.value.kind === "ready" && !store.handDown.value && store.dialog.value === null;
    if (!store.hover.value || !this.visible.value || !idle || !image || tool !== "click" || !isEmptyDraft(draft)) {
      this.rested = cursor;
      return null;
    }
    return cursor && cursor !== this.rested ? pixelAt(toImage(view.viewport, cursor), image) : null;
  }

  private askNothing(): void {
    this.asked = null;
    clearTimeout(this.rest);
  }

  /** The frame that a click there would begin a mask in. */
  private cropAt(image: PreparedImage, at: ImagePoint): CropBox | null {
    const crop = this.store.crop.peek();
    return crop && holdsPrompts(crop, { points: [{ at }], box: null }, image.key) ? crop : null;
  }

  private ask(image: PreparedImage, at: ImagePoint, whole: boolean, crop = this.cropAt(image, at)): void {
    clearTimeout(this.rest);
    this.asked = at;
    this.decoder.preview(keyIn(image, crop), [at.x, at.y, 1], whole).then(
      (previewed) => this.answered(image, at, crop, previewed),
      (error: unknown) => {
        // A part may have been freed meanwhile; the next move finds the whole image.
        if (!(error instanceof Superseded) && !crop) this.broken = image;
      },
    );
  }

  /** The pointer may have gone on by now; what it left a moment ago is shown until the next answer, so that it sees something. */
  private answered(image: PreparedImage, at: ImagePoint, crop: CropBox | null, { logits, decoded }: Previewed): void {
    if (image !== this.decoding.image || !this.asked) return;
    const frame = frameOf(image.key, crop, image.manifest);
    if (crop && isCutOff(frame, logits)) {
      // A click would be decoded in the whole image's frame.
      if (samePoint(at, this.asked)) this.ask(image, at, false, null);
      return;
    }
    this.seen = { image, crop, at, logits, decoded, frame };
    this.store.preview.value = this.seen;
    if (!decoded && samePoint(at, this.asked)) this.rest = setTimeout(() => this.ask(image, at, true, crop), REST_MS);
  }

  private answerTo(image: PreparedImage, { points, box, crop }: DecodeRequest): Decoded | null {
    const [x, y, label] = points[0] ?? [];
    const { seen } = this;
    const same =
      seen?.image === image && sameCrop(seen.crop, crop) && label === 1 && seen.at.x === x && seen.at.y === y;
    const decoded = same && points.length === 1 && box === null ? seen.decoded : null;
    if (decoded) this.decoder.taken(decoded);
    return decoded;
  }
}
