import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { SessionAnswer, SessionOut } from "../protocol/api";
import { ImageQueue } from "./images";
import { ApiError } from "./request";

function session(id: number, state: SessionOut["state"] = "active"): SessionOut {
  return {
    id,
    state,
    lease_token: `token-${id}`,
    image: { id, sha256: `image-${id}`, display_url: `/display/${id}` },
    embedding: { id, state: "done", url: `/embedding/${id}`, sha256: `sha-${id}`, bytes: 3 },
    masks: [],
  } as unknown as SessionOut;
}

const none: SessionAnswer = { session: null, reason: "all_done" };
const answer = (id: number, state?: SessionOut["state"]): SessionAnswer => ({
  session: session(id, state),
  reason: null,
});

function setUp(sessions: SessionAnswer[], ahead: SessionAnswer[] = [], caughtUp?: () => Promise<void>) {
  const closed: string[] = [];
  const http = {
    nextSession: vi.fn(async (_: number) => sessions.shift() ?? none),
    reserveSession: vi.fn(async (_: number, _known: readonly number[]) => ahead.shift() ?? none),
    startSession: vi.fn(async (id: number) => session(id)),
    renewSession: vi.fn(async (_: number) => ({ lease_seconds: 120 })),
    session: vi.fn(async (id: number) => session(id)),
    bytes: vi.fn(async (path: string) => new TextEncoder().encode(path).buffer as ArrayBuffer),
  };
  const settled = vi.fn(async (_: number) => {});
  const queue = new ImageQueue({
    projectId: 1,
    http,
    settled,
    ...(caughtUp && { caughtUp }),
    decodePicture: async (bytes) => {
      const name = new TextDecoder().decode(bytes);
      return { name, close: () => closed.push(name) } as unknown as ImageBitmap;
    },
  });
  return { queue, http, settled, closed };
}

const aheadOf = (queue: ImageQueue) => queue.ahead.value.map(({ session: { id } }) => id);
const settle = () => vi.advanceTimersByTimeAsync(0);
const lost = new ApiError("lease_lost", "This image went back to the pool.", 409);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("the session at hand is fetched with picture and embedding, and the next one ahead", async () => {
  const { queue, http } = setUp([answer(1)], [answer(2, "reserved")]);
  await queue.start();
  await settle();
  expect(queue.status.value).toEqual({ state: "working" });
  expect(queue.current.value!.session.id).toBe(1);
  expect(await queue.current.value!.picture).toMatchObject({ name: "/display/1" });
  expect((await queue.current.value!.embedding).sha256).toBe("sha-1");
  expect(aheadOf(queue)).toEqual([2]);
  expect(http.reserveSession).toHaveBeenCalledWith(1, [1]);
  expect(http.bytes).toHaveBeenCalledWith("/embedding/2", expect.anything());
});

test("two are fetched ahead, and when one is taken another comes behind", async () => {
  const { queue, http } = setUp(
    [answer(1)],
    [2, 3, 4, 5].map((id) => answer(id, "reserved")),
  );
  await queue.start();
  await settle();
  expect(aheadOf(queue)).toEqual([2, 3]);
  expect(http.reserveSession).toHaveBeenLastCalledWith(1, [1, 2]);
  await queue.advance();
  await settle();
  expect(queue.current.value!.session.id).toBe(2);
  expect(aheadOf(queue)).toEqual([3, 4]);
  expect(http.bytes).toHaveBeenCalledWith("/embedding/4", expect.anything());
});

test("going on shows the next image at once, before any answer", async () => {
  const { queue, http, settled } = setUp([answer(1)], [answer(2, "reserved"), answer(3, "reserved")]);
  await queue.start();
  await settle();
  http.startSession.mockImplementation(() => new Promise(() => {}));
  void queue.advance();
  expect(queue.current.value!.session.id).toBe(2);
  expect(settled).not.toHaveBeenCalled();
});

test("a second press while the first is under way is the same press", async () => {
  const { queue } = setUp([answer(1)], [answer(2, "reserved"), answer(3, "reserved")]);
  await queue.start();
  await settle();
  await Promise.all([queue.advance(), queue.advance()]);
  expect(queue.current.value!.session.id).toBe(2);
});

test("an image that went to somebody else meanwhile is not worked on", async () => {
  const { queue, http } = setUp([answer(1), answer(5)], [answer(2, "reserved")]);
  await queue.start();
  await settle();
  http.startSession.mockRejectedValueOnce(lost);
  await queue.advance();
  await settle();
  expect(queue.current.value!.session.id).toBe(5);
});

test("who has worked on it by then is told instead", async () => {
  const { queue, http } = setUp([answer(1), answer(5)], [answer(2, "reserved")]);
  await queue.start();
  await settle();
  let refuse = (_: Error) => {};
  http.startSession.mockImplementationOnce(
    () =>
      new Promise((_, reject) => {
        refuse = reject;
      }),
  );
  await queue.advance();
  await vi.advanceTimersByTimeAsync(5_000);
  refuse(lost);
  await settle();
  expect(queue.current.value!.session.id).toBe(2);
  expect(queue.leaseLost.value).toBe(true);
});

