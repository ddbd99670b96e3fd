// The end of an image: finished, skipped, or ended by the 30-second rule. Whatever was accepted on it is in the outbox before
// its end is, and its end is before the next image is shown.

import type { SkipReason, TimeLimitAnswer, Uuid } from "../../protocol/api";
import type { ImageQueue } from "../../session/images";
import { decodeRequest, isEmptyDraft } from "../../state/draft";
import type { Accepting } from "./accepting";
import type { Outgoing } from "./outgoing";
import type { Store } from "./store";
import type { Timekeeper } from "./timekeeper";

export interface LeavingParts {
  readonly store: Store;
  readonly queue: Pick<ImageQueue, "advance">;
  readonly outgoing: Pick<Outgoing, "finish" | "skip">;
  readonly accepting: Pick<Accepting, "settled">;
  readonly time: Timekeeper;
}

/** What becomes of the open mask: acts of the editor. */
export interface OpenMask {
  accept(): Promise<boolean>;
  drop(): void;
  /** Why it can't be accepted; null when it can. */
  objection(): string | null;
}

export class Leaving {
  private leaving = false;

  constructor(
    private readonly parts: LeavingParts,
    private readonly mask: OpenMask,
  ) {}

  /** Finishes the image; with an open mask it asks first what becomes of it. */
  async next(): Promise<void> {
    const { store } = this.parts;
    if (store.phase.value.kind !== "working" || this.leaving) return;
    if (isEmptyDraft(store.state.value.draft)) await this.finish();
    else store.dialog.value = "leave";
  }

  async acceptAndNext(): Promise<void> {
    if (await this.mask.accept()) await this.finish();
  }

  async dropAndNext(): Promise<void> {
    this.mask.drop();
    await this.finish();
  }

  async skip(reason: SkipReason, note: string): Promise<void> {
    const { store, time, outgoing } = this.parts;
    if (!isEmptyDraft(store.state.value.draft)) this.mask.drop();
    time.log({ kind: "skip", data: { reason } });
    await this.leave((id, lease_token) => outgoing.skip(id, { lease_token, reason, ...(note ? { note } : {}) }));
  }

  async answerLimit(answer: "keep_next" | "drop_next" | "extend"): Promise<void> {
    const { store } = this.parts;
    const limit = store.limit.value;
    if (!limit.prompt || this.leaving || (answer === "extend" && !limit.mayExtend)) return;
    this.logAnswer(answer);
    if (answer === "extend") {
      store.dispatch({ kind: "extendLimit" });
      return;
    }
    store.dispatch({ kind: "answerLimit", answer });
    await (answer === "keep_next" ? this.acceptAndNext() : this.dropAndNext());
  }

  /** Under `advance`, nobody answered: the image goes on, and the mask is kept if there is anything in it. */
  async advance(): Promise<void> {
    const { store } = this.parts;
    const { draft } = store.state.peek();
    if (this.leaving || draft.limit.answer !== null || store.phase.peek().kind !== "working") return;
    // Prompts that the decoder could not answer yet are no reason to lose them.
    if (decodeRequest(draft) && store.decoder.peek().kind !== "ready") return;
    this.logAnswer("ignored");
    store.dispatch({ kind: "answerLimit", answer: "keep_next" });
    store.dialog.value = null;
    await (this.mask.objection() === null ? this.acceptAndNext() : this.dropAndNext());
  }

  logAnswer(answer: TimeLimitAnswer): void {
    this.parts.time.log({ kind: "time_limit_answer", data: { answer } }, this.parts.store.state.peek().draft.maskId);
  }

  private async finish(): Promise<void> {
    this.parts.time.log({ kind: "finish", data: {} });
    await this.leave((id, lease_token) => this.parts.outgoing.finish(id, { lease_token }));
  }

  private async leave(end: (sessionId: number, leaseToken: Uuid) => Promise<void>): Promise<void> {
    const { store, accepting, queue } = this.parts;
    const session = store.session.value;
    if (!session || this.leaving) return;
    this.leaving = true;
    try {
      await accepting.settled();
      if (store.state.value.accepting.length > 0) {
        const text = "One mask is not saved. Try again, or discard it, before you go on.";
        store.notify({ tone: "danger", text, stays: true });
        return;
      }
      await end(session.id, session.lease_token);
      await queue.advance();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      store.notify({ tone: "danger", text: `The next image could not be opened. ${why}`, stays: true });
    } finally {
      this.leaving = false;
    }
  }
}
