import type { EventData, EventIn } from "../protocol/api";
import type { Outbox } from "./outbox";
import type { Interval } from "./timing";

export interface EventLogOptions {
  readonly outbox: Pick<Outbox, "event" | "keepUnfinished">;
  /** The page's monotonic clock, in milliseconds. */
  readonly now?: () => number;
  readonly newId?: () => string;
}

/** Writes down what happened and when, by this page's clock. */
export class EventLog {
  /** One per page load: monotonic times of two pages are not to be compared. */
  readonly pageId: string;
  private sequence = 0;
  private readonly now: () => number;
  private readonly newId: () => string;

  constructor(private readonly options: EventLogOptions) {
    this.now = options.now ?? (() => performance.now());
    this.newId = options.newId ?? newUuid;
    this.pageId = this.newId();
  }

  /** Resolves when the event can't be lost any more; nobody need wait for it. */
  async record(sessionId: number, event: EventData, maskId: string | null = null): Promise<void> {
    await this.options.outbox.event(this.describe(sessionId, event, maskId, this.sequence++));
  }

  async recordActivity(sessionId: number, intervals: readonly Interval[], maskId: string | null = null): Promise<void> {
    // Put down all at once: the page may be about to end.
    const events = intervals.map((data) => ({ kind: "activity", data: { ...data } }) as const);
    await Promise.all(events.map((event) => this.record(sessionId, event, maskId)));
  }

  /** Keeps the interval at hand in place of the last one kept: it is sent only if this page dies before it ends. */
  async keepUnfinished(sessionId: number, interval: Interval | null, maskId: string | null = null): Promise<void> {
    const event = interval && ({ kind: "activity", data: { ...interval } } as const);
    const described = event && this.describe(sessionId, event, maskId, this.sequence);
    await this.options.outbox.keepUnfinished(this.pageId, described);
  }

  private describe(sessionId: number, event: EventData, maskId: string | null, sequence: number): EventIn {
    const head = {
      id: this.newId(),
      session_id: sessionId,
      page_id: this.pageId,
      sequence,
      monotonic_ms: this.now(),
      mask_id: maskId,
    };
    return { ...head, ...event } as EventIn;
  }
}

/** A random UUID. crypto.randomUUID is kept from plain http pages, random bytes are not. */
export function newUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
