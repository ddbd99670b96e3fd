// What was done and is not yet acknowledged. It lies in the browser's database before it is sent, goes out in the order in which
// it was done, and leaves only when our server has said that it has it.

import { type Signal, signal } from "@preact/signals";
import type { DeleteMaskIn, EventIn, LeaseIn, MaskIn, SkipIn } from "../protocol/api";
import type { Http } from "./http";
import { type Entry, type OutboxItem, type OutboxStore, openStore, type RefusedEntry } from "./outbox_store";
import { ApiError, isPassing } from "./request";

export interface OutboxStatus {
  /** How many things are not yet acknowledged. */
  readonly waiting: number;
  /** What the server will not take, with its reason. Kept until somebody decides. */
  readonly refused: readonly RefusedEntry[];
  /** Why the last attempt failed; null after one that went through. "not_signed_in" and "other_user" ask for a sign-in. */
  readonly lastError: { readonly code: string; readonly message: string } | null;
  /** False where the browser gives no database: what waits is then lost with the page. */
  readonly durable: boolean;
}

export interface OutboxOptions {
  readonly userId: number;
  readonly http: Pick<Http, "saveMask" | "deleteMask" | "storeEvents" | "finishSession" | "skipSession" | "me">;
  readonly openStore?: (name: string) => Promise<OutboxStore>;
  readonly locks?: LockManager | undefined;
  readonly page?: EventTarget;
}

