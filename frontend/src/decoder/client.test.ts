import { afterEach, expect, test, vi } from "vitest";
import type { ModelRef } from "../protocol/api";
import type { Decoded, ImageKey, WorkerRequest } from "../protocol/worker";
import { availableThreads, DecoderClient, DecoderError, Superseded } from "./client";

const model: ModelRef = { version: "m-1", manifest_url: "/api/models/m-1/manifest.json", manifest_sha256: "00" };
const key: ImageKey = { imageSha256: "a", modelVersion: "m-1", height: 3, width: 4 };
const click = { key, points: [[1, 1, 1]], box: null, maskInput: null } as const;

class FakeWorker {
  static made: FakeWorker[] = [];
  readonly got: WorkerRequest[] = [];
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((event: { message: string; preventDefault(): void }) => void) | null = null;
  onmessageerror: (() => void) | null = null;
  ended = false;

  constructor() {
    FakeWorker.made.push(this);
  }

  postMessage(request: WorkerRequest): void {
    this.got.push(request);
  }

  terminate(): void {
    this.ended = true;
  }

  progress(id: number, progress: "fetching" | "opening"): void {
    this.onmessage?.({ data: { id, progress } });
  }

  answer(id: number, result: unknown): void {
    this.onmessage?.({ data: { id, ok: true, result } });
  }

  refuse(id: number, code: string): void {
    this.onmessage?.({ data: { id, ok: false, failure: { code, message: code } } });
  }

  crash(): void {
    this.onerror?.({ message: "out of memory", preventDefault() {} });
  }

  types(): string[] {
    return this.got.map((request) => request.type);
  }

  last(): WorkerRequest {
    return this.got.at(-1)!;
  }
}

function setUp(threads = 1) {
  FakeWorker.made = [];
  const client = new DecoderClient({
    createWorker: () => new FakeWorker() as unknown as Worker,
    threads,
    silenceMs: 3000,
  });
  const worker = (index = 0) => FakeWorker.made[index]!;
  return { client, worker };
}

async function ready() {
  const both = setUp();
  const loaded = both.client.load(model);
  both.worker().answer(both.worker().last().id, { manifest: { model_version: "m-1" }, loadMs: 1 });
  await loaded;
  const set = both.client.setImage(key, new ArrayBuffer(8));
  both.worker().answer(both.worker().last().id, null);
  await set;
  await vi.waitFor(() => expect(both.worker().last().type).toBe("prepare"));
  both.worker().answer(both.worker().last().id, null);
  return both;
}

afterEach(() => {
  vi.useRealTimers();
});

test("each answer goes to the one who asked, whatever their order", async () => {
  const { client, worker } = await ready();
  const mask = client.materialise(key, new Float32Array(4));
  const decoded = client.decode(click);
  const [first, second] = worker().got.slice(-2);
  worker().answer(second!.id, { ms: 7 });
  worker().answer(first!.id, { data: new Uint8Array(12), width: 4, height: 3, stabilityScore: 0.5 });
  expect(await decoded).toEqual({ ms: 7 });
  expect((await mask).bitmap.height).toBe(3);
});

test("a click that was held until its image was there goes before the image's preparation", async () => {
  const { client, worker } = await ready();
  const other = { ...key, imageSha256: "b" };
  const clicked = client.setImage(other, new ArrayBuffer(8)).then(() => client.decode({ ...click, key: other }));
  worker().answer(worker().last().id, null);
  await vi.waitFor(() => expect(worker().last().type).toBe("prepare"));
  expect(worker().types().slice(-3)).toEqual(["setImage", "decode", "prepare"]);
  worker().answer(worker().last().id - 1, { ms: 1 });
  expect(await clicked).toEqual({ ms: 1 });
});

