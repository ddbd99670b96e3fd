// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { imagePoint } from "../../geometry/points";
import type { DraftStore } from "../../session/draft_store";
import { isEmptyDraft } from "../../state/draft";
import { DraftKeeper, type Kept } from "./keeping";
import { aPage, aSession } from "./samples";
import { Store } from "./store";

let store: Store;
let kept: Map<number, Kept>;
let keeper: DraftKeeper;
let stop: () => void;
const resumeMask = vi.fn();

const drafts: DraftStore<Kept> = {
  get: async (id) => kept.get(id) ?? null,
  put: async (id, value) => void kept.set(id, structuredClone(value)),
  delete: async (id) => void kept.delete(id),
};

function show(maskId: string, session = aSession): Promise<void> {
  store.session.value = session;
  store.dispatch({ kind: "showImage", image: { id: 1, width: 40, height: 30 }, saved: [], maskId });
  return keeper.bringBack(session);
}

function newPage(): void {
  store = new Store(aPage);
  keeper = new DraftKeeper(store, drafts, { resumeMask });
  stop = keeper.start();
}

beforeEach(() => {
  vi.useFakeTimers();
  resumeMask.mockClear();
  kept = new Map();
  newPage();
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

const click = (x: number) => store.dispatch({ kind: "addPoint", at: imagePoint(x, 5), label: 1 });
const pointsOf = () => store.state.value.draft.points.map(({ at }) => at.x);

test("a half-made mask is back after a reload, with its time", async () => {
  await show("a");
  click(3);
  click(9);
  store.maskMs.value = 4321;
  vi.advanceTimersByTime(1000);
  stop();
  newPage();
  await show("b");
  expect(pointsOf()).toEqual([3, 9]);
  expect(store.state.value.draft.maskId).toBe("a");
  expect(resumeMask).toHaveBeenCalledWith("a", 4321);
  expect(store.notice.value!.text).toContain("is back");
});

test("a page that goes keeps the last change at once", async () => {
  await show("a");
  click(3);
  window.dispatchEvent(new Event("pagehide"));
  expect(kept.get(aSession.id)!.points).toHaveLength(1);
});

test("a dropped mask is not kept, nor one whose place an accepted one took", async () => {
  await show("a");
  click(3);
  vi.advanceTimersByTime(1000);
  store.dispatch({ kind: "drop", nextMaskId: "b" });
  vi.advanceTimersByTime(1000);
  expect(kept.size).toBe(0);
});

test("an accepted mask is kept until it lies in the outbox", async () => {
  await show("a");
  click(3);
  vi.advanceTimersByTime(1000);
  store.dispatch({ kind: "accept", nextMaskId: "b" });
  vi.advanceTimersByTime(1000);
  expect(kept.get(aSession.id)!.maskId).toBe("a");
  store.dispatch({ kind: "discardAccepting", maskId: "a" });
  vi.advanceTimersByTime(1000);
  expect(kept.size).toBe(0);
});

test("what is saved by now does not come back as half-made", async () => {
  await show("a");
  click(3);
  vi.advanceTimersByTime(1000);
  stop();
  newPage();
  await show("b", { ...aSession, masks: [{ id: "a" }] as never });
  expect(isEmptyDraft(store.state.value.draft)).toBe(true);
  expect(kept.size).toBe(0);
});

test("another image's mask stays where it is, and nothing is forgotten before it was asked for", async () => {
  await show("a");
  click(3);
  vi.advanceTimersByTime(1000);
  store.session.value = { ...aSession, id: 12 };
  store.dispatch({ kind: "showImage", image: { id: 2, width: 40, height: 30 }, saved: [], maskId: "b" });
  vi.advanceTimersByTime(1000);
  expect(kept.get(aSession.id)!.maskId).toBe("a");
  await keeper.bringBack({ ...aSession, id: 12 });
  expect(isEmptyDraft(store.state.value.draft)).toBe(true);
  await show("c");
  expect(pointsOf()).toEqual([3]);
});

test("a stroke is written down when it has ended, not while it lasts", async () => {
  await show("a");
  click(3);
  vi.advanceTimersByTime(1000);
  const put = vi.spyOn(drafts, "put");
  store.dispatch({ kind: "beginStroke", mode: "brush", at: imagePoint(20, 20) });
  for (let x = 0; x < 20; x++) {
    store.dispatch({ kind: "extendStroke", through: [imagePoint(x, 20)] });
    vi.advanceTimersByTime(200);
  }
  expect(put).not.toHaveBeenCalled();
  store.dispatch({ kind: "endStroke" });
  vi.advanceTimersByTime(1000);
  expect(put).toHaveBeenCalledOnce();
  expect(kept.get(aSession.id)!.paint.tiles.size).toBeGreaterThan(0);
  put.mockRestore();
});

test("a page that goes in the middle of a stroke keeps what was painted", async () => {
  await show("a");
  store.dispatch({ kind: "beginStroke", mode: "brush", at: imagePoint(20, 20) });
  window.dispatchEvent(new Event("pagehide"));
  expect(kept.get(aSession.id)!.paint.tiles.size).toBeGreaterThan(0);
});
