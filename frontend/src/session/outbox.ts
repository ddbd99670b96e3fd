// What was done and is not yet acknowledged. It lies in the browser's database before it is sent, goes out in the order in which
// it was done, and leaves only when our server has said that it has it.

import { type Signal, signal } from "@preact/signals";
import type { DeleteMaskIn, EventIn, LeaseIn, MaskIn, SkipIn } from "../protocol/api";
import type { Http } from "./http";
import { type Entry, type OutboxItem, type OutboxStore, openStore, type RefusedEntry } from "./outbox_store";
import { ApiError, isPassing } from "./request";
import { pauseFor } from "./retry_after";
import { brokeOver, follows, type SendingHttp, STUCK, sendBatch, stuckOf } from "./sending";

export interface OutboxStatus {
  /** How many things are not yet acknowledged. */
  readonly waiting: number;
  /** How many of those are no timing events: what a person would miss. */
  readonly acts: number;
  /** What the server will not take, or breaks over, with its reason. Kept until somebody decides, or it goes through. */
  readonly refused: readonly RefusedEntry[];
  /** Why the last attempt failed; null after one that went through. "not_signed_in" and "other_user" ask for a sign-in. */
  readonly lastError: { readonly code: string; readonly message: string } | null;
  /** False where the browser gives no database: what waits is then lost with the page. */
  readonly durable: boolean;
}

