// The acts of this page on their way to the server: masks, deletions and ends of images. Timing events also wait in the outbox,
// but a few of them always do: "3 waiting" counts what a person would miss.

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { DeleteMaskIn, LeaseIn, MaskIn, SkipIn, Uuid } from "../../protocol/api";
import type { Outbox } from "../../session/outbox";

export type SaveState =
  | { readonly kind: "saved" }
  | { readonly kind: "waiting"; readonly count: number }
  /** Something stands in the way: no network, or nobody signed in. */
  | { readonly kind: "trouble"; readonly count: number; readonly message: string };

export class Outgoing {
  readonly state: ReadonlySignal<SaveState>;
  private readonly unsent = signal(0);
  private readonly ends = new Map<number, Promise<"sent" | "refused">>();

  constructor(
    private readonly outbox: Pick<Outbox, "saveMask" | "deleteMask" | "finish" | "skip" | "whenSent" | "status">,
  ) {
    this.state = computed(() => {
      const { waiting, lastError } = outbox.status.value;
      if (waiting > 0 && lastError) return { kind: "trouble", count: waiting, message: lastError.message };
      return this.unsent.value > 0 ? { kind: "waiting", count: this.unsent.value } : { kind: "saved" };
    });
  }

  /** Each resolves as soon as the act can't be lost any more. */
  async saveMask(maskId: Uuid, mask: MaskIn): Promise<void> {
    this.follow(await this.outbox.saveMask(maskId, mask));
  }

  async deleteMask(maskId: Uuid, lease: DeleteMaskIn): Promise<void> {
    this.follow(await this.outbox.deleteMask(maskId, lease));
  }

  async finish(sessionId: number, lease: LeaseIn): Promise<void> {
    this.ends.set(sessionId, this.follow(await this.outbox.finish(sessionId, lease)));
  }

  async skip(sessionId: number, skip: SkipIn): Promise<void> {
    this.ends.set(sessionId, this.follow(await this.outbox.skip(sessionId, skip)));
  }

  /** Resolves when the server knows how the session ended; at once when it was not ended here. */
  async whenEnded(sessionId: number): Promise<void> {
    await this.ends.get(sessionId);
  }

  private async follow(order: number): Promise<"sent" | "refused"> {
    this.unsent.value++;
    try {
      return await this.outbox.whenSent(order);
    } finally {
      this.unsent.value--;
    }
  }
}
