// Notices a worker that hangs: it is waited for, and gives no sign of life.

/** Silence is counted in so many ticks: after a computer's sleep one alone is overdue, and the worker has the others to answer in. */
const TICKS = 3;

export class Silence {
  private timer: ReturnType<typeof setInterval> | undefined;
  private ticks = 0;

  /** Calls `tooLong` after `ms` of silence while `waiting`, and again after as much more. */
  constructor(
    private readonly ms: number,
    private readonly waiting: () => boolean,
    private readonly tooLong: () => void,
  ) {}

  /** Something was asked. */
  listen(): void {
    if (this.timer !== undefined) return;
    this.ticks = 0;
    this.timer = setInterval(() => this.tick(), this.ms / TICKS);
  }

  heard(): void {
    this.ticks = 0;
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private tick(): void {
    if (!this.waiting()) {
      this.stop();
    } else if (++this.ticks === TICKS) {
      this.ticks = 0;
      this.tooLong();
    }
  }
}
