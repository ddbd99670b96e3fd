// A click is answered with the logits that the image's pixels are made of. As a prompt for the next click a mask counts as a whole,
// as it does in the reference: so the rest is made when there is time, and the next click waits for it.

import { completeOutside } from "../geometry/made_part";
import type { Decoded, DecodePrompts, ImageKey } from "../protocol/worker";

export type DecodeRequest = { readonly key: ImageKey } & DecodePrompts;

export class Completions {
  /** What completes a plane that was handed out; nothing for one that is whole. */
  private readonly open = new WeakMap<Float32Array, () => Promise<void>>();

  /** `complete` answers the request with all logits. */
  constructor(private readonly complete: (request: DecodeRequest) => Promise<Decoded>) {}

  /**
   * Takes note of an answer, whose planes are completed at once or (`later`) when `whole` asks for one: in place, so that they are whole wherever they have gone by then. No
   * pixel of the image sees it. The request's own mask must be whole.
   */
  remember(request: DecodeRequest, { logits, made }: Decoded, when: "now" | "later"): void {
    if (!made) return;
    let running: Promise<void> | null = null;
    const finish = async () => {
      const whole = await this.complete(request);
      for (const [token, plane] of logits.entries()) {
        completeOutside(plane, whole.logits[token]!, made);
        this.open.delete(plane);
      }
    };
    const once = () => {
      running ??= finish().catch((error: unknown) => {
        running = null;
        throw error;
      });
      return running;
    };
    for (const plane of logits) this.open.set(plane, once);
    // Nobody waits yet: what goes wrong is told to who asks again.
    if (when === "now") once().catch(() => {});
  }

  /** Null for a plane that is whole, else when it will be. */
  whole(plane: Float32Array): Promise<void> | null {
    return this.open.get(plane)?.() ?? null;
  }
}
