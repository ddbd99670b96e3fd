import { expect, test } from "vitest";
import type { EventIn } from "../protocol/api";
import { EventLog, newUuid } from "./events";

function setUp() {
  const got: EventIn[] = [];
  const kept = new Map<string, EventIn | null>();
  let at = 0;
  const log = new EventLog({
    outbox: {
      event: async (event) => got.push(event),
      keepUnfinished: async (pageId, event) => void kept.set(pageId, event),
    },
    now: () => (at += 10),
  });
  return { got, kept, log };
}

test("events are numbered on one page's clock and named once each", async () => {
  const { got, log } = setUp();
  await log.record(3, { kind: "session_shown", data: {} });
  await log.record(3, { kind: "decode", data: { ms: 42 } }, "a-mask");
  expect(got.map((event) => event.sequence)).toEqual([0, 1]);
  expect(got.map((event) => event.monotonic_ms)).toEqual([10, 20]);
  expect(got[1]).toMatchObject({
    session_id: 3,
    page_id: log.pageId,
    kind: "decode",
    mask_id: "a-mask",
    data: { ms: 42 },
  });
  expect(got[0]!.id).not.toBe(got[1]!.id);
});

test("each interval of activity is an event", async () => {
  const { got, log } = setUp();
  await log.recordActivity(3, [
    { from_ms: 0, to_ms: 5000 },
    { from_ms: 5000, to_ms: 6000 },
  ]);
  expect(got.map((event) => event.data)).toEqual([
    { from_ms: 0, to_ms: 5000 },
    { from_ms: 5000, to_ms: 6000 },
  ]);
  expect(got.every((event) => event.kind === "activity")).toBe(true);
});

test("the interval at hand is kept under the page's name, and is numbered as the event that it may become", async () => {
  const { got, kept, log } = setUp();
  await log.record(3, { kind: "undo", data: {} });
  await log.keepUnfinished(3, { from_ms: 0, to_ms: 500 });
  await log.keepUnfinished(3, { from_ms: 0, to_ms: 1000 }, "a-mask");
  expect([...kept.keys()]).toEqual([log.pageId]);
  expect(kept.get(log.pageId)).toMatchObject({
    session_id: 3,
    sequence: 1,
    kind: "activity",
    mask_id: "a-mask",
    data: { from_ms: 0, to_ms: 1000 },
  });
  await log.keepUnfinished(3, null);
  expect(kept.get(log.pageId)).toBeNull();
  expect(got).toHaveLength(1);
});

test("names are random UUIDs", () => {
  const names = Array.from({ length: 50 }, newUuid);
  for (const name of names)
    expect(name).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(names).size).toBe(50);
});
