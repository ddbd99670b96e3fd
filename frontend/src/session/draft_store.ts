// Where a half-made mask lies while its page is gone: an IndexedDB database per person, an entry per session.

import { type DBSchema, type IDBPDatabase, openDB } from "idb";

export interface DraftStore<Kept> {
  get(sessionId: number): Promise<Kept | null>;
  put(sessionId: number, kept: Kept): Promise<void>;
  delete(sessionId: number): Promise<void>;
}

interface Schema extends DBSchema {
  drafts: { key: number; value: { readonly at: number; readonly kept: unknown } };
}

/** Sessions that somebody else has by then, or nobody: their drafts are of no use. */
const KEPT_MS = 7 * 24 * 3600 * 1000;

/** Never rejects: without a database, or on a full disk, the page works on and a reload loses the mask at hand. */
export function openDrafts<Kept>(userId: number, now: () => number = Date.now): DraftStore<Kept> {
  const opened = openDatabase(`annotator-drafts-${userId}`, now());
  opened.catch(() => {});
  const orElse = async <T>(fallback: T, act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch {
      return fallback;
    }
  };
  return {
    get: (sessionId) =>
      orElse(null, async () => ((await (await opened).get("drafts", sessionId))?.kept as Kept | undefined) ?? null),
    put: (sessionId, kept) =>
      orElse(undefined, async () => void (await (await opened).put("drafts", { at: now(), kept }, sessionId))),
    delete: (sessionId) => orElse(undefined, async () => (await opened).delete("drafts", sessionId)),
  };
}

async function openDatabase(name: string, now: number): Promise<IDBPDatabase<Schema>> {
  const database = await openDB<Schema>(name, 1, {
    upgrade: (created) => void created.createObjectStore("drafts"),
    // A newer page wants to change the database: let it.
    blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
  });
  const { store, done } = database.transaction("drafts", "readwrite");
  for (let cursor = await store.openCursor(); cursor; cursor = await cursor.continue()) {
    if (now - cursor.value.at > KEPT_MS) await cursor.delete();
  }
  await done;
  return database;
}
