// One tab of a person writes and is timed at a time. The browser's lock says which; who wants to take over asks by channel first,
// so that the other tab can put away what it has, and takes the lock by force only from a tab that does not answer.

import { type Signal, signal } from "@preact/signals";

export type TurnState =
  /** For a moment at the start. */
  | "asking"
  | "ours"
  /** Another tab had it before us. */
  | "elsewhere"
  /** We had it, and another tab took over. */
  | "taken";

/** Puts everything away so that another tab finds it; resolves when it is there. */
export type End = () => Promise<unknown>;

export interface TurnOptions {
  readonly userId: number;
  /** Called whenever the turn is ours from now on. */
  readonly begin: () => End;
  /** Undefined where the browser has none (plain http): then the newest tab has it. */
  readonly locks?: LockManager | undefined;
  readonly channel?: BroadcastChannel;
}

/** At a reload the page before may hold it for a moment still. */
const AT_START_MS = 300;
/** So long may another tab take to put its work away; it is hung or frozen then. */
const HAND_OVER_MS = 3_000;
const GIVE = "give";

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

export class Turn {
  readonly state: Signal<TurnState> = signal("asking");
  private readonly name: string;
  private readonly locks: LockManager | undefined;
  private readonly channel: BroadcastChannel;
  private end: End = async () => {};
  private letGo: () => void = () => {};

  constructor(private readonly options: TurnOptions) {
    // Of one person, whatever the project: nobody works on two images at once.
    this.name = `annotator-turn-${options.userId}`;
    this.locks = "locks" in options ? options.locks : navigator.locks;
    this.channel = options.channel ?? new BroadcastChannel(this.name);
    this.channel.onmessage = (event: MessageEvent) => {
      if (event.data === GIVE && this.state.value === "ours") void this.give();
    };
  }

  async start(): Promise<void> {
    if (!this.locks) return this.takeWithoutLocks();
    // Not a wait with a time limit: on a busy computer even a lock that is free comes later than that.
    if (await this.take({ ifAvailable: true })) return;
    await pause(AT_START_MS);
    if (!(await this.take({ ifAvailable: true }))) this.state.value = "elsewhere";
  }

  async takeOver(): Promise<void> {
    if (this.state.value === "ours") return;
    if (!this.locks) return this.takeWithoutLocks();
    this.channel.postMessage(GIVE);
    const given = await this.take({ signal: AbortSignal.timeout(HAND_OVER_MS) });
    if (!given) await this.take({ steal: true });
  }

  close(): void {
    this.channel.close();
    this.letGo();
  }

  /** Resolves with whether we got it. */
  private take(how: LockOptions): Promise<boolean> {
    return new Promise((resolve) => {
      let got = false;
      const held = this.locks!.request(this.name, how, async (lock) => {
        if (!lock) return resolve(false);
        got = true;
        const release = new Promise<void>((done) => {
          this.letGo = done;
        });
        this.begin();
        resolve(true);
        return release;
      });
      // Not given within the time, or later taken by force.
      held.catch(() => (got ? this.lose() : resolve(false)));
    });
  }

  private async takeWithoutLocks(): Promise<void> {
    this.channel.postMessage(GIVE);
    await pause(AT_START_MS);
    this.begin();
  }

  private begin(): void {
    this.state.value = "ours";
    this.end = this.options.begin();
  }

  private async give(): Promise<void> {
    const { letGo } = this;
    await this.lose();
    letGo();
  }

  private async lose(): Promise<void> {
    if (this.state.value !== "ours") return;
    // At once: nothing is to be begun here any more.
    this.state.value = "taken";
    await this.end();
  }
}
