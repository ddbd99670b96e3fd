// From an accepted draft to a mask in the outbox: the last answer of the decoder, the pixels at the image's own resolution, the
// paint over them, the RLE. The annotator goes on meanwhile.

import type { ModelBitmaps } from "../../canvas/model_bitmaps";
import type { Bitmap } from "../../geometry/bitmap";
import { encodeRle, rleArea } from "../../geometry/rle";
import type { MaskIn, MaskToken, Prompts, SessionOut, Uuid } from "../../protocol/api";
import { composeMask } from "../../state/compose";
import { baseInForce, currentModelMask, type Draft, firstToken } from "../../state/draft";
import { acceptedFrom, type SavedMask } from "../../state/saved";
import { timeLimitOutcome } from "../../state/time_limit";
import { afterFrame } from "./after_frame";
import { type Decoder, type Decoding, keyOfMask, NOT_PREPARED, type PreparedImage } from "./decoding";
import { type OtherMasks, without } from "./other_masks";
import type { Store } from "./store";

/** Takes a mask into the durable outbox; resolves when it is there. */
export type PutMask = (maskId: Uuid, mask: MaskIn) => Promise<unknown>;

/** What lies under the paint, and what the model says of it. */
interface Underlay {
  readonly draft: Draft;
  readonly bitmap: Bitmap | null;
  readonly chosenToken: MaskToken | null;
  readonly predictedIou: number | null;
  readonly stabilityScore: number | null;
  readonly brushPixelsAdded: number;
  readonly brushPixelsRemoved: number;
}

interface Accepted {
  readonly draft: Draft;
  readonly session: SessionOut;
  readonly image: PreparedImage | null;
  readonly activeMs: number;
}

const ON_OTHERS = "All of it lies on other masks, which keep their pixels. Switch that off to accept it.";

export class EmptyMask extends Error {
  constructor(why = "The mask is empty. Click the object, or paint it with the brush.") {
    super(why);
  }
}