test("a newer click takes the place of the older one, whose late answer changes nothing", async () => {
  const { client, worker } = await ready();
  const older = client.decode(click);
  const olderId = worker().last().id;
  const newer = client.decode(click);
  await expect(older).rejects.toBeInstanceOf(Superseded);
  worker().answer(olderId, { ms: 1 });
  worker().answer(worker().last().id, { ms: 2 } as Decoded);
  expect(await newer).toEqual({ ms: 2 });
});

test("a refusal keeps its code", async () => {
  const { client, worker } = await ready();
  const set = client.setImage({ ...key, imageSha256: "b" }, new ArrayBuffer(8));
  worker().refuse(worker().last().id, "wrong_embedding");
  await expect(set).rejects.toMatchObject({ code: "wrong_embedding" });
});

test("an aborted click is withdrawn", async () => {
  const { client, worker } = await ready();
  const abort = new AbortController();
  const decoded = client.decode(click, { signal: abort.signal });
  const { id } = worker().last();
  abort.abort();
  await expect(decoded).rejects.toMatchObject({ name: "AbortError" });
  expect(worker().last()).toMatchObject({ type: "cancel", target: id });
  await expect(client.decode(click, { signal: abort.signal })).rejects.toMatchObject({ name: "AbortError" });
});

test("after a crash a new worker is told everything and the click is answered", async () => {
  const { client, worker } = await ready();
  const decoded = client.decode(click);
  worker().crash();
  expect(worker().ended).toBe(true);
  expect(worker(1).types()).toEqual(["load", "setImage", "decode"]);
  worker(1).answer(worker(1).last().id, { ms: 3 });
  expect(await decoded).toEqual({ ms: 3 });
});

test("a model is run by what its trial found, until a worker breaks over it", async () => {
  FakeWorker.made = [];
  const tryLater = vi.fn();
  const client = new DecoderClient({
    createWorker: () => new FakeWorker() as unknown as Worker,
    threads: 1,
    backends: { backendOf: (version) => (version === "m-1" ? "webgpu" : "wasm"), tryLater },
  });
  const loads = (index: number) => FakeWorker.made[index]!.got.filter((request) => request.type === "load");
  const loaded = client.load(model);
  void client.load({ ...model, version: "m-2" }).catch(() => {});
  expect(loads(0)).toMatchObject([{ backend: "webgpu" }, { backend: "wasm" }]);
  FakeWorker.made[0]!.answer(1, { manifest: { model_version: "m-1" }, loadMs: 1 });
  await loaded;
  const set = client.setImage(key, new ArrayBuffer(8));
  FakeWorker.made[0]!.answer(FakeWorker.made[0]!.last().id, null);
  await set;
  expect(tryLater).toHaveBeenCalledWith(model, 1);
  FakeWorker.made[0]!.crash();
  expect(loads(1)).toMatchObject([{ backend: "wasm" }, { backend: "wasm" }]);
  client.dispose();
});

test("a preview is not asked again of a new worker", async () => {
  const { client, worker } = await ready();
  const preview = client.preview(key, [1, 1, 1], false);
  worker().crash();
  await expect(preview).rejects.toBeInstanceOf(Superseded);
  const decoded = client.decode(click);
  expect(worker(1).types()).toEqual(["load", "setImage", "decode"]);
  worker(1).answer(worker(1).last().id, { ms: 3 });
  expect(await decoded).toEqual({ ms: 3 });
});

test("a failure inside the runtime counts as a crash", async () => {
  const { client, worker } = await ready();
  const decoded = client.decode(click);
  worker().refuse(worker().last().id, "failed");
  worker(1).answer(worker(1).last().id, { ms: 4 });
  expect(await decoded).toEqual({ ms: 4 });
});

test("a second crash in a row is told, and the next click may try again", async () => {
  const { client, worker } = await ready();
  const decoded = client.decode(click);
  worker().crash();
  worker(1).crash();
  await expect(decoded).rejects.toMatchObject({ code: "crashed" });
  const again = client.decode(click);
  expect(worker(2).types()).toEqual(["load", "setImage", "decode"]);
  worker(2).answer(worker(2).last().id, { ms: 5 });
  expect(await again).toEqual({ ms: 5 });
});

