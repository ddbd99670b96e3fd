import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { EventIn, MaskIn } from "../protocol/api";
import { Http } from "./http";
import { Outbox } from "./outbox";
import { OverflowStore, openStore } from "./outbox_store";
import { ApiError, Requests } from "./request";
import "fake-indexeddb/auto";

const mask = { session_id: 1, counts: "<" } as MaskIn;
const event = (sequence: number) => ({ id: `e${sequence}`, sequence, kind: "undo" }) as unknown as EventIn;
const busy = { code: "busy", message: "Try again in a moment." };
const offline = new ApiError("offline", "No network.", 0);

/** A server that keeps what reaches it; `fail` says what it answers instead. */
class FakeServer {
  readonly got: string[] = [];
  fail: ((what: string) => ApiError | null) | null = null;
  signedIn = 7;
  refusedEvents = 0;

  private async take<T>(what: string, answer: T): Promise<T> {
    const error = this.fail?.(what);
    if (error) throw error;
    this.got.push(what);
    return answer;
  }

  saveMask = (id: string) => this.take(`mask ${id}`, {} as never);
  deleteMask = (id: string) => this.take(`delete ${id}`, { ok: true } as const);
  finishSession = (id: number) => this.take(`finish ${id}`, { ok: true } as const);
  skipSession = (id: number) => this.take(`skip ${id}`, { ok: true } as const);
  storeEvents = (events: readonly EventIn[]) =>
    this.take(`events ${events.map((one) => one.sequence).join(" ")}`, {
      stored: events.length - this.refusedEvents,
      known: 0,
      refused: this.refusedEvents,
    });
  me = async () => ({ id: this.signedIn, username: "Bo", role: "annotator" }) as const;
}

const open: Outbox[] = [];

function outboxOf(http: FakeServer, userId = 7): Outbox {
  const outbox = new Outbox({ userId, http, locks: undefined, page: new EventTarget() });
  open.push(outbox);
  return outbox;
}

async function until(condition: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(condition()).toBe(true), { timeout: 20_000, interval: 5 });
}

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});
afterEach(() => {
  for (const outbox of open.splice(0)) void outbox.close();
});

test("acts go out in their order and leave when they are acknowledged", async () => {
  const server = new FakeServer();
  const outbox = outboxOf(server);
  await outbox.saveMask("a", mask);
  await outbox.deleteMask("b", { session_id: 1, lease_token: "t" });
  await outbox.skip(3, { lease_token: "t", reason: "unclear" });
  const last = await outbox.finish(1, { lease_token: "t" });
  expect(await outbox.whenSent(last)).toBe("sent");
  expect(server.got).toEqual(["mask a", "delete b", "skip 3", "finish 1"]);
  await until(() => outbox.status.value.waiting === 0);
  expect(outbox.status.value).toEqual({ waiting: 0, acts: 0, refused: [], lastError: null, durable: true });
});

test("events travel together, but never past what came before them", async () => {
  const server = new FakeServer();
  const outbox = outboxOf(server);
  await Promise.all([
    outbox.event(event(1)),
    outbox.event(event(2)),
    outbox.saveMask("a", mask),
    outbox.event(event(3)),
  ]);
  const end = await outbox.finish(1, { lease_token: "t" });
  await outbox.whenSent(end);
  expect(server.got).toEqual(["events 1 2", "mask a", "events 3", "finish 1"]);
});

test("an act lies on the disk, not in some cache of it, before it is sent, and until it is acknowledged", async () => {
  const transaction = vi.spyOn(IDBDatabase.prototype, "transaction");
  const server = new FakeServer();
  const kept: number[] = [];
  server.saveMask = async () => {
    const another = await openStore("annotator-outbox-7");
    kept.push((await another.contents()).waiting);
    another.close();
    return {} as never;
  };
  const outbox = outboxOf(server);
  const order = await outbox.saveMask("a", mask);
  const written = transaction.mock.calls.filter(
    ([stores, mode]) => [...stores].includes("waiting") && mode === "readwrite",
  );
  transaction.mockRestore();
  expect(written.length).toBeGreaterThan(0);
  for (const [, , options] of written) expect(options?.durability).toBe("strict");
  expect(await outbox.whenSent(order)).toBe("sent");
  expect(kept).toEqual([1]);
  await until(() => outbox.status.value.waiting === 0);
});

