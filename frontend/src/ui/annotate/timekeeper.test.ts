// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";
import type { Interval } from "../../session/timing";
import { aPage, aSession } from "./samples";
import { Store } from "./store";
import { Timekeeper } from "./timekeeper";

let store: Store;
let now: number;
let time: Timekeeper;
const record = vi.fn(async () => {});
const recordActivity = vi.fn(async (_sessionId: number, _intervals: readonly Interval[]) => {});
const keepUnfinished = vi.fn(async (_sessionId: number, _interval: Interval | null) => {});

/** Lets active time pass: the hand moves all the while. */
function work(ms: number): void {
  for (let passed = 0; passed < ms; passed += 100) {
    now += 100;
    vi.advanceTimersByTime(100);
    window.dispatchEvent(new Event("pointermove"));
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  for (const mock of [record, recordActivity, keepUnfinished]) mock.mockClear();
  now = 1000;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  vi.spyOn(document, "hasFocus").mockReturnValue(true);
  store = new Store(aPage);
  store.session.value = aSession;
  time = new Timekeeper(store, { record, recordActivity, keepUnfinished });
  time.start();
  window.dispatchEvent(new Event("pointermove"));
  return () => {
    time.stop();
    vi.useRealTimers();
    vi.restoreAllMocks();
  };
});

const kinds = () => record.mock.calls.map((call) => (call as unknown[] as [number, { kind: string }])[1].kind);

test("the ring follows the active time of the current mask", () => {
  work(2000);
  expect(store.maskMs.value).toBe(0);
  time.beginMask("a");
  work(3000);
  expect(store.maskMs.value).toBeCloseTo(3000, -3);
  expect(store.limit.value.fraction).toBeCloseTo(0.1, 1);
  expect(time.endMask()).toBeCloseTo(3000, -3);
  expect(store.maskMs.value).toBe(0);
});

test("the idle limit is that of the image's project", () => {
  store.session.value = { ...aSession, idle_seconds: 3 };
  window.dispatchEvent(new Event("pointermove"));
  time.beginMask("a");
  for (let ticks = 0; ticks < 20; ticks++) {
    now += 500;
    vi.advanceTimersByTime(500);
  }
  expect(time.endMask()).toBe(3000);
});

test("a mask that was dropped and comes back goes on from where it was", () => {
  time.beginMask("a");
  work(3000);
  time.endMask();
  work(5000);
  time.beginMask("b");
  work(1000);
  time.beginMask("a");
  work(1000);
  expect(time.endMask()).toBeCloseTo(4000, -3);
  expect(kinds().filter((kind) => kind === "mask_started")).toHaveLength(2);
});

test("the limit is logged once when it is reached, and again after five more seconds", () => {
  store.dispatch({ kind: "showImage", image: { id: 1, width: 9, height: 9 }, saved: [], maskId: "a" });
  time.beginMask("a");
  work(31_000);
  expect(kinds().filter((kind) => kind === "time_limit_reached")).toHaveLength(1);
  store.dispatch({ kind: "extendLimit" });
  work(7000);
  expect(kinds().filter((kind) => kind === "time_limit_reached")).toHaveLength(2);
});

test("nothing is logged while no image is open", () => {
  store.session.value = null;
  time.log({ kind: "undo", data: {} });
  expect(record).not.toHaveBeenCalled();
});

test("what was worked on an image is written down as its own, up to the moment it is left", () => {
  const msOf = (sessionId: number) =>
    recordActivity.mock.calls
      .filter(([id]) => id === sessionId)
      .flatMap(([, intervals]) => intervals)
      .reduce((total, { from_ms, to_ms }) => total + to_ms - from_ms, 0);
  work(7000);
  store.session.value = { ...aSession, id: aSession.id + 1 };
  expect(msOf(aSession.id)).toBe(7000);
  work(3000);
  time.stop();
  expect(msOf(aSession.id)).toBe(7000);
  expect(msOf(aSession.id + 1)).toBe(3000);
});

test("the interval at hand is kept twice a second", () => {
  work(2000);
  const kept = keepUnfinished.mock.calls.map(([, interval]) => interval!.to_ms);
  expect(kept).toHaveLength(4);
  expect(kept.at(-1)! - 1000).toBeGreaterThanOrEqual(1500);
});