test.each([
  [true, 1, 1],
  [true, 2, 1],
  [true, 4, 2],
  [true, 32, 4],
  [false, 32, 1],
])("isolated: %s, %i cores: %i threads", (isolated, cores, threads) => {
  vi.stubGlobal("crossOriginIsolated", isolated);
  vi.stubGlobal("navigator", { hardwareConcurrency: cores });
  expect(availableThreads()).toBe(threads);
  vi.unstubAllGlobals();
});

test("opening that hangs with threads is tried with one, however long the files took", async () => {
  vi.useFakeTimers();
  const { client, worker } = setUp(4);
  const loaded = client.load(model);
  expect(worker().last()).toMatchObject({ threads: 4 });
  for (let second = 0; second < 60; second++) {
    vi.advanceTimersByTime(1000);
    worker().progress(0, "fetching");
  }
  expect(worker().ended).toBe(false);
  worker().progress(worker().last().id, "opening");
  vi.advanceTimersByTime(3001);
  expect(worker().ended).toBe(true);
  const again = worker(1).got.findLast((request) => request.type === "load")!;
  expect(again).toMatchObject({ threads: 1 });
  worker(1).answer(again.id, { manifest: { model_version: "m-1" }, loadMs: 1 });
  expect(await loaded).toEqual({ model_version: "m-1" });
});

test("a worker that says nothing is started again, and when that does not help it is told", async () => {
  vi.useFakeTimers();
  const { client, worker } = setUp(1);
  const loaded = client.load(model);
  const told = expect(loaded).rejects.toMatchObject({ code: "crashed", message: expect.stringContaining("3 seconds") });
  vi.advanceTimersByTime(3001);
  expect(worker().ended).toBe(true);
  expect(worker(1).types()).toEqual(["load"]);
  vi.advanceTimersByTime(3001);
  await told;
  const again = client.load(model);
  worker(2).answer(worker(2).last().id, { manifest: { model_version: "m-1" }, loadMs: 1 });
  expect(await again).toEqual({ model_version: "m-1" });
});

test("files that do not come are no fault of the threads", async () => {
  vi.useFakeTimers();
  const { client, worker } = setUp(4);
  const told = expect(client.load(model)).rejects.toMatchObject({ code: "crashed" });
  vi.advanceTimersByTime(3001);
  expect(worker(1).last()).toMatchObject({ type: "load", threads: 4 });
  vi.advanceTimersByTime(3001);
  await told;
});

test("nobody waits: then silence is no fault, however long", async () => {
  vi.useFakeTimers();
  const { client, worker } = await ready();
  vi.advanceTimersByTime(3_600_000);
  expect(worker().ended).toBe(false);
  const decoded = client.decode(click);
  vi.advanceTimersByTime(1500);
  worker().answer(worker().last().id, { ms: 1 });
  expect(await decoded).toEqual({ ms: 1 });
  expect(worker().ended).toBe(false);
});

test("after dispose nothing is answered", async () => {
  const { client, worker } = await ready();
  const decoded = client.decode(click);
  client.dispose();
  await expect(decoded).rejects.toBeInstanceOf(DecoderError);
  await expect(client.decode(click)).rejects.toBeInstanceOf(DecoderError);
  expect(worker().ended).toBe(true);
});

/** An answer of which only the first of two rows and columns was made. */
const inPart = (value: number) => ({
  logits: [1, 2, 3, 4].map((token) => Float32Array.of(value * token, -100, -100, -100)),
  made: { rows: 1, columns: 1 },
});
const complete = (value: number) => ({
  logits: [1, 2, 3, 4].map((token) => new Float32Array(4).fill(value * token)),
  made: null,
});
const settled = () => new Promise((done) => setTimeout(done, 0));
const asPrompt = (mask: Float32Array) =>
  ({
    ...click,
    points: [
      [1, 1, 1],
      [2, 2, 0],
    ],
    maskInput: mask,
  }) as const;

