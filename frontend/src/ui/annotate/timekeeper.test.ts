// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";
import { aPage, aSession } from "./samples";
import { Store } from "./store";
import { Timekeeper } from "./timekeeper";

let store: Store;
let now: number;
let time: Timekeeper;
const record = vi.fn(async () => {});

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
  record.mockClear();
  now = 1000;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  vi.spyOn(document, "hasFocus").mockReturnValue(true);
  store = new Store(aPage);
  store.session.value = aSession;
  time = new Timekeeper(store, { record, recordActivity: vi.fn(async () => {}) });
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
