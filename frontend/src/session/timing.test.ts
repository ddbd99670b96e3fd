// @vitest-environment happy-dom
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ActiveClock, type Interval, observeActivity } from "./timing";

const s = (seconds: number) => seconds * 1000;

/** All intervals as one number, and each no longer than 5 s. */
function sum(intervals: readonly Interval[]): number {
  return intervals.reduce((total, { from_ms, to_ms }) => {
    expect(to_ms).toBeGreaterThan(from_ms);
    expect(to_ms - from_ms).toBeLessThanOrEqual(5000);
    return total + to_ms - from_ms;
  }, 0);
}

function everyInput(clock: ActiveClock, from: number, to: number, step = 1): void {
  for (let at = from; at <= to; at += step) clock.input(s(at));
}

test("steady input counts all along, in pieces of five seconds", () => {
  const clock = new ActiveClock(0);
  everyInput(clock, 0, 12);
  expect(clock.activeMs(s(12))).toBe(s(12));
  expect(clock.take()).toEqual([
    { from_ms: 0, to_ms: 5000 },
    { from_ms: 5000, to_ms: 10000 },
  ]);
  clock.close(s(12));
  expect(clock.take()).toEqual([{ from_ms: 10000, to_ms: 12000 }]);
});

test("the idle limit is the project's, and may change from image to image", () => {
  const clock = new ActiveClock(0, { idleMs: 15_000 });
  clock.input(0);
  clock.setIdleLimit(4_000, 6_000);
  expect(clock.activeMs(20_000)).toBe(6_000);
  clock.input(30_000);
  clock.setIdleLimit(31_000, 3_000);
  expect(clock.activeMs(60_000)).toBe(9_000);
});

test("before the first input nothing counts, and 15 s after the last one counting ends", () => {
  const clock = new ActiveClock(0);
  clock.tick(s(5));
  clock.input(s(10));
  for (let at = 11; at < 60; at++) clock.tick(s(at));
  expect(clock.activeMs(s(60))).toBe(s(15));
  expect(clock.take().at(-1)!.to_ms).toBe(s(25));
});

test("a hidden or unfocused page is not active, and what is typed elsewhere is not seen", () => {
  const clock = new ActiveClock(0);
  everyInput(clock, 0, 3);
  clock.setVisible(s(3), false);
  clock.input(s(4));
  clock.tick(s(20));
  clock.setVisible(s(21), true);
  clock.input(s(21));
  clock.setFocused(s(22), false);
  clock.tick(s(30));
  expect(clock.activeMs(s(30))).toBe(s(4));
});

test("coming back within the idle limit goes on without a new input", () => {
  const clock = new ActiveClock(0);
  clock.input(0);
  clock.setFocused(s(2), false);
  clock.setFocused(s(6), true);
  clock.tick(s(40));
  expect(clock.activeMs(s(40))).toBe(s(2 + 9));
});

test("a pointer held down is input, until the page sleeps or loses the pointer", () => {
  const clock = new ActiveClock(0);
  clock.pointerDown(0);
  for (let at = 1; at <= 40; at++) clock.tick(s(at));
  expect(clock.activeMs(s(40))).toBe(s(40));
  clock.tick(s(4000));
  expect(clock.activeMs(s(4000))).toBe(s(55));
  clock.pointerUp(s(4000));
  clock.pointerDown(s(4001));
  clock.setVisible(s(4002), false);
  clock.setVisible(s(4003), true);
  for (let at = 4004; at < 4100; at++) clock.tick(s(at));
  expect(clock.activeMs(s(4100))).toBe(s(55 + 2 + (4001 + 15 - 4003)));
});

test("a mask has its own time, and a second one begins at nothing", () => {
  const clock = new ActiveClock(0);
  expect(clock.maskMs(s(1))).toBe(0);
  everyInput(clock, 1, 3);
  clock.startMask(s(3));
  everyInput(clock, 3, 10);
  expect(clock.maskMs(s(10))).toBe(s(7));
  expect(clock.endMask(s(10))).toBe(s(7));
  expect(clock.maskMs(s(11))).toBe(0);
  clock.startMask(s(12));
  expect(clock.endMask(s(13))).toBe(s(1));
});

test("a clock that steps back loses and doubles nothing", () => {
  const clock = new ActiveClock(s(100));
  clock.input(s(101));
  clock.input(s(90));
  clock.input(s(102));
  expect(clock.activeMs(s(102))).toBe(s(1));
});

test("whatever happens, intervals are ascending, apart, and sum to the active time", () => {
  const acts = fc.array(fc.tuple(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 7 })), {
    maxLength: 80,
  });
  fc.assert(
    fc.property(acts, (steps) => {
      const clock = new ActiveClock(0);
      let now = 0;
      for (const [wait, act] of steps) {
        now += wait;
        if (act === 0) clock.pointerDown(now);
        else if (act === 1) clock.pointerUp(now);
        else if (act === 2) clock.setVisible(now, false);
        else if (act === 3) clock.setVisible(now, true);
        else if (act === 4) clock.setFocused(now, false);
        else if (act === 5) clock.setFocused(now, true);
        else if (act === 6) clock.tick(now);
        else clock.input(now);
      }
      clock.close(now);
      const intervals = clock.take();
      expect(sum(intervals)).toBeCloseTo(clock.activeMs(now), 6);
      for (let index = 1; index < intervals.length; index++) {
        expect(intervals[index]!.from_ms).toBeGreaterThanOrEqual(intervals[index - 1]!.to_ms);
      }
      expect(clock.activeMs(now)).toBeLessThanOrEqual(now);
    }),
  );
});

describe("in a page", () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  test("input, blur and the page's end reach the clock, and its intervals are handed on", () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    const clock = new ActiveClock(performance.now());
    const got: Interval[] = [];
    const stop = observeActivity(clock, (intervals) => got.push(...intervals));
    window.dispatchEvent(new Event("pointermove"));
    vi.advanceTimersByTime(6000);
    expect(sum(got)).toBe(5000);
    vi.spyOn(document, "hasFocus").mockReturnValue(false);
    window.dispatchEvent(new Event("blur"));
    expect(sum(got)).toBe(6000);
    window.dispatchEvent(new Event("focus"));
    window.dispatchEvent(new Event("keydown"));
    vi.advanceTimersByTime(2000);
    window.dispatchEvent(new Event("pagehide"));
    expect(sum(got)).toBe(8000);
    stop();
    window.dispatchEvent(new Event("keydown"));
    vi.advanceTimersByTime(9000);
    expect(sum(got)).toBe(8000);
  });
});