export interface OutboxOptions {
  readonly userId: number;
  readonly http: SendingHttp & Pick<Http, "me">;
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
/** So often may the server break over the same thing before others are let past it. */
const PATIENCE = 3;
/** What was let past is tried again as often. */
const STUCK_PAUSE_MS = 5 * 60_000;

export class Outbox {
  readonly status: Signal<OutboxStatus> = signal({
    waiting: 0,
    acts: 0,
    refused: [],
    lastError: null,
    durable: true,
  });
  private readonly store: Promise<OutboxStore>;
  private readonly waiters = new Map<number, (outcome: "sent" | "refused") => void>();
  private readonly endOfRun: (() => void)[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private timerAt = Number.POSITIVE_INFINITY;
  private running = false;
  private lastRun: Promise<void> = Promise.resolve();
  private readonly adding = new Set<Promise<number>>();
  private runAgain = false;
  private failures = 0;
  /** What the server broke over last, and how often. */
  private broken = { order: 0, times: 0 };
  private readonly tryingStuck: ReturnType<typeof setInterval>;
  private silent = false;
  private closed = false;
  private readonly name: string;
  private readonly stopListening = new AbortController();

  constructor(private readonly options: OutboxOptions) {
    // A name per person: nobody sees or sends what somebody else did on the same computer.
    this.name = `annotator-outbox-${options.userId}`;
    this.store = (options.openStore ?? openStore)(this.name).then(async (store) => {
      await store.releaseUnfinished();
      await store.restore(stuckOf((await store.contents()).refused).map(({ order }) => order));
      return store;
    });
    this.tryingStuck = setInterval(() => void this.retryStuck(), STUCK_PAUSE_MS);
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

  /**
   * Keeps what this page has begun to write down, in place of the last such event; null for nothing. It is sent only if the page
   * dies first, by the next one that opens. One of another tab that lives may go out too: the server takes overlapping time once.
   */
  async keepUnfinished(pageId: string, event: EventIn | null): Promise<void> {
    await (await this.store).keepUnfinished(pageId, event && { kind: "event", id: event.id, body: event });
  }

  /** Resolves when the server has acknowledged this act, or refused it. */
  async whenSent(order: number): Promise<"sent" | "refused"> {
    const sent = new Promise<"sent" | "refused">((resolve) => this.waiters.set(order, resolve));
    if (!(await this.isWaiting(order))) this.resolve(order, "sent");
    this.sendNow();
    return sent;
  }

  /** Resolves when nothing waits, or what waits can't be sent now: after it the server knows all that it can know. */
  caughtUp(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.endOfRun.push(resolve));
    this.sendNow();
    return ended;
  }

  /** Tries at once, whatever the pause was: after a sign-in, or when the network is back. */
  sendNow(): void {
    this.failures = 0;
    this.sendWithin(0);
  }

  /** Sends a refused act once more, behind all that waits; with one that is stuck, all that are, since some follow others. */
  async retryRefused(order: number): Promise<void> {
    const stuck = stuckOf(this.status.value.refused).map((entry) => entry.order);
    await (await this.store).restore(stuck.includes(order) ? stuck : [order]);
    await this.count();
    this.sendNow();
  }

  /** Gives a refused act up: only ever because a person said so. */
  async discardRefused(order: number): Promise<void> {
    await (await this.store).discard(order);
    await this.count();
  }

  /** From now on what is put in waits for the next page of this person: only the request at hand still ends. */
  stopSending(): void {
    this.silent = true;
    clearTimeout(this.timer);
    clearInterval(this.tryingStuck);
    this.stopListening.abort();
  }

  /** Resolves when all that was put in until now can't be lost any more. */
  async close(): Promise<void> {
    this.stopSending();
    this.closed = true;
    for (const resolve of this.endOfRun.splice(0)) resolve();
    await Promise.allSettled(this.adding);
    // The answer to the request at hand is still written down: another tab need not send it again.
    void this.lastRun.then(async () => (await this.store).close());
  }

  private async put(item: OutboxItem): Promise<number> {
    const adding = this.store.then((store) => store.add(item));
    this.adding.add(adding);
    const order = await adding.finally(() => this.adding.delete(adding));
    await this.count();
    // After a failure its own pause holds: a server in trouble is not to be asked at every click.
    if (this.failures === 0) this.sendWithin(item.kind === "event" ? EVENTS_PAUSE_MS : 0);
    return order;
  }

  private sendWithin(ms: number): void {
    if (this.silent) return;
    const at = Date.now() + ms;
    if (at >= this.timerAt) return;
    clearTimeout(this.timer);
    this.timerAt = at;
    this.timer = setTimeout(() => {
      this.timerAt = Number.POSITIVE_INFINITY;
      if (this.running) this.runAgain = true;
      else this.lastRun = this.run();
    }, ms);
  }

  private async run(): Promise<void> {
    this.running = true;
    // Who asks from now on is not answered by this run: it may be stuck in an attempt that was made before.
    const asked = this.endOfRun.splice(0);
    try {
      // Two tabs of one person share the database: one sends at a time, so that the order holds. Where the browser has no locks
      // (plain http), both may send the same thing, and the server knows it by its id.
      const { locks } = "locks" in this.options ? this.options : navigator;
      if (locks) await locks.request(this.name, () => this.sendAll());
      else await this.sendAll();
    } catch (error) {
      if (!this.closed) await this.failed(error);
    } finally {
      this.running = false;
      for (const resolve of asked) resolve();
    }
    if (this.runAgain) {
      this.runAgain = false;
      this.sendWithin(0);
    }
  }

  /** Sends until nothing waits. Throws what stopped it. */
  private async sendAll(): Promise<void> {
    const store = await this.store;
    await this.count();
    for (let batch = await this.nextBatch(store); batch.length > 0; batch = await this.nextBatch(store)) {
      if (await this.sendOne(store, batch)) await this.count(null);
    }
    // What is gone without us was sent by another tab.
    for (const order of [...this.waiters.keys()]) if (!(await this.isWaiting(order))) this.resolve(order, "sent");
    await this.count();
  }

  /** The oldest entry behind `after`; events that follow each other go together. */
  private async nextBatch(store: OutboxStore, after?: number): Promise<Entry[]> {
    if (this.closed) return [];
    const batch = await store.oldest(MAX_EVENTS, (entry) => entry.item.kind === "event", after);
    return this.silent ? [] : batch;
  }

  /** True when the server answered, false when the batch was set aside unsent. Throws what may pass. */
  private async sendOne(store: OutboxStore, batch: readonly Entry[]): Promise<boolean> {
    const [first] = batch;
    const stuck = stuckOf(this.status.value.refused).find((entry) => first && follows(first, [entry]));
    if (stuck) {
      await this.settle(store, batch, stuck.reason);
      return false;
    }
    try {
      await this.settle(store, batch, await this.attempt(batch));
    } catch (error) {
      if (!brokeOver(error) || !(await this.breaksOverThisAlone(store, batch))) throw error;
      await this.settle(store, batch, { code: STUCK, message: error.message });
    }
    this.failures = 0;
    return true;
  }

  /** After some patience: whether the server takes what lies behind. If it does, one thing must not hold up all the others. */
  private async breaksOverThisAlone(store: OutboxStore, batch: readonly Entry[]): Promise<boolean> {
    const { order } = batch[0]!;
    this.broken = { order, times: this.broken.order === order ? this.broken.times + 1 : 1 };
    if (this.broken.times < PATIENCE) return false;
    let behind = await this.nextBatch(store, batch.at(-1)!.order);
    while (behind[0] && follows(behind[0], batch)) behind = await this.nextBatch(store, behind.at(-1)!.order);
    if (behind.length === 0) return false;
    try {
      await this.settle(store, behind, await this.attempt(behind));
      return true;
    } catch {
      // It breaks over everything, or is gone by now: then the order holds, and all of it waits.
      return false;
    }
  }

  /** Null when it was acknowledged, else the error for which the server will never take it. Throws what may pass. */
  private async attempt(batch: readonly Entry[]): Promise<ApiError | null> {
    try {
      // Refused one by one because they are not of the person whose cookie it is: perhaps somebody else signed in.
      if ((await sendBatch(this.options.http, batch)) > 0) await this.mustBeUs();
      return null;
    } catch (error) {
      if (!(error instanceof ApiError) || isPassing(error)) throw error;
      if (error.status === 401 || error.code === "csrf_failed") throw error;
      await this.mustBeUs();
      return error;
    }
  }

  /** Takes a batch out of the queue: gone when there is no reason against it, else kept with the reason. */
  private async settle(
    store: OutboxStore,
    batch: readonly Entry[],
    reason: { readonly code: string; readonly message: string } | null,
  ): Promise<void> {
    if (reason) await store.park(batch, { code: reason.code, message: reason.message });
    else await store.remove(batch.map((entry) => entry.order));
    for (const { order } of batch) this.resolve(order, reason ? "refused" : "sent");
    if (reason) await this.count();
  }

  /** Throws when the cookie is somebody else's by now: what the server refuses then is no answer to us. */
  private async mustBeUs(): Promise<void> {
    const me = await this.options.http.me();
    if (me.id !== this.options.userId) {
      const message = `${me.username} is signed in now. Sign in as yourself to send what waits here.`;
      throw new ApiError("other_user", message, 401);
    }
  }

  private async failed(error: unknown): Promise<void> {
    const { code, message } =
      error instanceof ApiError
        ? error
        : { code: "failed", message: "Something broke while sending. Reload the page." };
    const own = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.failures++);
    this.sendWithin(pauseFor(own, error instanceof ApiError ? error.retryAfterMs : null));
    await this.count({ code, message });
  }

  private async retryStuck(): Promise<void> {
    const [first] = stuckOf(this.status.value.refused);
    if (first) await this.retryRefused(first.order);
  }

  private async isWaiting(order: number): Promise<boolean> {
    const store = await this.store;
    return !this.closed && store.has(order);
  }

  private resolve(order: number, outcome: "sent" | "refused"): void {
    this.waiters.get(order)?.(outcome);
    this.waiters.delete(order);
  }

  private async count(lastError: OutboxStatus["lastError"] | undefined = undefined): Promise<void> {
    const store = await this.store;
    if (this.closed) return;
    const before = this.status.value;
    this.status.value = {
      ...(await store.contents()),
      lastError: lastError === undefined ? before.lastError : lastError,
      durable: store.durable,
    };
  }
}
