// The page's clock and its log: active time of the current mask for the ring, and timing events for the outbox.

import type { EventData, SessionOut, Uuid } from "../../protocol/api";
import type { EventLog } from "../../session/events";
import { ActiveClock, type Interval, observeActivity } from "../../session/timing";
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
  /** Whose time it is: of the image on the screen. */
  private sessionId: number | null = null;

  constructor(
    private readonly store: Store,
    private readonly events: Pick<EventLog, "record" | "recordActivity" | "keepUnfinished">,
    private readonly now: () => number = () => performance.now(),
  ) {
    const visible = document.visibilityState === "visible";
    this.clock = new ActiveClock(now(), { visible, focused: document.hasFocus() });
  }

  start(): void {
    const stopWatching = observeActivity(
      this.clock,
      (intervals) => this.record(intervals),
      (interval) => {
        if (this.sessionId !== null) void this.events.keepUnfinished(this.sessionId, interval, this.timedMask);
      },
    );
    const stopFollowing = this.store.session.subscribe((session) => this.follow(session));
    const timer = setInterval(() => this.tell(), RING_MS);
    this.stopped = () => {
      clearInterval(timer);
      stopFollowing();
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

  /** A mask of an earlier page goes on from what it had taken there. */
  resumeMask(maskId: Uuid, activeMs: number): void {
    this.before.set(maskId, activeMs);
    this.beginMask(maskId);
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

  /** What was worked up to here belongs to the image that goes. */
  private follow(session: SessionOut | null): void {
    if (session) this.clock.setIdleLimit(this.now(), 1000 * session.idle_seconds);
    const sessionId = session?.id ?? null;
    if (sessionId === this.sessionId) return;
    this.clock.close(this.now());
    this.record(this.clock.take());
    this.sessionId = sessionId;
  }

  private record(intervals: readonly Interval[]): void {
    if (this.sessionId !== null) void this.events.recordActivity(this.sessionId, intervals, this.timedMask);
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
