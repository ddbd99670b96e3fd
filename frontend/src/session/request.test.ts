// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import { ApiError, type Fetch, Requests } from "./request";

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
const html = (status = 200) => new Response("<!doctype html>", { status, headers: { "content-type": "text/html" } });

function setUp(...answers: (Response | Error)[]) {
  const fetch = vi.fn<Fetch>(async () => {
    const answer = answers.shift() ?? new TypeError("no more answers");
    if (answer instanceof Error) throw answer;
    return answer;
  });
  const pauses: number[] = [];
  const requests = new Requests(fetch, async (ms) => {
    pauses.push(ms);
  });
  return { requests, fetch, pauses };
}

async function errorOf(promise: Promise<unknown>): Promise<ApiError> {
  const error = await promise.then(
    () => null,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(ApiError);
  return error;
}

afterEach(() => {
  // biome-ignore lint/suspicious/noDocumentCookie: what Django sets is read from there.
  document.cookie = "csrftoken=; max-age=0";
});

test("a body goes out as JSON with the CSRF token, and the answer comes back parsed", async () => {
  // biome-ignore lint/suspicious/noDocumentCookie: what Django sets is read from there.
  document.cookie = "csrftoken=abc%2B1";
  const { requests, fetch } = setUp(json({ id: 3 }, 201));
  expect(await requests.json("POST", "/api/projects", { body: { name: "Kites" } })).toEqual({ id: 3 });
  const [path, init] = fetch.mock.calls[0]!;
  expect(path).toBe("/api/projects");
  expect(init).toMatchObject({
    method: "POST",
    body: '{"name":"Kites"}',
    credentials: "same-origin",
    redirect: "error",
  });
  expect(init.headers).toMatchObject({ "X-CSRFToken": "abc+1", "Content-Type": "application/json" });
});

test("an error of the server keeps its code, message and fields", async () => {
  const body = { error: { code: "invalid", message: "Give it a name.", fields: { name: "Missing" } } };
  const { requests } = setUp(json(body, 422));
  const error = await errorOf(requests.json("POST", "/api/projects", { body: {} }));
  expect(error).toMatchObject({
    code: "invalid",
    message: "Give it a name.",
    status: 422,
    fields: { name: "Missing" },
  });
});

test("a page in place of JSON is not our server, whatever its status says", async () => {
  const { requests } = setUp(html(200), html(200), html(200), html(403));
  expect(await errorOf(requests.json("GET", "/api/me"))).toMatchObject({ code: "not_our_server" });
  expect(await errorOf(requests.json("POST", "/api/events", { body: {} }))).toMatchObject({ code: "not_our_server" });
  const bytes = setUp(html(200));
  expect(await errorOf(bytes.requests.bytes("/api/embeddings/1/ab"))).toMatchObject({ code: "not_our_server" });
});

test("reading is repeated after a lost line or a busy server", async () => {
  const { requests, fetch, pauses } = setUp(new TypeError("network"), html(502), json({ id: 1 }));
  expect(await requests.json("GET", "/api/me")).toEqual({ id: 1 });
  expect(fetch).toHaveBeenCalledTimes(3);
  expect(pauses).toHaveLength(2);
});

test("a busy server that says when is asked no sooner, unless it is called off", async () => {
  const busy = (status: number, after: string) =>
    new Response("{}", { status, headers: { "retry-after": after, "content-type": "application/json" } });
  const { requests, pauses } = setUp(busy(503, "2"), busy(429, "7"), json({ id: 1 }));
  expect(await requests.json("GET", "/api/me")).toEqual({ id: 1 });
  expect(pauses[0]).toBeGreaterThanOrEqual(2_000);
  expect(pauses[1]).toBeGreaterThanOrEqual(7_000);
  const abort = new AbortController();
  const waiting = new Requests(
    async () => busy(503, "20"),
    () => new Promise(() => abort.abort(new Error("another page"))),
  );
  await expect(waiting.json("GET", "/api/me", { signal: abort.signal })).rejects.toThrow("another page");
});

test("what may not be done twice is not repeated, nor what would fail again", async () => {
  const lost = setUp(new TypeError("network"), json({}));
  expect(await errorOf(lost.requests.json("POST", "/api/projects", { body: {} }))).toMatchObject({
    code: "offline",
    status: 0,
  });
  expect(lost.fetch).toHaveBeenCalledTimes(1);
  const missing = setUp(json({ error: { code: "not_found", message: "Gone." } }, 404), json({}));
  await errorOf(missing.requests.json("GET", "/api/sessions/1"));
  expect(missing.fetch).toHaveBeenCalledTimes(1);
});

test("an answer that takes too long is a timeout", async () => {
  const fetch: Fetch = (_, init) =>
    new Promise((_resolve, reject) => init.signal!.addEventListener("abort", () => reject(init.signal!.reason)));
  const requests = new Requests(fetch);
  expect(await errorOf(requests.json("POST", "/api/events", { timeoutMs: 5 }))).toMatchObject({ code: "timeout" });
});

test("who calls off gets their own reason", async () => {
  const abort = new AbortController();
  const { requests } = setUp();
  abort.abort(new Error("another page"));
  await expect(requests.json("GET", "/api/me", { signal: abort.signal })).rejects.toThrow("another page");
});

test("no content is no content", async () => {
  const { requests } = setUp(new Response(null, { status: 204 }));
  expect(await requests.json("DELETE", "/api/images/1")).toBeUndefined();
});