test("a slow answer does not hold up the next press", async () => {
  const { queue, http, settled } = setUp([answer(1), answer(6)], [answer(2, "reserved")]);
  await queue.start();
  await settle();
  http.startSession.mockImplementationOnce(() => new Promise(() => {}));
  await queue.advance();
  await queue.advance();
  expect(settled).toHaveBeenCalledWith(2);
  expect(queue.current.value!.session.id).toBe(6);
});

test("without a network the prefetched image is worked on all the same", async () => {
  const { queue, http } = setUp([answer(1)], [answer(2, "reserved")]);
  await queue.start();
  await settle();
  http.startSession.mockRejectedValueOnce(new ApiError("offline", "No network.", 0));
  await queue.advance();
  expect(queue.current.value!.session.id).toBe(2);
  expect(queue.status.value).toEqual({ state: "working" });
  await vi.advanceTimersByTimeAsync(30_000);
  expect(http.startSession).toHaveBeenCalledTimes(2);
  expect(queue.current.value!.session.state).toBe("active");
  expect(http.renewSession).not.toHaveBeenCalled();
});

test("with nothing ahead the next session is asked for only when the server knows that this one ended", async () => {
  const { queue, http, settled } = setUp([answer(1), answer(2)]);
  await queue.start();
  await settle();
  let known = () => {};
  settled.mockImplementationOnce(
    () =>
      new Promise<void>((done) => {
        known = done;
      }),
  );
  const going = queue.advance();
  await settle();
  expect(http.nextSession).toHaveBeenCalledTimes(1);
  expect(queue.status.value).toEqual({ state: "loading" });
  known();
  await going;
  expect(queue.current.value!.session.id).toBe(2);
});

test("nothing to do is told with its reason, and looked for again", async () => {
  const { queue } = setUp([{ session: null, reason: "encoding" }, answer(1)]);
  await queue.start();
  expect(queue.status.value).toEqual({ state: "none", reason: "encoding" });
  await vi.advanceTimersByTimeAsync(15_000);
  expect(queue.current.value!.session.id).toBe(1);
});

test("the lease is renewed, and its loss is told", async () => {
  const { queue, http } = setUp([answer(1)]);
  await queue.start();
  await vi.advanceTimersByTimeAsync(61_000);
  expect(http.renewSession).toHaveBeenCalledTimes(2);
  expect(queue.leaseLost.value).toBe(false);
  http.renewSession.mockRejectedValueOnce(new ApiError("offline", "No network.", 0));
  await vi.advanceTimersByTimeAsync(30_000);
  expect(queue.leaseLost.value).toBe(false);
  http.renewSession.mockRejectedValueOnce(lost);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(queue.leaseLost.value).toBe(true);
  queue.close();
  await vi.advanceTimersByTimeAsync(90_000);
  expect(http.renewSession).toHaveBeenCalledTimes(4);
});

test("pictures are freed one image later", async () => {
  const { queue, closed } = setUp(
    [answer(1)],
    [2, 3, 4].map((id) => answer(id, "reserved")),
  );
  await queue.start();
  await settle();
  await queue.advance();
  await settle();
  expect(closed).toEqual([]);
  await queue.advance();
  await settle();
  expect(closed).toEqual(["/display/1"]);
});

test("an embedding that is not ready is waited for", async () => {
  const waiting = session(1);
  const { queue, http } = setUp([
    {
      session: { ...waiting, embedding: { ...waiting.embedding, state: "running", url: null, sha256: null } },
      reason: null,
    },
  ]);
  await queue.start();
  const { embedding } = queue.current.value!;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(http.session).toHaveBeenCalledWith(1);
  expect((await embedding).sha256).toBe("sha-1");
});

test("a download that failed can be begun anew", async () => {
  const { queue, http } = setUp([answer(1)]);
  http.bytes.mockRejectedValue(new ApiError("offline", "No network.", 0));
  await queue.start();
  await expect(queue.current.value!.embedding).rejects.toMatchObject({ code: "offline" });
  http.bytes.mockResolvedValue(new ArrayBuffer(3));
  queue.current.value!.fetchAgain();
  expect((await queue.current.value!.embedding).bytes.byteLength).toBe(3);
});

test("a server that can't be reached is told and asked again", async () => {
  const { queue, http } = setUp([]);
  http.nextSession.mockRejectedValueOnce(new ApiError("offline", "The server can't be reached.", 0));
  http.nextSession.mockResolvedValueOnce(answer(1));
  await queue.start();
  expect(queue.status.value).toEqual({ state: "failed", message: "The server can't be reached." });
  await vi.advanceTimersByTimeAsync(15_000);
  expect(queue.current.value!.session.id).toBe(1);
});

test("what the last page left unsent is sent before a session is asked for", async () => {
  let sent = () => {};
  const { queue, http } = setUp(
    [answer(1)],
    [],
    () =>
      new Promise<void>((done) => {
        sent = done;
      }),
  );
  const starting = queue.start();
  await settle();
  expect(http.nextSession).not.toHaveBeenCalled();
  sent();
  await starting;
  expect(queue.current.value!.session.id).toBe(1);
});