export class Accepting {
  /** By mask: what it takes to try again. */
  private readonly waiting = new Map<Uuid, Accepted>();
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly store: Store,
    private readonly decoding: Decoding,
    private readonly decoder: Decoder,
    private readonly bitmaps: Pick<ModelBitmaps, "find">,
    private readonly others: Pick<OtherMasks, "pixels">,
    private readonly put: PutMask,
    /** Resolves when the frame with the accepted mask is on the screen: working out its pixels can wait for that. */
    private readonly painted: () => Promise<unknown> = afterFrame,
  ) {}

  /** Called with the draft just accepted. Masks enter the outbox in the order they were accepted in. */
  accept(draft: Draft, session: SessionOut, activeMs: number): Promise<void> {
    this.waiting.set(draft.maskId, { draft, session, image: this.decoding.image, activeMs });
    return this.retry(draft.maskId);
  }

  retry(maskId: Uuid): Promise<void> {
    const accepted = this.waiting.get(maskId);
    if (!accepted) return Promise.resolve();
    this.store.dispatch({ kind: "retryAccept", maskId });
    const done = this.last.then(() => this.save(accepted));
    this.last = done;
    return done;
  }

  /** Gives up a mask that could not be saved: only ever because a person said so, or because it has no pixel. */
  discard(maskId: Uuid): void {
    this.waiting.delete(maskId);
    this.store.dispatch({ kind: "discardAccepting", maskId });
  }

  /** Resolves when every mask accepted so far is in the outbox, or has failed to get there. */
  settled(): Promise<unknown> {
    return this.last;
  }

  /** Puts the pixels of a mask that was deleted into the outbox again, under another id. */
  async saveAgain(id: Uuid, mask: SavedMask, session: SessionOut): Promise<void> {
    await this.put(id, {
      session_id: session.id,
      lease_token: session.lease_token,
      image_sha256: session.image.sha256,
      model_version: session.model.version,
      size: mask.size,
      counts: mask.counts,
      prompts: { points: mask.points, box: mask.box, first_token: mask.firstToken, crop_box: mask.crop },
      chosen_token: mask.chosenToken,
      predicted_iou: mask.predictedIou,
      stability_score: mask.stabilityScore,
      brush_pixels_added: mask.brushPixelsAdded,
      brush_pixels_removed: mask.brushPixelsRemoved,
      active_ms: mask.activeMs,
      time_limit_outcome: mask.timeLimitOutcome,
      replaces: null,
    });
  }

  private async save(accepted: Accepted): Promise<void> {
    const { draft, session } = accepted;
    try {
      await this.painted();
      const under = await this.underlay(accepted);
      const { bitmap: composed, added, removed } = composeMask(under.bitmap, draft.paint);
      // Masks are saved one after the other: all that were accepted before lie in the list by now.
      const others = this.others.pixels(session.image.id, draft.replaces);
      const all = composed.bounds();
      if (!all) throw new EmptyMask();
      const bitmap = others ? without(composed, others, all) : composed;
      const bounds = others ? bitmap.bounds() : all;
      if (!bounds) throw new EmptyMask(ON_OTHERS);
      const rle = encodeRle(bitmap, bounds);
      const mask: MaskIn = {
        session_id: session.id,
        lease_token: session.lease_token,
        image_sha256: session.image.sha256,
        model_version: session.model.version,
        size: rle.size,
        counts: rle.counts,
        prompts: promptsOf(under.draft),
        chosen_token: under.chosenToken,
        predicted_iou: under.predictedIou,
        stability_score: under.stabilityScore,
        brush_pixels_added: under.brushPixelsAdded + added,
        brush_pixels_removed: under.brushPixelsRemoved + removed,
        active_ms: Math.round(accepted.activeMs),
        time_limit_outcome: timeLimitOutcome(session.time_limit, accepted.activeMs, draft.limit),
        replaces: draft.replaces,
      };
      await this.put(draft.maskId, mask);
      this.waiting.delete(draft.maskId);
      this.show(draft.maskId, mask, [bounds.x0, bounds.y0, bounds.x1 - bounds.x0, bounds.y1 - bounds.y0]);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (error instanceof EmptyMask) {
        this.discard(draft.maskId);
        this.store.notify({ tone: "warning", text: `Nothing was saved. ${reason}` });
        return;
      }
      this.store.dispatch({ kind: "acceptFailed", maskId: draft.maskId, reason });
      this.store.notify({ tone: "danger", text: `The mask is not saved. ${reason}`, stays: true });
    }
  }

  private show(id: Uuid, mask: MaskIn, bbox: readonly [number, number, number, number]): void {
    const area = rleArea(mask);
    this.store.dispatch({ kind: "accepted", mask: acceptedFrom(mask, { id, bbox, area }) });
  }

  private async underlay({ draft, image }: Accepted): Promise<Underlay> {
    const base = baseInForce(draft);
    // Whatever its prompts are decoded in meanwhile, its pixels are of where it was made.
    if (base) return { ...base, draft: { ...draft, crop: base.crop } };
    const answered = await this.decoding.decodeAll(draft, image);
    if (answered.lineage.length === 0) {
      const none = { bitmap: null, chosenToken: null, predictedIou: null, stabilityScore: null };
      return { ...none, draft, brushPixelsAdded: 0, brushPixelsRemoved: 0 };
    }
    if (!image) throw new Error(NOT_PREPARED);
    const mask = currentModelMask(answered);
    if (!mask) throw new Error("The decoder gave no mask for these prompts.");
    const known = this.bitmaps.find(mask.logits);
    const { bitmap, stabilityScore } = known ?? (await this.decoder.materialise(keyOfMask(image, mask), mask.logits));
    return {
      bitmap,
      chosenToken: mask.token,
      predictedIou: mask.predictedIou,
      stabilityScore,
      draft: answered,
      brushPixelsAdded: 0,
      brushPixelsRemoved: 0,
    };
  }
}

function promptsOf(draft: Draft): Prompts {
  const points = draft.points.map(({ at, label }) => [at.x, at.y, label] as const);
  return { points, box: draft.box, first_token: firstToken(draft), crop_box: draft.crop };
}
