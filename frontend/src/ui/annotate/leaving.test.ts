import { beforeEach, expect, test } from "vitest";
import { imagePoint } from "../../geometry/points";
import { Leaving, type LeavingParts } from "./leaving";
import { aPage, aSession } from "./samples";
import { Store } from "./store";
import type { Timekeeper } from "./timekeeper";

/** What happened, in order. */
let happened: string[];
let store: Store;
let leaving: Leaving;
let settled: () => Promise<unknown>;
let objection: string | null;

beforeEach(() => {
  happened = [];
  objection = null;
  settled = async () => happened.push("settled");
  store = new Store(aPage);
  store.session.value = aSession;
  store.phase.value = { kind: "working" };
  store.decoder.value = { kind: "ready" };
  store.dispatch({ kind: "showImage", image: { id: 1, width: 40, height: 30 }, saved: [], maskId: "m1" });
  const time = {
    log: ({ kind, data }: { kind: string; data: { answer?: string } }) => happened.push(`log ${data.answer ?? kind}`),
  } as unknown as Timekeeper;
  const parts: LeavingParts = {
    store,
    time,
    accepting: { settled: () => settled() },
    outgoing: {
      finish: async (id) => void happened.push(`finish ${id}`),
      skip: async (id, { reason, note }) => void happened.push(`skip ${id} ${reason} ${note}`),
    },
    queue: { advance: async () => void happened.push("advance") },
  };
  leaving = new Leaving(parts, {
    accept: async () => {
      happened.push("accept");
      store.dispatch({ kind: "drop", nextMaskId: "m2" });
      return true;
    },
    drop: () => {
      happened.push("drop");
      store.dispatch({ kind: "drop", nextMaskId: "m2" });
    },
    objection: () => objection,
  });
});

const click = () => store.dispatch({ kind: "addPoint", at: imagePoint(1, 1), label: 1 });
const reach = () => store.tellLimit(31_000);

test("the image ends behind its masks and before the next one", async () => {
  await leaving.next();
  expect(happened).toEqual(["log finish", "settled", "finish 11", "advance"]);
});

test("an open mask is asked about, never lost in passing", async () => {
  click();
  await leaving.next();
  expect(store.dialog.value).toBe("leave");
  expect(happened).toEqual([]);
  await leaving.acceptAndNext();
  expect(happened).toEqual(["accept", "log finish", "settled", "finish 11", "advance"]);
});

test("a mask that could not be saved keeps the image open", async () => {
  click();
  store.dispatch({ kind: "accept", nextMaskId: "m2" });
  store.dispatch({ kind: "acceptFailed", maskId: "m1", reason: "The disk is full." });
  await leaving.next();
  expect(happened).not.toContain("advance");
  expect(store.notice.value?.text).toContain("not saved");
});

test("a second press while the first is under way is the same press", async () => {
  await Promise.all([leaving.next(), leaving.next()]);
  expect(happened.filter((what) => what === "advance")).toHaveLength(1);
  expect(happened.filter((what) => what.startsWith("finish"))).toHaveLength(1);
});

test("a skipped image goes with its reason, and its open mask with a note of it", async () => {
  click();
  await leaving.skip("low_quality", "blurred");
  expect(happened).toEqual(["drop", "log skip", "settled", "skip 11 low_quality blurred", "advance"]);
});

test("at the limit each answer is logged and does what it says", async () => {
  click();
  await leaving.answerLimit("keep_next");
  expect(happened, "before the limit the keys do nothing").toEqual([]);
  reach();
  await leaving.answerLimit("extend");
  expect(store.state.value.draft.limit.extensions).toBe(1);
  store.tellLimit(36_000);
  await leaving.answerLimit("extend");
  expect(store.state.value.draft.limit.extensions, "only as often as the policy allows").toBe(1);
  await leaving.answerLimit("keep_next");
  expect(happened.slice(0, 3)).toEqual(["log extend", "log keep_next", "accept"]);
  expect(happened.at(-1)).toBe("advance");
});

test("drop and go on drops", async () => {
  click();
  reach();
  await leaving.answerLimit("drop_next");
  expect(happened.slice(0, 2)).toEqual(["log drop_next", "drop"]);
  expect(happened.at(-1)).toBe("advance");
});

test("an advance keeps the mask if there is one, and logs that nobody answered", async () => {
  click();
  store.dispatch({
    kind: "decoded",
    revision: store.state.value.draft.lineage[0] ?? 0,
    answer: { logits: [], ious: [], shown: 0, frame: {} as never },
  });
  await leaving.advance();
  expect(happened.slice(0, 2)).toEqual(["log ignored", "accept"]);
});

test("an advance with nothing in the mask drops it", async () => {
  store.dispatch({ kind: "beginStroke", mode: "eraser", at: imagePoint(5, 5) });
  store.dispatch({ kind: "endStroke" });
  objection = "The mask is empty.";
  await leaving.advance();
  expect(happened.slice(0, 2)).toEqual(["log ignored", "drop"]);
});

test("prompts that could not be answered yet are not taken away by an advance", async () => {
  click();
  store.decoder.value = { kind: "preparing" };
  await leaving.advance();
  expect(happened).toEqual([]);
});
