import { signal } from "@preact/signals";
import { beforeEach, expect, test, vi } from "vitest";
import { ModelBitmaps } from "../../canvas/model_bitmaps";
import { Bitmap } from "../../geometry/bitmap";
import { modelFrame } from "../../geometry/model_frame";
import { canvasPoint, imagePoint } from "../../geometry/points";
import { encodeRle } from "../../geometry/rle";
import type { EventData } from "../../protocol/api";
import { currentModelMask, isEmptyDraft, revisionOf } from "../../state/draft";
import type { SavedMask } from "../../state/saved";
import { Editor, type EditorParts } from "./editor";
import { aDecoded, aPage, aSession } from "./samples";
import { Store } from "./store";

let store: Store;
let editor: Editor;
let logged: EventData[];
let accept: ReturnType<typeof vi.fn>;
let saveAgain: ReturnType<typeof vi.fn>;
let deleteMask: ReturnType<typeof vi.fn>;
let timed: string[];

beforeEach(() => {
  logged = [];
  timed = [];
  accept = vi.fn(async () => {});
  saveAgain = vi.fn(async () => {});
  deleteMask = vi.fn(async () => {});
  store = new Store(aPage);
  store.session.value = aSession;
  store.phase.value = { kind: "working" };
  store.decoder.value = { kind: "ready" };
  store.dispatch({ kind: "showImage", image: { id: 1, width: 40, height: 30 }, saved: [], maskId: "m1" });
  const parts = {
    store,
    bitmaps: new ModelBitmaps(),
    decoding: {},
    decoder: {},
    flow: {},
    keeper: {},
    queue: {},
    others: { pixels: () => null },
    outbox: { status: signal({}) },
    outgoing: { deleteMask, state: signal({ kind: "saved" }) },
    accepting: { accept, saveAgain, settled: async () => {} },
    saved: { maskAt: (x: number, y: number) => (x === 6 && y === 8 ? "old" : null) },
    time: {
      beginMask: (id: string) => timed.push(`${id} begins`),
      endMask: () => timed.push("ends") && 1234.5,
      log: (event: EventData) => logged.push(event),
    },
  };
  editor = new Editor(parts as unknown as EditorParts);
});

const click = (x = 5) => editor.mask.point({ kind: "addPoint", at: imagePoint(x, 5), label: 1 }, 10);
function answer(logit = 3): void {
  const { logits, ious, shown } = aDecoded(logit);
  const revision = revisionOf(store.state.value.draft) ?? 0;
  store.dispatch({ kind: "decoded", revision, answer: { logits, ious, shown, frame: modelFrame(40, 30, 16, 4) } });
}

const aMask = (): SavedMask => {
  const bitmap = new Bitmap(40, 30);
  bitmap.data.fill(1, 100, 200);
  const { size, counts } = encodeRle(bitmap);
  return {
    id: "old",
    size,
    counts,
    bbox: [0, 2, 40, 3],
    area: 100,
    points: [[5, 5, 1]],
    box: null,
    crop: null,
    firstToken: 2,
    chosenToken: 2,
    predictedIou: 0.8,
    stabilityScore: 0.9,
    brushPixelsAdded: 0,
    brushPixelsRemoved: 0,
    activeMs: 5000,
    timeLimitOutcome: "within",
    colour: 0,
  };
};

test("keys and buttons accept alike: the mask goes on its way and the hand is free", async () => {
  click();
  answer();
  editor.perform({ act: "accept" });
  expect(accept).toHaveBeenCalledWith(expect.objectContaining({ maskId: "m1" }), aSession, 1234.5);
  expect(isEmptyDraft(store.state.value.draft)).toBe(true);
  expect(logged.map(({ kind }) => kind)).toEqual(["prompt", "mask_accepted"]);
});

test("what can't be accepted stays, and the reason is told", () => {
  editor.perform({ act: "accept" });
  expect(store.notice.value?.text).toContain("no mask yet");
  click();
  answer(-3);
  editor.perform({ act: "accept" });
  expect(store.notice.value?.text).toContain("empty");
  expect(accept).not.toHaveBeenCalled();
  expect(isEmptyDraft(store.state.value.draft)).toBe(false);
});

test("before the image is prepared a mask is not accepted blindly", () => {
  store.decoder.value = { kind: "preparing" };
  click();
  editor.perform({ act: "accept" });
  expect(accept).not.toHaveBeenCalled();
  expect(store.notice.value?.text).toContain("still being prepared");
});