test("offline everything waits in its order, and goes out when the network is back", async () => {
  const server = new FakeServer();
  server.fail = () => offline;
  const outbox = outboxOf(server);
  await outbox.saveMask("a", mask);
  await outbox.saveMask("b", mask);
  await until(() => outbox.status.value.lastError?.code === "offline");
  expect(outbox.status.value.waiting).toBe(2);
  server.fail = null;
  outbox.sendNow();
  await until(() => outbox.status.value.waiting === 0);
  expect(server.got).toEqual(["mask a", "mask b"]);
  expect(outbox.status.value.lastError).toBeNull();
});

test("after hours offline, more events than one request takes go out in pieces and in their order", async () => {
  globalThis.indexedDB = undefined as never; // a thousand rows take the imitated database half a minute
  const server = new FakeServer();
  server.fail = () => offline;
  const outbox = outboxOf(server);
  for (let number = 0; number < 1001; number++) await outbox.event(event(number));
  await outbox.saveMask("a", mask);
  await outbox.event(event(1001));
  server.fail = null;
  outbox.sendNow();
  await until(() => outbox.status.value.waiting === 0);
  expect(server.got.map((what) => (what === "mask a" ? what : what.split(" ").length - 1))).toEqual([
    500,
    500,
    1,
    "mask a",
    1,
  ]);
  expect(server.got.flatMap((what) => what.match(/\d+/g) ?? []).map(Number)).toEqual([...Array(1002).keys()]);
});

test("what waits survives the page and is sent by the next one", async () => {
  const dead = new FakeServer();
  dead.fail = () => offline;
  const before = outboxOf(dead);
  await before.saveMask("a", mask);
  await before.event(event(1));
  before.close();
  const server = new FakeServer();
  const after = outboxOf(server);
  await until(() => server.got.length === 2);
  expect(server.got).toEqual(["mask a", "events 1"]);
  await until(() => after.status.value.waiting === 0);
});

test("a lost reply means the same thing is sent again under the same name", async () => {
  const server = new FakeServer();
  let lost = false;
  server.saveMask = async (id) => {
    server.got.push(`mask ${id}`);
    if (!lost) {
      lost = true;
      throw offline;
    }
    return {} as never;
  };
  const outbox = outboxOf(server);
  await outbox.saveMask("a", mask);
  await until(() => lost);
  outbox.sendNow();
  await until(() => outbox.status.value.waiting === 0);
  expect(server.got).toEqual(["mask a", "mask a"]);
});

test.each([
  ["an expired session", new ApiError("not_signed_in", "Sign in again.", 401)],
  ["an old CSRF token", new ApiError("csrf_failed", "Reload.", 403)],
  ["a captive portal", new ApiError("not_our_server", "Sign in to the network.", 200)],
  ["a server that is starting", new ApiError("not_our_server", "Bad gateway.", 502)],
  ["too many requests", new ApiError("slow_down", "Wait.", 429)],
  ["a server to which too many save at once", new ApiError("busy", "Try again in a moment.", 503)],
])("%s is no acknowledgement and no refusal", async (_, error) => {
  const server = new FakeServer();
  server.fail = () => error;
  const outbox = outboxOf(server);
  await outbox.saveMask("a", mask);
  await until(() => outbox.status.value.lastError?.code === error.code);
  expect(outbox.status.value).toMatchObject({ waiting: 1, refused: [] });
});

test.each([
  ["a captive portal that answers with its page", () => new Response("<html>Sign in</html>", { status: 200 })],
  ["a captive portal that sends one elsewhere", () => Promise.reject(new TypeError("redirect mode is set to error"))],
  ["a proxy whose server is down", () => new Response("<html>Bad gateway</html>", { status: 502 })],
  ["a server to which too many save at once", () => Response.json({ error: busy }, { status: 503 })],
  ["a reply that is lost on its way", null],
])("through %s nothing is lost, doubled or shuffled", async (_, disturb) => {
  const got: string[] = [];
  const arrived = new Set<string>();
  let disturbed = 4;
  const fetch = async (path: string, init: RequestInit) => {
    const reply = new Response(JSON.stringify({ ok: true }));
    if (disturbed-- > 0 && disturb) return disturb();
    const what = `${init.method} ${path}`;
    if (!arrived.has(what)) got.push(what);
    arrived.add(what);
    if (disturbed >= 0) throw new TypeError("the line was cut");
    return reply;
  };
  const outbox = new Outbox({
    userId: 7,
    http: new Http(new Requests(fetch, async () => {})),
    locks: undefined,
    page: new EventTarget(),
  });
  open.push(outbox);
  await outbox.saveMask("a", mask);
  await outbox.deleteMask("b", { session_id: 1, lease_token: "t" });
  await outbox.finish(1, { lease_token: "t" });
  await until(() => {
    outbox.sendNow(); // rather than wait for the pauses between tries
    return outbox.status.value.waiting === 0;
  });
  expect(got).toEqual(["PUT /api/masks/a", "POST /api/masks/b/delete", "POST /api/sessions/1/finish"]);
  expect(outbox.status.value.refused).toEqual([]);
});

