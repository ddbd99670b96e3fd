// Commands that tidy the open mask up. What they change becomes paint, so that they are steps of undo like any stroke and stay when
// the model's mask is refined.

import type { ModelBitmaps } from "../../canvas/model_bitmaps";
import type { Bitmap } from "../../geometry/bitmap";
import { type Change, dropIslands, fillHoles, smooth } from "../../geometry/tidy";
import { composeMask } from "../../state/compose";
import { baseInForce, currentModelMask, type Draft, isEmptyDraft, revisionOf } from "../../state/draft";
import { ADDED, paintRuns, REMOVED } from "../../state/paint";
import { type Decoder, type Decoding, keyOfMask } from "./decoding";
import type { OtherMasks } from "./other_masks";
import type { Store } from "./store";

export interface TidyingParts {
  readonly store: Store;
  readonly decoder: Pick<Decoder, "materialise">;
  readonly decoding: Pick<Decoding, "image">;
  readonly bitmaps: Pick<ModelBitmaps, "find" | "put">;
  readonly others: Pick<OtherMasks, "pixels">;
}

/** Of the square that smoothing looks at, in image pixels: as fine as what shakes in a hand's line. */
const SMOOTH_RADIUS = 2;

export class Tidying {
  constructor(private readonly parts: TidyingParts) {}

  fillHoles(): Promise<void> {
    return this.tidy((mask) => fillHoles(mask), "There are no holes in the mask.");
  }

  dropIslands(): Promise<void> {
    const least = this.parts.store.islandSize.peek();
    return this.tidy((mask) => dropIslands(mask, least), `There are no islands under ${least} pixels.`);
  }

  smooth(): Promise<void> {
    return this.tidy((mask) => smooth(mask, SMOOTH_RADIUS), "The border is smooth already.");
  }

  private async tidy(change: (mask: Bitmap) => Change, nothing: string): Promise<void> {
    const { store, others } = this.parts;
    store.dispatch({ kind: "endStroke" });
    const { draft, image } = store.state.peek();
    if (!image || isEmptyDraft(draft)) {
      store.notify({ tone: "plain", text: "There is no mask yet. Click an object, or paint it with the brush." });
      return;
    }
    const under = await this.modelPixels(draft);
    if (under === "waiting") {
      store.notify({ tone: "plain", text: "The mask is still being made. Try again when you see it." });
      return;
    }
    const { added, removed } = change(composeMask(under, draft.paint).bitmap);
    const blocked = others.pixels(image.id, draft.replaces);
    const paint = paintRuns(paintRuns(draft.paint, added, ADDED, blocked), removed, REMOVED);
    if (paint === draft.paint) store.notify({ tone: "plain", text: nothing });
    // When the mask was painted on meanwhile, nothing happens: the command was for what was seen.
    else store.dispatch({ kind: "repaint", from: draft.paint, paint });
  }

  private async modelPixels(draft: Draft): Promise<Bitmap | null | "waiting"> {
    const base = baseInForce(draft);
    if (base) return base.bitmap;
    if (revisionOf(draft) === null) return null;
    const mask = currentModelMask(draft);
    const image = this.parts.decoding.image;
    if (!mask || !image) return "waiting";
    const known = this.parts.bitmaps.find(mask.logits);
    if (known) return known.bitmap;
    const made = await this.parts.decoder.materialise(keyOfMask(image, mask), mask.logits);
    this.parts.bitmaps.put(mask.logits, made);
    return made.bitmap;
  }
}
