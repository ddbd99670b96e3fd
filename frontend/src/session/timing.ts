// Active time: the page is visible and focused, and there was input within the idle limit. A held pointer is input.
//
// The clock is given every time from outside (the page's monotonic milliseconds), so that the rule can be tested by itself.

/** An interval of active time on the page's monotonic clock, in milliseconds. */
export interface Interval {
  readonly from_ms: number;
  readonly to_ms: number;
}

export interface ClockOptions {
  /** How long after the last input one still counts as active. */
  readonly idleMs?: number;
  /** Longer intervals are cut: little is lost when the page dies within one. */
  readonly longestMs?: number;
  readonly visible?: boolean;
  readonly focused?: boolean;
}

export const IDLE_MS = 15_000;
export const LONGEST_MS = 5_000;

export class ActiveClock {
  private idleMs: number;
  private readonly longestMs: number;
  private visible: boolean;
  private focused: boolean;
  private held = false;
  private lastInput = Number.NEGATIVE_INFINITY;
  /** Up to here all is counted. */
  private counted: number;
  private openFrom: number | null = null;
  private total = 0;
  private finished: Interval[] = [];
  private maskFrom: number | null = null;

  constructor(now: number, options: ClockOptions = {}) {
    this.idleMs = options.idleMs ?? IDLE_MS;
    this.longestMs = options.longestMs ?? LONGEST_MS;
    this.visible = options.visible ?? true;
    this.focused = options.focused ?? true;
    this.counted = now;
  }

  /** From now on; what was counted stays. */
  setIdleLimit(now: number, idleMs: number): void {
    this.advance(now);
    this.idleMs = idleMs;
  }

  /** A move, key, wheel or click. */
  input(now: number): void {
    this.advance(now);
    this.lastInput = this.counted;
  }

  pointerDown(now: number): void {
    this.input(now);
    this.held = true;
  }

  pointerUp(now: number): void {
    this.input(now);
    this.held = false;
  }

  setVisible(now: number, visible: boolean): void {
    this.advance(now);
    this.visible = visible;
    this.endUnlessPresent();
  }

  setFocused(now: number, focused: boolean): void {
    this.advance(now);
    this.focused = focused;
    this.endUnlessPresent();
  }

  /** To be called about twice a second: a held pointer only counts while ticks show that the page is awake. */
  tick(now: number): void {
    this.advance(now);
    if (this.held) this.lastInput = this.counted;
  }

  /** Whether time counts at this moment. */
  isActive(now: number): boolean {
    return this.visible && this.focused && now < this.lastInput + this.idleMs;
  }

  /** All active milliseconds so far. */
  activeMs(now: number): number {
    this.advance(now);
    return this.total;
  }

  startMask(now: number): void {
    this.maskFrom = this.activeMs(now);
  }

  /** Active milliseconds since the current mask began; 0 when there is none. */
  maskMs(now: number): number {
    return this.maskFrom === null ? 0 : this.activeMs(now) - this.maskFrom;
  }

  /** Ends the current mask and gives its active milliseconds. */
  endMask(now: number): number {
    const ms = this.maskMs(now);
    this.maskFrom = null;
    return ms;
  }

  /** The intervals that have ended since the last call. */
  take(): Interval[] {
    const taken = this.finished;
    this.finished = [];
    return taken;
  }

  /** The interval at hand, as far as it goes: what would be lost if the page died now. */
  unfinished(): Interval | null {
    return this.openFrom === null ? null : { from_ms: this.openFrom, to_ms: this.counted };
  }

  /** Ends the interval at hand, so that `take` gives everything: before the page or the image goes. */
  close(now: number): void {
    this.advance(now);
    this.end(this.counted);
  }

  private advance(to: number): void {
    const now = Math.max(to, this.counted);
    const from = this.counted;
    const until = this.visible && this.focused ? Math.min(now, this.lastInput + this.idleMs) : from;
    this.counted = now;
    if (until > from) {
      this.total += until - from;
      this.openFrom ??= from;
      while (until - this.openFrom >= this.longestMs) this.endAndGoOn(this.openFrom + this.longestMs);
    }
    if (until < now) this.end(Math.max(from, until));
  }

  private endAndGoOn(at: number): void {
    this.end(at);
    this.openFrom = at;
  }

  private end(at: number): void {
    if (this.openFrom !== null && at > this.openFrom) this.finished.push({ from_ms: this.openFrom, to_ms: at });
    this.openFrom = null;
  }

  private endUnlessPresent(): void {
    if (this.visible && this.focused) return;
    this.end(this.counted);
    // The release of a pointer is not told to a page that is hidden or not focused.
    this.held = false;
  }
}

const INPUT = ["pointermove", "wheel", "keydown", "keyup"] as const;
export const TICK_MS = 500;

/**
 * Feeds the clock from the page and hands on its intervals, and at each tick the one at hand, so that a page that is killed loses
 * no more than a tick. Returns what stops it.
 */
export function observeActivity(
  clock: ActiveClock,
  onIntervals: (intervals: readonly Interval[]) => void,
  onUnfinished: (interval: Interval | null) => void = () => {},
  page: Window = window,
): () => void {
  const stop = new AbortController();
  const now = () => page.performance.now();
  const handOn = () => {
    const intervals = clock.take();
    if (intervals.length > 0) onIntervals(intervals);
  };
  const listen = (target: EventTarget, type: string, act: () => void) =>
    target.addEventListener(
      type,
      () => {
        act();
        handOn();
      },
      { signal: stop.signal, capture: true, passive: true },
    );
  for (const type of INPUT) listen(page, type, () => clock.input(now()));
  listen(page, "pointerdown", () => clock.pointerDown(now()));
  for (const type of ["pointerup", "pointercancel"]) listen(page, type, () => clock.pointerUp(now()));
  listen(page, "focus", () => clock.setFocused(now(), true));
  listen(page, "blur", () => clock.setFocused(now(), page.document.hasFocus()));
  listen(page.document, "visibilitychange", () => clock.setVisible(now(), page.document.visibilityState === "visible"));
  listen(page, "pagehide", () => clock.close(now()));
  const timer = page.setInterval(() => {
    clock.tick(now());
    handOn();
    onUnfinished(clock.unfinished());
  }, TICK_MS);
  stop.signal.addEventListener("abort", () => page.clearInterval(timer));
  return () => {
    clock.close(now());
    handOn();
    stop.abort();
  };
}