test("an expired session holds everything back in its order until the person has signed in again", async () => {
  const server = new FakeServer();
  server.fail = () => new ApiError("not_signed_in", "Sign in again.", 401);
  const outbox = outboxOf(server);
  await outbox.saveMask("a", mask);
  await outbox.event(event(1));
  await outbox.saveMask("b", mask);
  await until(() => outbox.status.value.lastError?.code === "not_signed_in");
  expect(outbox.status.value).toMatchObject({ waiting: 3, acts: 2 });
  server.fail = null;
  outbox.sendNow();
  await until(() => outbox.status.value.waiting === 0);
  expect(server.got).toEqual(["mask a", "events 1", "mask b"]);
});

const broken = new ApiError("server_error", "Something broke on our side.", 500);

test("what the server breaks over does not block the others, is told, and is tried again with what follows it", async () => {
  const server = new FakeServer();
  server.fail = (what) => (what === "mask a" ? broken : null);
  const outbox = outboxOf(server);
  await outbox.saveMask("a", mask);
  await outbox.saveMask("a2", { ...mask, replaces: "a" });
  await outbox.saveMask("b", mask);
  await outbox.finish(1, { lease_token: "t" });
  for (let tries = 0; tries < 3; tries++) await outbox.caughtUp();
  await until(() => outbox.status.value.waiting === 0);
  expect(server.got).toEqual(["mask b", "finish 1"]);
  const reason = { code: "stuck", message: broken.message };
  expect(outbox.status.value.refused).toMatchObject([
    { item: { id: "a" }, reason },
    { item: { id: "a2" }, reason },
  ]);
  server.fail = null;
  await outbox.close();
  const next = outboxOf(server);
  await next.caughtUp();
  expect(server.got).toEqual(["mask b", "finish 1", "mask a", "mask a2"]);
  expect(next.status.value).toMatchObject({ waiting: 0, refused: [] });
});

test("a server that breaks over everything keeps its order: nothing is let past", async () => {
  const server = new FakeServer();
  server.fail = () => broken;
  const outbox = outboxOf(server);
  await outbox.saveMask("a", mask);
  await outbox.saveMask("b", mask);
  for (let tries = 0; tries < 5; tries++) await outbox.caughtUp();
  expect(outbox.status.value).toMatchObject({ waiting: 2, refused: [], lastError: { code: "server_error" } });
  server.fail = null;
  await outbox.caughtUp();
  expect(server.got).toEqual(["mask a", "mask b"]);
});

test("a person can send what is stuck at once, in its order", async () => {
  const server = new FakeServer();
  server.fail = (what) => (what === "mask b" ? null : broken);
  const outbox = outboxOf(server);
  await outbox.saveMask("a", mask);
  await outbox.deleteMask("a", { session_id: 1, lease_token: "t" });
  await outbox.saveMask("b", mask);
  for (let tries = 0; tries < 3; tries++) await outbox.caughtUp();
  await until(() => outbox.status.value.refused.length === 2);
  server.fail = null;
  await outbox.retryRefused(outbox.status.value.refused[1]!.order);
  await until(() => outbox.status.value.waiting === 0);
  expect(server.got).toEqual(["mask b", "mask a", "delete a"]);
});

test("what the server will never take is put aside with its reason, and the rest goes on", async () => {
  const server = new FakeServer();
  server.fail = (what) => (what === "mask a" ? new ApiError("id_taken", "This mask is saved otherwise.", 422) : null);
  const outbox = outboxOf(server);
  const first = await outbox.saveMask("a", mask);
  const outcome = outbox.whenSent(first);
  await outbox.whenSent(await outbox.saveMask("b", mask));
  expect(await outcome).toBe("refused");
  expect(server.got).toEqual(["mask b"]);
  await until(() => outbox.status.value.refused.length === 1);
  const [refused] = outbox.status.value.refused;
  expect(refused).toMatchObject({ item: { kind: "mask", id: "a" }, reason: { code: "id_taken" } });
  // It is still there for the next page, and goes only when told to.
  outbox.close();
  const later = outboxOf(server);
  await until(() => later.status.value.refused.length === 1);
  server.fail = null;
  await later.retryRefused(refused!.order);
  await until(() => later.status.value.waiting === 0 && later.status.value.refused.length === 0);
  expect(server.got).toEqual(["mask b", "mask a"]);
});

