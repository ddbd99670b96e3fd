// Where the outbox lies: an IndexedDB database per person, written with strict durability. Without one, memory, and it says so.

import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { DeleteMaskIn, EventIn, LeaseIn, MaskIn, SkipIn } from "../protocol/api";

export type OutboxItem =
  | { readonly kind: "mask"; readonly id: string; readonly body: MaskIn }
  | { readonly kind: "deleteMask"; readonly id: string; readonly body: DeleteMaskIn }
  | { readonly kind: "event"; readonly id: string; readonly body: EventIn }
  | { readonly kind: "finish"; readonly id: number; readonly body: LeaseIn }
  | { readonly kind: "skip"; readonly id: number; readonly body: SkipIn };

export interface Entry {
  /** Ascending in the order of the acts. */
  readonly order: number;
  readonly item: OutboxItem;
}

export interface RefusedEntry extends Entry {
  readonly reason: { readonly code: string; readonly message: string };
}

export interface Contents {
  readonly waiting: number;
  /** How many of those are no events: acts that a person would miss. */
  readonly acts: number;
  readonly refused: readonly RefusedEntry[];
}

export interface OutboxStore {
  readonly durable: boolean;
  /** Resolves when it is on disk. */
  add(item: OutboxItem): Promise<number>;
  has(order: number): Promise<boolean>;
  contents(): Promise<Contents>;
  /**
   * The oldest entry behind `after` and those that follow it, as long as all of them are `together` and no more than `limit`.
   */
  oldest(limit: number, together: (entry: Entry) => boolean, after?: number): Promise<Entry[]>;
  remove(orders: readonly number[]): Promise<void>;
  park(entries: readonly Entry[], reason: RefusedEntry["reason"]): Promise<void>;
  /** Puts what was parked behind all that waits, in this order. */
  restore(orders: readonly number[]): Promise<void>;
  discard(order: number): Promise<void>;
  /** Keeps an item of this page that may still change, in place of its last one; null for none. It does not wait to be sent. */
  keepUnfinished(pageId: string, item: OutboxItem | null): Promise<void>;
  /** From now on all that was kept so waits to be sent. */
  releaseUnfinished(): Promise<void>;
  close(): void;
}

interface Schema extends DBSchema {
  waiting: { key: number; value: { order?: number; item: OutboxItem }; indexes: { kind: string } };
  unfinished: { key: string; value: OutboxItem };
  refused: { key: number; value: RefusedEntry };
}

/** Never rejects: in a window where databases are forbidden the work goes on without. */
export async function openStore(name: string): Promise<OutboxStore> {
  try {
    const database = await openDB<Schema>(name, 3, {
      upgrade(created, from, _to, transaction) {
        if (from < 1) {
          created.createObjectStore("waiting", { keyPath: "order", autoIncrement: true });
          created.createObjectStore("refused", { keyPath: "order" });
        }
        if (from < 2) created.createObjectStore("unfinished");
        transaction.objectStore("waiting").createIndex("kind", "item.kind");
      },
      // A newer page wants to change the database: let it.
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    });
    return new OverflowStore(new DatabaseStore(database));
  } catch {
    return new MemoryStore();
  }
}

/** Orders from here on are of acts that are held in memory only. */
const FIRST_IN_MEMORY = 2 ** 40;

/** A disk, and memory for what a full or failing disk does not take: then it is not durable, and says so. */
export class OverflowStore implements OutboxStore {
  private readonly memory = new MemoryStore(FIRST_IN_MEMORY);

  constructor(private readonly disk: OutboxStore) {}

  get durable(): boolean {
    return this.disk.durable && this.memory.isEmpty();
  }

  async add(item: OutboxItem): Promise<number> {
    // Behind what is in memory nothing may go to the disk, which is sent first.
    if (!this.memory.isEmpty()) return this.memory.add(item);
    return this.disk.add(item).catch(() => this.memory.add(item));
  }

  has(order: number): Promise<boolean> {
    return this.storeOf(order).has(order);
  }

  async contents(): Promise<Contents> {
    const [disk, memory] = [await this.disk.contents(), await this.memory.contents()];
    return {
      waiting: disk.waiting + memory.waiting,
      acts: disk.acts + memory.acts,
      refused: [...disk.refused, ...memory.refused],
    };
  }

  async oldest(limit: number, together: (entry: Entry) => boolean, after = 0): Promise<Entry[]> {
    const entries = await this.disk.oldest(limit, together, after);
    return entries.length > 0 ? entries : this.memory.oldest(limit, together, after);
  }

  /** All of them come from one `oldest`, so from one store. */
  async remove(orders: readonly number[]): Promise<void> {
    if (orders[0] !== undefined) await this.storeOf(orders[0]).remove(orders);
  }

  async park(entries: readonly Entry[], reason: RefusedEntry["reason"]): Promise<void> {
    if (entries[0]) await this.storeOf(entries[0].order).park(entries, reason);
  }

  async restore(orders: readonly number[]): Promise<void> {
    for (const order of orders) await this.storeOf(order).restore([order]);
  }

  discard(order: number): Promise<void> {
    return this.storeOf(order).discard(order);
  }

  /** A disk that does not take it is no reason to stop: at most some seconds of a page that dies are lost. */
  async keepUnfinished(pageId: string, item: OutboxItem | null): Promise<void> {
    await this.disk.keepUnfinished(pageId, item).catch(() => {});
  }

  async releaseUnfinished(): Promise<void> {
    await this.disk.releaseUnfinished().catch(() => {});
  }

