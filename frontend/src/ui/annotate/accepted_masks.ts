// What can be done with masks that are in the list: opened again, deleted, brought back, and saved at the second attempt.

import { decodeRle } from "../../geometry/rle";
import { newUuid } from "../../session/events";
import { isEmptyDraft } from "../../state/draft";
import type { SavedMask } from "../../state/saved";
import type { Accepting } from "./accepting";
import type { Outgoing } from "./outgoing";
import type { Store } from "./store";
import type { Timekeeper } from "./timekeeper";

export interface AcceptedMasksParts {
  readonly store: Store;
  readonly accepting: Pick<Accepting, "saveAgain" | "retry" | "discard">;
  readonly outgoing: Pick<Outgoing, "deleteMask">;
  readonly time: Pick<Timekeeper, "beginMask" | "log">;
}

export class AcceptedMasks {
  constructor(
    private readonly parts: AcceptedMasksParts,
    private readonly focusCanvas: () => void,
  ) {}

  reopen(mask: SavedMask): void {
    const { store, time } = this.parts;
    if (!isEmptyDraft(store.state.value.draft)) {
      store.notify({ tone: "plain", text: "Accept or drop the open mask first." });
      return;
    }
    const maskId = newUuid();
    store.dispatch({ kind: "reopen", id: mask.id, bitmap: decodeRle(mask.size, mask.counts), maskId });
    time.beginMask(maskId);
    store.announcement.value = "Mask reopened";
    this.focusCanvas();
  }

  async delete(mask: SavedMask): Promise<void> {
    const { store, time, outgoing } = this.parts;
    const session = store.session.value;
    if (!session) return;
    await outgoing.deleteMask(mask.id, { session_id: session.id, lease_token: session.lease_token });
    store.dispatch({ kind: "deleteMask", id: mask.id });
    time.log({ kind: "mask_deleted", data: {} }, mask.id);
    store.notify({
      tone: "plain",
      text: "Mask deleted.",
      action: { label: "Bring it back", run: () => void this.restore(mask, session.id) },
    });
    this.focusCanvas();
  }

  /** Tries again to save a mask that did not get into the outbox. */
  retry(maskId: string): void {
    void this.parts.accepting.retry(maskId);
  }

  /** Gives such a mask up. */
  discard(maskId: string): void {
    this.parts.accepting.discard(maskId);
  }

  /** A deleted mask comes back as a new one with the same pixels: ids are never used twice. */
  private async restore(mask: SavedMask, sessionId: number): Promise<void> {
    const { store, accepting } = this.parts;
    const session = store.session.value;
    if (session?.id !== sessionId) {
      store.notify({ tone: "plain", text: "Its image is not open any more." });
      return;
    }
    const id = newUuid();
    await accepting.saveAgain(id, mask, session);
    store.dispatch({ kind: "restoreMask", mask: { ...mask, id } });
  }
}
