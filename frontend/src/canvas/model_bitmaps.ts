// The model's masks at the image's resolution, by their logits. The worker usually works them out ahead; when it has not, they
// are worked out here, so that a brush stroke never waits for a message.

import type { Bitmap } from "../geometry/bitmap";
import { materialise } from "../geometry/logits";
import type { ModelMask } from "../state/draft";

export class ModelBitmaps {
  private readonly known = new WeakMap<Float32Array, Bitmap>();

  has(mask: ModelMask): boolean {
    return this.known.has(mask.logits);
  }

  put(logits: Float32Array, bitmap: Bitmap): void {
    this.known.set(logits, bitmap);
  }

  get(mask: ModelMask): Bitmap {
    let bitmap = this.known.get(mask.logits);
    if (!bitmap) {
      bitmap = materialise(mask.frame, mask.logits).bitmap;
      this.known.set(mask.logits, bitmap);
    }
    return bitmap;
  }
}