  close(): void {
    this.disk.close();
  }

  private storeOf(order: number): OutboxStore {
    return order >= FIRST_IN_MEMORY ? this.memory : this.disk;
  }
}

class DatabaseStore implements OutboxStore {
  readonly durable = true;

  constructor(private readonly database: IDBPDatabase<Schema>) {}

  async add(item: OutboxItem): Promise<number> {
    const transaction = this.write("waiting");
    const order = await transaction.objectStore("waiting").add({ item });
    await transaction.done;
    return order;
  }

  async has(order: number): Promise<boolean> {
    return (await this.database.getKey("waiting", order)) !== undefined;
  }

  async contents(): Promise<Contents> {
    const transaction = this.database.transaction(["waiting", "refused"]);
    const store = transaction.objectStore("waiting");
    const [waiting, events, refused] = await Promise.all([
      store.count(),
      store.index("kind").count("event"),
      transaction.objectStore("refused").getAll(),
    ]);
    return { waiting, acts: waiting - events, refused };
  }

  async oldest(limit: number, together: (entry: Entry) => boolean, after = 0): Promise<Entry[]> {
    const found: Entry[] = [];
    const { store } = this.database.transaction("waiting");
    const behind = IDBKeyRange.lowerBound(after, true);
    for (let cursor = await store.openCursor(behind); cursor; cursor = await cursor.continue()) {
      const entry = cursor.value as Entry;
      if (found.length > 0 && !together(entry)) break;
      found.push(entry);
      if (!together(entry) || found.length === limit) break;
    }
    return found;
  }

  async remove(orders: readonly number[]): Promise<void> {
    const transaction = this.write("waiting");
    await Promise.all(orders.map((order) => transaction.objectStore("waiting").delete(order)));
    await transaction.done;
  }

  async park(entries: readonly Entry[], reason: RefusedEntry["reason"]): Promise<void> {
    const transaction = this.write("waiting", "refused");
    for (const entry of entries) {
      await transaction.objectStore("refused").put({ ...entry, reason });
      await transaction.objectStore("waiting").delete(entry.order);
    }
    await transaction.done;
  }

  async restore(orders: readonly number[]): Promise<void> {
    const transaction = this.write("waiting", "refused");
    for (const order of orders) {
      const entry = await transaction.objectStore("refused").get(order);
      if (!entry) continue;
      await transaction.objectStore("waiting").add({ item: entry.item });
      await transaction.objectStore("refused").delete(order);
    }
    await transaction.done;
  }

  async discard(order: number): Promise<void> {
    const transaction = this.write("refused");
    await transaction.objectStore("refused").delete(order);
    await transaction.done;
  }

  async keepUnfinished(pageId: string, item: OutboxItem | null): Promise<void> {
    // Not strict: this is written twice a second, and after a power cut half a second more or less is the least worry.
    const { store, done } = this.database.transaction("unfinished", "readwrite");
    await (item ? store.put(item, pageId) : store.delete(pageId));
    await done;
  }

  async releaseUnfinished(): Promise<void> {
    const transaction = this.write("waiting", "unfinished");
    const unfinished = transaction.objectStore("unfinished");
    for (const item of await unfinished.getAll()) await transaction.objectStore("waiting").add({ item });
    await unfinished.clear();
    await transaction.done;
  }

  close(): void {
    this.database.close();
  }

  /** Strict: done means on disk, not in some cache that a power cut empties. */
  private write<Names extends ("waiting" | "refused" | "unfinished")[]>(...stores: Names) {
    return this.database.transaction(stores, "readwrite", { durability: "strict" });
  }
}

class MemoryStore implements OutboxStore {
  readonly durable = false;
  private readonly waiting = new Map<number, Entry>();
  private readonly parked = new Map<number, RefusedEntry>();
  private last: number;

  constructor(first = 1) {
    this.last = first - 1;
  }

  isEmpty(): boolean {
    return this.waiting.size === 0 && this.parked.size === 0;
  }

  async add(item: OutboxItem): Promise<number> {
    const order = ++this.last;
    this.waiting.set(order, { order, item });
    return order;
  }

  async has(order: number): Promise<boolean> {
    return this.waiting.has(order);
  }

  async contents(): Promise<Contents> {
    const acts = [...this.waiting.values()].filter(({ item }) => item.kind !== "event").length;
    return { waiting: this.waiting.size, acts, refused: [...this.parked.values()] };
  }

  async oldest(limit: number, together: (entry: Entry) => boolean, after = 0): Promise<Entry[]> {
    const entries = [...this.waiting.values()].filter(({ order }) => order > after).slice(0, limit);
    const other = entries.findIndex((entry) => !together(entry));
    return entries.slice(0, other < 0 ? undefined : Math.max(1, other));
  }

  async remove(orders: readonly number[]): Promise<void> {
    for (const order of orders) this.waiting.delete(order);
  }

  async park(entries: readonly Entry[], reason: RefusedEntry["reason"]): Promise<void> {
    for (const entry of entries) {
      this.waiting.delete(entry.order);
      this.parked.set(entry.order, { ...entry, reason });
    }
  }

  async restore(orders: readonly number[]): Promise<void> {
    for (const order of orders) {
      const entry = this.parked.get(order);
      if (entry) await this.add(entry.item);
      this.parked.delete(order);
    }
  }

  async discard(order: number): Promise<void> {
    this.parked.delete(order);
  }

  /** It dies with the page. */
  async keepUnfinished(): Promise<void> {}

  async releaseUnfinished(): Promise<void> {}

  close(): void {}
}
