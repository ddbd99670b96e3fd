// The page's clock and its log: active time of the current mask for the ring, and timing events for the outbox.

import type { EventData, Uuid } from "../../protocol/api";
import type { EventLog } from "../../session/events";
import { ActiveClock, observeActivity } from "../../session/timing";
import type { Store } from "./store";

/** How often the ring is told the time. */
const RING_MS = 100;

export class Timekeeper {
  private timedMask: Uuid | null = null;
  /** What masks had taken when they were put down: one that comes back by undo goes on from there. */
  private readonly before = new Map<Uuid, number>();
  private reached = false;
  private stopped: (() => void) | null = null;
  private readonly clock: ActiveClock;

  constructor(
    private readonly store: Store,
    private readonly events: Pick<EventLog, "record" | "recordActivity">,
    private readonly now: () => number = () => performance.now(),
  ) {
    const visible = document.visibilityState === "visible";
    this.clock = new ActiveClock(now(), { visible, focused: document.hasFocus() });
  }

  start(): void {
    const stopWatching = observeActivity(this.clock, (intervals) => {
      const session = this.store.session.peek();
      if (session) void this.events.recordActivity(session.id, intervals, this.timedMask);
    });
    const timer = setInterval(() => this.tell(), RING_MS);
    this.stopped = () => {
      clearInterval(timer);
      stopWatching();
    };
  }

  stop(): void {
    this.stopped?.();
    this.stopped = null;
  }

  /** Writes an event of the current session. Nothing is logged while there is none. */
  log(event: EventData, maskId: Uuid | null = null): void {
    const session = this.store.session.peek();
    if (session) void this.events.record(session.id, event, maskId);
  }

  /** The first prompt or stroke of a mask: its time begins, or goes on. Later calls for the same mask change nothing. */
  beginMask(maskId: Uuid): void {
    if (this.timedMask === maskId) return;
    if (this.timedMask !== null) this.endMask();
    this.timedMask = maskId;
    this.reached = false;
    this.clock.startMask(this.now());
    if (!this.before.has(maskId)) this.log({ kind: "mask_started", data: {} }, maskId);
  }

  /** Ends the mask's time and gives its active milliseconds. */
  endMask(): number {
    const ms = this.maskMs();
    if (this.timedMask !== null) this.before.set(this.timedMask, ms);
    this.timedMask = null;
    this.clock.endMask(this.now());
    this.tell();
    return ms;
  }

  /** A new image: no mask of the one before comes back. */
  forgetMasks(): void {
    this.endMask();
    this.before.clear();
  }

  private maskMs(): number {
    if (this.timedMask === null) return 0;
    return this.clock.maskMs(this.now()) + (this.before.get(this.timedMask) ?? 0);
  }

  private tell(): void {
    this.store.tellLimit(this.maskMs());
    const reached = this.store.limit.peek().prompt;
    if (reached && !this.reached) this.log({ kind: "time_limit_reached", data: {} }, this.timedMask);
    this.reached = reached;
  }
}
