import { IDBFactory } from "fake-indexeddb";
import { beforeEach, expect, test } from "vitest";
import { openDrafts } from "./draft_store";
import "fake-indexeddb/auto";

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

const DAY_MS = 24 * 3600 * 1000;

test("what is kept of a session is there for the next page, of this person alone", async () => {
  await openDrafts<string>(7).put(1, "half a mask");
  expect(await openDrafts<string>(7).get(1)).toBe("half a mask");
  expect(await openDrafts<string>(7).get(2)).toBeNull();
  expect(await openDrafts<string>(8).get(1)).toBeNull();
  await openDrafts<string>(7).delete(1);
  expect(await openDrafts<string>(7).get(1)).toBeNull();
});

test("after a week it is forgotten", async () => {
  await openDrafts<string>(7, () => 0).put(1, "old");
  expect(await openDrafts<string>(7, () => 6 * DAY_MS).get(1)).toBe("old");
  expect(await openDrafts<string>(7, () => 8 * DAY_MS).get(1)).toBeNull();
});

test("without a database nothing is kept and nothing breaks", async () => {
  globalThis.indexedDB = {
    open: () => {
      throw new Error("forbidden");
    },
  } as unknown as IDBFactory;
  const drafts = openDrafts<string>(7);
  await drafts.put(1, "half a mask");
  expect(await drafts.get(1)).toBeNull();
  await drafts.delete(1);
});
