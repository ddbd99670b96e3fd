// The half-made mask survives its page: kept a moment after each change, brought back when its image is shown again.

import { computed, effect } from "@preact/signals";
import type { SessionOut } from "../../protocol/api";
import type { DraftStore } from "../../session/draft_store";
import { type Draft, isEmptyDraft } from "../../state/draft";
import { type KeptDraft, keptFrom } from "../../state/kept_draft";
import type { Store } from "./store";
import type { Timekeeper } from "./timekeeper";

/** With what the mask had taken so far. */
export type Kept = KeptDraft & { readonly activeMs: number };

const PAUSE_MS = 300;

export class DraftKeeper {
  /** The session whose draft is looked after: only once it is known what was kept of it. */
  private sessionId: number | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly store: Store,
    private readonly drafts: DraftStore<Kept>,
    private readonly time: Pick<Timekeeper, "resumeMask">,
  ) {}

  start(page: Window = window): () => void {
    // Not at every change of the state: pointing at a mask in the list changes nothing that is kept.
    // Nor while a stroke is under way, or a prompt in the hand: each time all of the mask would be copied, its paint too, and the
    // pen be late for it. The price is that a browser which is killed in the middle of a stroke takes that stroke with it; a page
    // that is closed or reloaded keeps it.
    let settled: Draft | null = null;
    const draft = computed(() => {
      const { draft: now, stroke, moving } = this.store.state.value;
      if (settled === null || (stroke === null && moving === null)) settled = now;
      return settled;
    });
    const accepting = computed(() => this.store.state.value.accepting);
    const stopWatching = effect(() => {
      void [draft.value, accepting.value];
      this.timer ??= setTimeout(() => this.keepWhenSettled(), PAUSE_MS);
    });
    const leaving = new AbortController();
    page.addEventListener("pagehide", () => void this.keepNow(), { signal: leaving.signal });
    return () => {
      stopWatching();
      leaving.abort();
      clearTimeout(this.timer);
    };
  }

  /** Brings back what was kept of a session whose image has just been shown. */
  async bringBack(session: SessionOut): Promise<void> {
    this.sessionId = null;
    const kept = await this.drafts.get(session.id);
    const { store } = this;
    if (store.session.peek()?.id !== session.id) return;
    this.sessionId = session.id;
    // Saved: the page went between the save and the moment at which the draft would have been forgotten.
    const saved = kept !== null && session.masks.some(({ id }) => id === kept.maskId);
    if (!kept || saved || !isEmptyDraft(store.state.peek().draft)) return this.keepNow();
    store.dispatch({ kind: "restoreDraft", kept });
    if (store.state.peek().draft.maskId !== kept.maskId) return this.keepNow();
    this.time.resumeMask(kept.maskId, kept.activeMs);
    store.notify({ tone: "plain", text: "The mask that you were making is back." });
  }

  private keepWhenSettled(): void {
    this.timer = undefined;
    const { stroke, moving } = this.store.state.peek();
    // A stroke that began within the pause: its end writes it down.
    if (stroke === null && moving === null) void this.keepNow();
    else this.timer = setTimeout(() => this.keepWhenSettled(), PAUSE_MS);
  }

  /** Resolves when the mask at hand lies where another page finds it. */
  async keepNow(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { sessionId } = this;
    if (sessionId === null || sessionId !== this.store.session.peek()?.id) return;
    const { draft, accepting } = this.store.state.peek();
    if (!isEmptyDraft(draft)) {
      await this.drafts.put(sessionId, { ...keptFrom(draft), activeMs: this.store.maskMs.peek() });
    } else if (accepting.length === 0) {
      // Not before an accepted mask lies in the outbox: until then this is all there is of it.
      await this.drafts.delete(sessionId);
    }
  }
}