test("a refused act can be given up by a person", async () => {
  const server = new FakeServer();
  server.fail = () => new ApiError("wrong_image", "Of another image.", 409);
  const outbox = outboxOf(server);
  await outbox.saveMask("a", mask);
  await until(() => outbox.status.value.refused.length === 1);
  await outbox.discardRefused(outbox.status.value.refused[0]!.order);
  expect(outbox.status.value.refused).toEqual([]);
});

test("with another person's cookie nothing is refused, dropped or sent away", async () => {
  const server = new FakeServer();
  server.signedIn = 8;
  server.fail = () => new ApiError("not_found", "No such session of yours.", 404);
  const outbox = outboxOf(server);
  await outbox.saveMask("a", mask);
  await until(() => outbox.status.value.lastError?.code === "other_user");
  expect(outbox.status.value).toMatchObject({ waiting: 1, refused: [] });
  const events = new FakeServer();
  events.signedIn = 7;
  events.refusedEvents = 1;
  const other = outboxOf(events, 9);
  await other.event(event(1));
  other.sendNow();
  await until(() => other.status.value.lastError?.code === "other_user");
  expect(other.status.value.waiting).toBe(1);
});

test("nobody sees what another person left on the same computer", async () => {
  const dead = new FakeServer();
  dead.fail = () => offline;
  await outboxOf(dead, 7).saveMask("a", mask);
  const server = new FakeServer();
  server.signedIn = 8;
  const mine = outboxOf(server, 8);
  await mine.whenSent(await mine.saveMask("b", mask));
  expect(server.got).toEqual(["mask b"]);
});

test("two tabs of one person send each act once, in order, where the browser has locks", async () => {
  const server = new FakeServer();
  let held: Promise<unknown> = Promise.resolve();
  const locks = {
    request: (_: string, act: () => Promise<unknown>) => {
      held = held.then(act, act);
      return held;
    },
  } as unknown as LockManager;
  const tabs = [0, 1].map(() => new Outbox({ userId: 7, http: server, locks, page: new EventTarget() }));
  open.push(...tabs);
  const orders: number[] = [];
  for (let index = 0; index < 6; index++) orders.push(await tabs[index % 2]!.saveMask(`${index}`, mask));
  await Promise.all(orders.map((order, index) => tabs[index % 2]!.whenSent(order)));
  expect(server.got).toEqual(["mask 0", "mask 1", "mask 2", "mask 3", "mask 4", "mask 5"]);
});

test("a tab that stops loses nothing it was just given, and the next one sends each thing once", async () => {
  const server = new FakeServer();
  const { saveMask } = server;
  let answer: () => void = () => {};
  server.saveMask = async (id) => {
    await new Promise<void>((done) => {
      answer = done;
    });
    return saveMask(id);
  };
  const first = outboxOf(server);
  await first.saveMask("a", mask);
  await new Promise((done) => setTimeout(done, 30));
  void first.saveMask("b", mask);
  void first.event(event(1));
  await first.close();
  answer();
  await until(() => server.got.length === 1);
  server.saveMask = saveMask;
  await new Promise((done) => setTimeout(done, 30));
  const second = outboxOf(server);
  await until(() => second.status.value.waiting === 0 && server.got.length === 3);
  expect(server.got).toEqual(["mask a", "mask b", "events 1"]);
});

test("while another tab takes over nothing is sent, and what is put in yet is kept for it", async () => {
  const server = new FakeServer();
  let stopped = false;
  const slowStore = async (name: string) => {
    const store = await openStore(name);
    const oldest = store.oldest.bind(store);
    store.oldest = async (...asked) => {
      const batch = await oldest(...asked);
      if (batch.length > 0) {
        first.stopSending();
        stopped = true;
      }
      return batch;
    };
    return store;
  };
  const options = { userId: 7, http: server, locks: undefined, page: new EventTarget() };
  const first = new Outbox({ ...options, openStore: slowStore });
  await first.saveMask("a", mask);
  await vi.waitFor(() => expect(stopped).toBe(true));
  await first.saveMask("b", mask);
  const caughtUp = first.caughtUp();
  await new Promise((done) => setTimeout(done, 30));
  expect(server.got).toEqual([]);
  await first.close();
  await caughtUp;
  const second = outboxOf(server);
  await second.caughtUp();
  expect(server.got).toEqual(["mask a", "mask b"]);
});

