// The acts of this page on their way to the server: masks, deletions and ends of images. Timing events also wait in the outbox,
// but a few of them always do: "3 waiting" counts what a person would miss.

import { computed, type ReadonlySignal } from "@preact/signals";
import type { DeleteMaskIn, LeaseIn, MaskIn, SkipIn, Uuid } from "../../protocol/api";
import type { Outbox } from "../../session/outbox";

export type SaveState =
  | { readonly kind: "saved" }
  | { readonly kind: "waiting"; readonly count: number }
  /** Something stands in the way: no network, or nobody signed in. `count` is 0 when only timing events wait. */
  | { readonly kind: "trouble"; readonly count: number; readonly code: string; readonly message: string };

export class Outgoing {
  readonly state: ReadonlySignal<SaveState>;
  private readonly ends = new Map<number, Promise<"sent" | "refused">>();

  constructor(
    private readonly outbox: Pick<Outbox, "saveMask" | "deleteMask" | "finish" | "skip" | "whenSent" | "status">,
  ) {
    this.state = computed(() => {
      const { waiting, acts, lastError } = outbox.status.value;
      if (waiting > 0 && lastError) return { kind: "trouble", count: acts, ...lastError };
      return acts > 0 ? { kind: "waiting", count: acts } : { kind: "saved" };
    });
  }

  /** Each resolves as soon as the act can't be lost any more. */
  async saveMask(maskId: Uuid, mask: MaskIn): Promise<void> {
    await this.outbox.saveMask(maskId, mask);
  }

  async deleteMask(maskId: Uuid, lease: DeleteMaskIn): Promise<void> {
    await this.outbox.deleteMask(maskId, lease);
  }

  async finish(sessionId: number, lease: LeaseIn): Promise<void> {
    this.ends.set(sessionId, this.outbox.whenSent(await this.outbox.finish(sessionId, lease)));
  }

  async skip(sessionId: number, skip: SkipIn): Promise<void> {
    this.ends.set(sessionId, this.outbox.whenSent(await this.outbox.skip(sessionId, skip)));
  }

  /** Resolves when the server knows how the session ended; at once when it was not ended here. */
  async whenEnded(sessionId: number): Promise<void> {
    await this.ends.get(sessionId);
  }
}