/** As the API allows in one request. */
const MAX_EVENTS = 500;
/** Events alone wait for company. */
const EVENTS_PAUSE_MS = 2_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export class Outbox {
  readonly status: Signal<OutboxStatus> = signal({ waiting: 0, refused: [], lastError: null, durable: true });
  private readonly store: Promise<OutboxStore>;
  private readonly waiters = new Map<number, (outcome: "sent" | "refused") => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private timerAt = Number.POSITIVE_INFINITY;
  private running = false;
  private runAgain = false;
  private failures = 0;
  private closed = false;
  private readonly name: string;
  private readonly stopListening = new AbortController();

  constructor(private readonly options: OutboxOptions) {
    // A name per person: nobody sees or sends what somebody else did on the same computer.
    this.name = `annotator-outbox-${options.userId}`;
    this.store = (options.openStore ?? openStore)(this.name);
    const page = options.page ?? globalThis.window;
    for (const type of ["online", "focus"]) {
      page?.addEventListener(type, () => this.sendNow(), { signal: this.stopListening.signal });
    }
    this.sendNow();
  }

  /** Each of these resolves as soon as the act can't be lost any more; its number serves `whenSent`. */
  saveMask(maskId: string, mask: MaskIn): Promise<number> {
    return this.put({ kind: "mask", id: maskId, body: mask });
  }

  deleteMask(maskId: string, lease: DeleteMaskIn): Promise<number> {
    return this.put({ kind: "deleteMask", id: maskId, body: lease });
  }

  finish(sessionId: number, lease: LeaseIn): Promise<number> {
    return this.put({ kind: "finish", id: sessionId, body: lease });
  }

  skip(sessionId: number, skip: SkipIn): Promise<number> {
    return this.put({ kind: "skip", id: sessionId, body: skip });
  }

  event(event: EventIn): Promise<number> {
    return this.put({ kind: "event", id: event.id, body: event });
  }

  /** Resolves when the server has acknowledged this act, or refused it. */
  async whenSent(order: number): Promise<"sent" | "refused"> {
    const store = await this.store;
    const sent = new Promise<"sent" | "refused">((resolve) => this.waiters.set(order, resolve));
    if (!(await store.has(order))) this.resolve(order, "sent");
    this.sendNow();
    return sent;
  }

  /** Tries at once, whatever the pause was: after a sign-in, or when the network is back. */
  sendNow(): void {
    this.failures = 0;
    this.sendWithin(0);
  }

  /** Sends a refused act once more, behind all that waits. */
  async retryRefused(order: number): Promise<void> {
    await (await this.store).restore(order);
    this.sendNow();
  }

  /** Gives a refused act up: only ever because a person said so. */
  async discardRefused(order: number): Promise<void> {
    await (await this.store).discard(order);
    await this.count();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.stopListening.abort();
    void this.store.then((store) => store.close());
  }

  private async put(item: OutboxItem): Promise<number> {
    const order = await (await this.store).add(item);
    await this.count();
    this.sendWithin(item.kind === "event" ? EVENTS_PAUSE_MS : 0);
    return order;
  }

  private sendWithin(ms: number): void {
    if (this.closed) return;
    const at = Date.now() + ms;
    if (at >= this.timerAt) return;
    clearTimeout(this.timer);
    this.timerAt = at;
    this.timer = setTimeout(() => {
      this.timerAt = Number.POSITIVE_INFINITY;
      void this.run();
    }, ms);
  }

  private async run(): Promise<void> {
    if (this.running) {
      this.runAgain = true;
      return;
    }
    this.running = true;
    try {
      // Two tabs of one person share the database: one sends at a time, so that the order holds. Where the browser has no locks
      // (plain http), both may send the same thing, and the server knows it by its id.
      const { locks } = "locks" in this.options ? this.options : navigator;
      if (locks) await locks.request(this.name, () => this.sendAll());
      else await this.sendAll();
    } finally {
      this.running = false;
      await this.count();
    }
    if (this.runAgain) {
      this.runAgain = false;
      this.sendWithin(0);
    }
  }

  private async sendAll(): Promise<void> {
    const store = await this.store;
    while (!this.closed) {
      const batch = await this.nextBatch(store);
      if (batch.length === 0) break;
      try {
        await this.send(batch);
      } catch (error) {
        if (this.closed) return;
        if (!(await this.refusedForGood(error))) return this.failed(error);
        await this.park(store, batch, error as ApiError);
        continue;
      }
      await store.remove(batch.map((entry) => entry.order));
      for (const { order } of batch) this.resolve(order, "sent");
      this.failures = 0;
      await this.count(null);
    }
    // What is gone without us was sent by another tab.
    for (const order of [...this.waiters.keys()]) if (!(await store.has(order))) this.resolve(order, "sent");
  }

  /** The oldest entry; events that follow each other go together. */
  private async nextBatch(store: OutboxStore): Promise<Entry[]> {
    const entries = await store.oldest(MAX_EVENTS, (entry) => entry.item.kind === "event");
    return entries;
  }

  private async send(batch: readonly Entry[]): Promise<void> {
    const { http } = this.options;
    const { item } = batch[0]!;
    switch (item.kind) {
      case "mask":
        await http.saveMask(item.id, item.body);
        return;
      case "deleteMask":
        await http.deleteMask(item.id, item.body);
        return;
      case "finish":
        await http.finishSession(item.id, item.body);
        return;
      case "skip":
        await http.skipSession(item.id, item.body);
        return;
      case "event": {
        const events = batch.flatMap((entry) => (entry.item.kind === "event" ? [entry.item.body] : []));
        const { refused } = await http.storeEvents(events);
        // Refused one by one because they are not of the person whose cookie it is: perhaps somebody else signed in.
        if (refused > 0) await this.mustBeUs();
      }
    }
  }

  /** True for an answer that will not change; false where the network, the sign-in or the person is the reason. */
  private async refusedForGood(error: unknown): Promise<boolean> {
    if (!(error instanceof ApiError) || isPassing(error)) return false;
    if (error.status === 401 || error.code === "csrf_failed") return false;
    await this.mustBeUs();
    return true;
  }

  private async mustBeUs(): Promise<void> {
    const me = await this.options.http.me();
    if (me.id !== this.options.userId) {
      const message = `${me.username} is signed in now. Sign in as yourself to send what waits here.`;
      throw new ApiError("other_user", message, 401);
    }
  }

  private failed(error: unknown): void {
    const { code, message } =
      error instanceof ApiError
        ? error
        : { code: "failed", message: "Something broke while sending. Reload the page." };
    void this.count({ code, message });
    this.sendWithin(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.failures++));
  }

  private async park(store: OutboxStore, batch: readonly Entry[], error: ApiError): Promise<void> {
    for (const entry of batch) {
      await store.park(entry, { code: error.code, message: error.message });
      this.resolve(entry.order, "refused");
    }
    await this.count();
  }

  private resolve(order: number, outcome: "sent" | "refused"): void {
    this.waiters.get(order)?.(outcome);
    this.waiters.delete(order);
  }

  private async count(lastError: OutboxStatus["lastError"] | undefined = undefined): Promise<void> {
    const store = await this.store;
    if (this.closed) return;
    const [waiting, refused] = [await store.count(), await store.refused()];
    const before = this.status.value;
    this.status.value = {
      waiting,
      refused,
      lastError: lastError === undefined ? before.lastError : lastError,
      durable: store.durable,
    };
  }
}
