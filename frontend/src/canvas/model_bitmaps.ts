// The model's masks at the image's resolution, by their logits: worked out once, by the worker, for the brush and for accepting. When
// a stroke begins before it is done, they are worked out here, so that a brush never waits for a message.

import type { Bitmap } from "../geometry/bitmap";
import { type MaterialisedMask, materialise } from "../geometry/logits";
import type { ModelMask } from "../state/draft";

export class ModelBitmaps {
  private readonly known = new WeakMap<Float32Array, MaterialisedMask>();

  find(logits: Float32Array): MaterialisedMask | undefined {
    return this.known.get(logits);
  }

  put(logits: Float32Array, made: MaterialisedMask): void {
    this.known.set(logits, made);
  }

  get(mask: ModelMask): Bitmap {
    let made = this.known.get(mask.logits);
    if (!made) {
      made = materialise(mask.frame, mask.logits);
      this.known.set(mask.logits, made);
    }
    return made.bitmap;
  }
}
