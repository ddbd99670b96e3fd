// Pixels worked out before they are needed.

import { effect } from "@preact/signals";
import type { ModelBitmaps } from "../../canvas/model_bitmaps";
import { compareToPaint } from "../../state/compose";
import { baseInForce, currentModelMask, type Draft, type ModelMask } from "../../state/draft";
import { emptyPaint } from "../../state/paint";
import { type Decoder, type Decoding, keyOfMask, type PreparedImage } from "./decoding";
import type { Store } from "./store";

export interface AheadParts {
  readonly store: Store;
  readonly decoder: Pick<Decoder, "materialise">;
  readonly decoding: Pick<Decoding, "image" | "decodeAll">;
  readonly bitmaps: ModelBitmaps;
}

/** Follows the store from now on; returns what stops it. */
export function workAhead(parts: AheadParts): () => void {
  const asked = new WeakSet<Float32Array>();
  /** A mask that had been painted on and is open again: the model has not answered to its own prompts yet. */
  let reopened: Draft | null = null;
  return effect(() => {
    const { draft, tool } = parts.store.state.value;
    const mask = currentModelMask(draft);
    const { image } = parts.decoding;
    const painted = draft.base !== null && draft.base.brushPixelsAdded + draft.base.brushPixelsRemoved > 0;
    const before = reopened;
    reopened = painted && baseInForce(draft) && !mask ? draft : null;
    // The prompts have changed before the answer came: then it is asked for all the same.
    if (before && image && !baseInForce(draft) && draft.base === before.base) void answer(parts, image, before);
    if (!mask || !image || asked.has(mask.logits)) return;
    const base = baseInForce(draft);
    if (!(painted && base) && tool !== "brush" && tool !== "eraser") return;
    asked.add(mask.logits);
    void materialise(parts, image, mask, painted ? base && draft : null);
  });
}

async function answer(parts: AheadParts, image: PreparedImage, reopened: Draft): Promise<void> {
  try {
    const mask = currentModelMask(await parts.decoding.decodeAll(reopened, image));
    if (mask) await materialise(parts, image, mask, reopened);
  } catch {
    // Then the paint is lost, as where there is no model.
  }
}

async function materialise(
  { decoder, bitmaps, store }: AheadParts,
  image: PreparedImage,
  mask: ModelMask,
  reopened: Draft | null,
): Promise<void> {
  try {
    const made = await decoder.materialise(keyOfMask(image, mask), mask.logits);
    bitmaps.put(mask.logits, made);
    if (!reopened?.base) return;
    // What the model does not give of a mask that had been painted on becomes paint, so that further clicks leave it alone.
    const { bitmap } = made;
    const paint = compareToPaint(emptyPaint(bitmap.width, bitmap.height), bitmap, reopened.base.bitmap);
    store.dispatch({ kind: "rebase", maskId: reopened.maskId, paint });
  } catch {
    // Then the canvas works them out itself, or a reopened mask keeps its own bitmap until the next prompt.
  }
}