test("1, 2 and 3 name the candidates from the best predicted IoU down", () => {
  click();
  answer();
  const shown = () => currentModelMask(store.state.value.draft)?.token;
  expect(shown()).toBe(1);
  editor.perform({ act: "candidate", candidate: 3 });
  expect(shown()).toBe(3);
  editor.perform({ act: "candidate", candidate: "next" });
  expect(shown()).toBe(1);
});

test("a dropped mask is offered back", () => {
  click();
  editor.perform({ act: "drop" });
  expect(isEmptyDraft(store.state.value.draft)).toBe(true);
  store.notice.value?.action?.run();
  expect(store.state.value.draft).toMatchObject({ maskId: "m1", points: [{ at: { x: 5 } }] });
  expect(logged.map(({ kind }) => kind)).toEqual(["prompt", "mask_dropped", "undo"]);
});

test("a click's measure ends with the frame its mask is in, and only that", () => {
  performance.clearMeasures("click-to-mask");
  click();
  const revision = revisionOf(store.state.value.draft) ?? 0;
  editor.mask.shown(revision - 1);
  editor.mask.shown(revision);
  editor.mask.shown(revision);
  expect(performance.getEntriesByName("click-to-mask")).toMatchObject([{ startTime: 10 }]);
});

test("over the limit and unanswered is logged when the mask is accepted", () => {
  click();
  answer();
  store.tellLimit(31_000);
  editor.perform({ act: "accept" });
  expect(logged).toContainEqual({ kind: "time_limit_answer", data: { answer: "ignored" } });
});

test("an accepted mask opens again only when no other is open", () => {
  store.state.value = { ...store.state.value, saved: [aMask()] };
  click();
  editor.masks.reopen(aMask());
  expect(store.notice.value?.text).toContain("first");
  expect(store.state.value.draft.replaces).toBeNull();
  editor.perform({ act: "drop" });
  editor.masks.reopen(aMask());
  expect(store.state.value.draft).toMatchObject({ replaces: "old", points: [{ at: { x: 5, y: 5 } }] });
});

test("a mask's time begins with the first corner of the lasso, and stops where nothing comes of it", () => {
  const [a, b, c] = [imagePoint(5, 5), imagePoint(20, 5), imagePoint(5, 20)] as const;
  const line = { points: [a, b], corners: [a, b] };
  editor.mask.outline(line);
  editor.mask.outline({ ...line });
  editor.mask.outline(null);
  expect(timed).toEqual(["m1 begins", "ends"]);
  editor.mask.outline(line);
  editor.mask.point({ kind: "fillPolygon", mode: "brush", points: [a, b, c] }, 10);
  editor.mask.outline(null);
  expect(timed.slice(2)).not.toContain("ends");
  expect(store.lasso.value).toBeNull();
});

test("a deleted mask can be brought back, as a new one with the same pixels", async () => {
  const mask = aMask();
  store.state.value = { ...store.state.value, saved: [mask] };
  await editor.masks.delete(mask);
  expect(deleteMask).toHaveBeenCalledWith("old", { session_id: 11, lease_token: aSession.lease_token });
  expect(store.state.value.saved).toEqual([]);
  store.notice.value?.action?.run();
  await vi.waitFor(() => expect(store.state.value.saved).toHaveLength(1));
  expect(saveAgain.mock.calls[0]?.[0]).not.toBe("old");
  expect(store.state.value.saved[0]?.counts).toBe(mask.counts);
});

test("the accepted mask under the pointer is reopened, and where there is none nothing happens", () => {
  store.dispatch({ kind: "restoreMask", mask: aMask() });
  store.view.value = { ...store.view.value, viewport: { zoom: 2, offsetX: 10, offsetY: 4 } };
  editor.perform({ act: "reopenUnder" });
  expect(store.state.value.draft.replaces).toBeNull();
  expect(store.notice.value?.text).toMatch(/under the pointer/);
  store.cursor.value = canvasPoint(22, 20);
  editor.perform({ act: "reopenUnder" });
  expect(store.state.value.draft.replaces).toBe("old");
});

test("how masks are shown is changed by acts", () => {
  editor.perform({ act: "outlines" });
  editor.perform({ act: "isolate" });
  expect(store.look.value).toMatchObject({ outlinesOnly: true, isolate: true });
  editor.perform({ act: "opacity", direction: 1 });
  expect(store.look.value).toMatchObject({ outlinesOnly: false, opacity: 0.5 });
  editor.perform({ act: "photoOnly", on: true });
  expect(store.photoOnly.value).toBe(true);
  editor.perform({ act: "photoOnly", on: false });
  expect(store.photoOnly.value).toBe(false);
});