test("without a database the work goes on, and the page can say that it is at risk", async () => {
  globalThis.indexedDB = undefined as never;
  const server = new FakeServer();
  const outbox = outboxOf(server);
  await outbox.event(event(1));
  await outbox.event(event(2));
  await outbox.whenSent(await outbox.saveMask("a", mask));
  expect(server.got).toEqual(["events 1 2", "mask a"]);
  expect(outbox.status.value.durable).toBe(false);
});

test("one can wait until the server knows all that it can know", async () => {
  const dead = new FakeServer();
  dead.fail = () => offline;
  const before = outboxOf(dead);
  await before.finish(1, { lease_token: "t" });
  await before.caughtUp();
  expect(before.status.value.waiting).toBe(1);
  before.close();
  const server = new FakeServer();
  await outboxOf(server).caughtUp();
  expect(server.got).toEqual(["finish 1"]);
});

test("a server in trouble is not asked again at every act", async () => {
  const server = new FakeServer();
  let asked = 0;
  server.fail = () => {
    asked++;
    return offline;
  };
  const outbox = outboxOf(server);
  await outbox.saveMask("a", mask);
  await outbox.caughtUp();
  for (let index = 0; index < 9; index++) await outbox.saveMask(`${index}`, mask);
  expect(asked).toBeLessThan(4);
  expect(outbox.status.value.waiting).toBe(10);
});

test("being caught up means a try after the question, not one that was already under way", async () => {
  const server = new FakeServer();
  const outbox = outboxOf(server);
  const { saveMask } = server;
  const attempts: ((error: unknown) => void)[] = [];
  server.saveMask = () => new Promise((_, reject) => attempts.push(reject));
  await outbox.saveMask("a", mask);
  await until(() => attempts.length === 1);
  server.saveMask = saveMask;
  const caughtUp = outbox.caughtUp();
  attempts[0]!(offline);
  await caughtUp;
  expect(server.got).toEqual(["mask a"]);
});

test("what a full disk does not take is held in memory, sent in its turn, and told", async () => {
  const server = new FakeServer();
  server.fail = () => offline;
  const disk = await openStore("full");
  const add = disk.add.bind(disk);
  const open_ = async () => new OverflowStore(disk);
  const outbox = new Outbox({ userId: 7, http: server, locks: undefined, page: new EventTarget(), openStore: open_ });
  open.push(outbox);
  await outbox.saveMask("a", mask);
  disk.add = () => Promise.reject(new DOMException("full", "QuotaExceededError"));
  await outbox.saveMask("b", mask);
  disk.add = add;
  await outbox.finish(1, { lease_token: "t" });
  await vi.waitFor(() => expect(outbox.status.value).toMatchObject({ waiting: 3, durable: false }));
  server.fail = (what) => (what === "mask b" ? new ApiError("wrong_image", "Of another image.", 409) : null);
  await outbox.caughtUp();
  expect(server.got).toEqual(["mask a", "finish 1"]);
  const [refused] = outbox.status.value.refused;
  expect(refused).toMatchObject({ item: { id: "b" } });
  server.fail = null;
  await outbox.retryRefused(refused!.order);
  await outbox.caughtUp();
  expect(server.got).toEqual(["mask a", "finish 1", "mask b"]);
  expect(outbox.status.value).toMatchObject({ waiting: 0, refused: [], durable: true });
});

test("what a page had begun is sent by the next one if it was killed, and not while it lives", async () => {
  const server = new FakeServer();
  const killed = outboxOf(server);
  await killed.keepUnfinished("a-page", event(1));
  await killed.keepUnfinished("a-page", event(2));
  await killed.caughtUp();
  expect(killed.status.value.waiting).toBe(0);
  expect(server.got).toEqual([]);
  killed.close();
  await outboxOf(server).caughtUp();
  expect(server.got).toEqual(["events 2"]);
  await outboxOf(server).caughtUp();
  expect(server.got).toEqual(["events 2"]);
});

test("what ended in time is not kept", async () => {
  const server = new FakeServer();
  const first = outboxOf(server);
  await first.keepUnfinished("a-page", event(1));
  await first.keepUnfinished("a-page", null);
  first.close();
  await outboxOf(server).caughtUp();
  expect(server.got).toEqual([]);
});
