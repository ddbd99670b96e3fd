// What one page's clock makes of scripted work, against tests/contract/timing.json. Python's tests take the intervals from there on
// to the total that is stored; the file says what its fields mean.

import { describe, expect, test } from "vitest";
import contract from "../../../tests/contract/timing.json";
import { ActiveClock, type Interval, TICK_MS } from "./timing";

type Step = readonly [what: string, seconds: number];

const INPUT_EVERY_MS = 500;
const SLOW_TICK_MS = 4000;

/** Plays a script to a clock, as the browser would tell it. */
class Player {
  readonly clock = new ActiveClock(0);
  private readonly finished: Interval[] = [];
  private unfinished: Interval | null = null;
  private now = 0;

  play(script: readonly Step[]): void {
    for (const [what, seconds] of script) this.step(what, seconds * 1000);
  }

  /** What is stored of the page: of one that was killed, what its last tick left. */
  end(ends: string): readonly Interval[] {
    if (ends === "killed") return this.unfinished ? [...this.finished, this.unfinished] : this.finished;
    this.clock.close(this.now);
    return [...this.finished, ...this.clock.take()];
  }

  private step(what: string, ms: number): void {
    const { clock } = this;
    const until = this.now + ms;
    if (what === "work") {
      for (let at = this.now; at <= until; at += INPUT_EVERY_MS) {
        this.pass(at);
        clock.input(at);
      }
      this.pass(until);
    } else if (what === "idle") this.pass(until);
    else if (what === "hold" || what === "slow_hold") {
      clock.pointerDown(this.now);
      this.pass(until, what === "hold" ? TICK_MS : SLOW_TICK_MS);
      clock.pointerUp(until);
    } else if (what === "press") {
      clock.pointerDown(this.now);
      this.pass(until);
    } else if (what === "asleep") this.now = until;
    else if (what === "stopped") return;
    else if (what === "hidden" || what === "hidden_asleep") {
      clock.setVisible(this.now, false);
      if (what === "hidden") this.pass(until);
      else this.now = until;
      clock.setVisible(until, true);
    } else if (what === "blurred") {
      clock.setFocused(this.now, false);
      this.pass(until);
      clock.setFocused(until, true);
    } else if (what === "blurred_and_hidden") {
      clock.setFocused(this.now, false);
      this.step("hidden", ms / 2);
      this.pass(until);
      clock.setFocused(until, true);
    } else throw new Error(`no such step: ${what}`);
  }

  private pass(until: number, every = TICK_MS): void {
    for (let at = (Math.floor(this.now / every) + 1) * every; at <= until; at += every) {
      this.clock.tick(at);
      this.finished.push(...this.clock.take());
      this.unfinished = this.clock.unfinished();
    }
    this.now = until;
  }
}

describe.each(contract.scenarios)("$name", ({ pages }) => {
  test.each(pages)("a page opened at $opened_s s", ({ script, ends, intervals }) => {
    const player = new Player();
    player.play(script as unknown as Step[]);
    const got = player.end(ends).map(({ from_ms, to_ms }) => [from_ms, to_ms]);
    expect(got).toEqual(intervals);
  });
});
