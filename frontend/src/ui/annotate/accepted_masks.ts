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

  /** All of them come back with one act. */
  async delete(...masks: readonly SavedMask[]): Promise<void> {
    const { store, time, outgoing } = this.parts;
    const session = store.session.value;
    if (!session) return;
    for (const { id } of masks) {
      await outgoing.deleteMask(id, { session_id: session.id, lease_token: session.lease_token });
      store.dispatch({ kind: "deleteMask", id });
      time.log({ kind: "mask_deleted", data: {} }, id);
    }
    const [text, label] =
      masks.length === 1 ? ["Mask deleted.", "Bring it back"] : [`${masks.length} masks deleted.`, "Bring them back"];
    store.notify({ tone: "plain", text, action: { label, run: () => void this.restore(masks, session.id) } });
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

  /** Deleted masks come back as new ones with the same pixels: ids are never used twice. */
  private async restore(masks: readonly SavedMask[], sessionId: number): Promise<void> {
    const { store, accepting } = this.parts;
    for (const mask of masks) {
      const session = store.session.value;
      if (session?.id !== sessionId) {
        const text = masks.length === 1 ? "Its image is not open any more." : "Their image is not open any more.";
        store.notify({ tone: "plain", text });
        return;
      }
      const id = newUuid();
      await accepting.saveAgain(id, mask, session);
      store.dispatch({ kind: "restoreMask", mask: { ...mask, id } });
    }
  }
}
