// Pixels worked out before they are needed.

import { effect } from "@preact/signals";
import type { ModelBitmaps } from "../../canvas/model_bitmaps";
import { compareToPaint } from "../../state/compose";
import { baseInForce, currentModelMask, type Draft, type ModelMask } from "../../state/draft";
import { emptyPaint } from "../../state/paint";
import type { Decoder, Decoding, PreparedImage } from "./decoding";
import type { Store } from "./store";

export interface AheadParts {
  readonly store: Store;
  readonly decoder: Decoder;
  readonly decoding: Pick<Decoding, "image">;
  readonly bitmaps: ModelBitmaps;
}

/** Follows the store from now on; returns what stops it. */
export function workAhead(parts: AheadParts): () => void {
  const asked = new WeakSet<Float32Array>();
  return effect(() => {
    const { draft, tool } = parts.store.state.value;
    const mask = currentModelMask(draft);
    const image = parts.decoding.image;
    if (!mask || !image || asked.has(mask.logits)) return;
    const base = baseInForce(draft);
    const painted = base !== null && base.brushPixelsAdded + base.brushPixelsRemoved > 0;
    if (!painted && tool !== "brush" && tool !== "eraser") return;
    asked.add(mask.logits);
    void materialise(parts, image, mask, painted ? draft : null);
  });
}

async function materialise(
  { decoder, bitmaps, store }: AheadParts,
  image: PreparedImage,
  mask: ModelMask,
  reopened: Draft | null,
): Promise<void> {
  try {
    const made = await decoder.materialise(image.key, mask.logits);
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