async function firstClick() {
  const both = await ready();
  const answer = both.client.decode(click);
  both.worker().answer(both.worker().last().id, inPart(1));
  const decoded = await answer;
  await settled();
  return { ...both, decoded };
}

test("a mask is completed after its answer, and is whole where it becomes a prompt", async () => {
  const { client, worker, decoded } = await firstClick();
  expect(worker().last()).toMatchObject({ type: "complete", points: click.points, maskInput: null });
  const first = worker().last().id;
  expect([...decoded.logits[2]]).toEqual([3, -100, -100, -100]);
  const next = client.decode(asPrompt(decoded.logits[2]));
  await settled();
  expect(
    worker()
      .types()
      .filter((type) => type === "decode"),
  ).toHaveLength(1);
  worker().answer(first, complete(5));
  await settled();
  expect(worker().last()).toMatchObject({ type: "decode", maskInput: Float32Array.of(3, 15, 15, 15) });
  // In place: a copy that the page keeps for after a reload is whole too.
  expect([...decoded.logits[1]]).toEqual([2, 10, 10, 10]);
  worker().answer(worker().last().id, inPart(7));
  await next;
  await settled();
  expect(worker().last()).toMatchObject({ type: "complete", maskInput: Float32Array.of(3, 15, 15, 15) });
});

test("a newer click does not wait for the older one's mask", async () => {
  const { client, worker, decoded } = await firstClick();
  const completing = worker().last().id;
  const refused = expect(client.decode(asPrompt(decoded.logits[1]))).rejects.toBeInstanceOf(Superseded);
  const newer = client.decode(click);
  const { id, type } = worker().last();
  expect(type).toBe("decode");
  worker().answer(completing, complete(5));
  await refused;
  expect(
    worker()
      .types()
      .filter((one) => one === "decode"),
  ).toHaveLength(2);
  worker().answer(id, complete(1));
  await newer;
});

test("a mask that could not be completed fails the click that needs it, and is tried again for the next", async () => {
  const { client, worker, decoded } = await firstClick();
  worker().refuse(worker().last().id, "no_image");
  await settled();
  const needing = client.decode(asPrompt(decoded.logits[1]));
  expect(worker().last().type).toBe("complete");
  worker().refuse(worker().last().id, "no_image");
  await expect(needing).rejects.toMatchObject({ code: "no_image" });
  const again = client.decode(asPrompt(decoded.logits[1]));
  worker().answer(worker().last().id, complete(5));
  await settled();
  expect(worker().last()).toMatchObject({ type: "decode", maskInput: Float32Array.of(2, 10, 10, 10) });
  worker().answer(worker().last().id, complete(1));
  await again;
});

test("the mask of a preview that answered a click is completed as a click's is", async () => {
  const { client, worker } = await ready();
  const asked = client.preview(key, [3, 2, 1], true);
  worker().answer(worker().last().id, { logits: new Float32Array(4), decoded: inPart(2) });
  const { decoded } = await asked;
  await settled();
  expect(worker().types()).not.toContain("complete");
  client.taken(decoded!);
  expect(worker().last()).toMatchObject({ type: "complete", points: [[3, 2, 1]] });
  const next = client.decode(asPrompt(decoded!.logits[0]));
  worker().answer(worker().last().id, complete(9));
  await settled();
  expect(worker().last()).toMatchObject({ type: "decode", maskInput: Float32Array.of(2, 9, 9, 9) });
  worker().answer(worker().last().id, complete(1));
  await next;
});

test("a mask of which all was made is a prompt as it is", async () => {
  const { client, worker } = await ready();
  const answer = client.decode(click);
  worker().answer(worker().last().id, complete(3));
  const { logits } = await answer;
  void client.decode(asPrompt(logits[0])).catch(() => {});
  expect(worker().last()).toMatchObject({ type: "decode", maskInput: logits[0] });
  expect(worker().types()).not.toContain("complete");
});
