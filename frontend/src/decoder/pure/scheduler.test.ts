import { expect, test } from "vitest";
import type { Decoded, ImageKey, WorkerReply, WorkerRequest } from "../../protocol/worker";
import { DecoderError } from "./failure";
import { type Engine, nameOf, Scheduler } from "./scheduler";

const key = (name: string): ImageKey => ({ imageSha256: name, modelVersion: "m-1", height: 3, width: 4 });

/** An engine whose runs end when the test says so. */
class SlowEngine implements Engine {
  readonly begun: string[] = [];
  readonly ready = new Set<string>();
  private end: (() => void) | null = null;
  failWith: Error | null = null;

  has(image: ImageKey): boolean {
    return this.ready.has(nameOf(image));
  }

  forget(image: ImageKey): void {
    this.ready.delete(nameOf(image));
  }

  async finish(): Promise<void> {
    this.end?.();
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    await new Promise((done) => setTimeout(done, 0));
  }

  private run<T>(name: string, result: T, after = () => {}): Promise<T> {
    this.begun.push(name);
    return new Promise((resolve, reject) => {
      this.end = () => {
        if (this.failWith) return reject(this.failWith);
        after();
        resolve(result);
      };
    });
  }

  load = () => this.run("load", { manifest: {} as never, loadMs: 1 });
  setImage = (request: { key: ImageKey }) =>
    this.run(`set ${request.key.imageSha256}`, null, () => this.ready.add(nameOf(request.key)));
  steps = 1;
  prepare = (request: { key: ImageKey }) =>
    this.run<"more" | null>(`prepare ${request.key.imageSha256}`, --this.steps > 0 ? "more" : null);
  decode = (request: { id: number }) => this.run(`decode ${request.id}`, { ms: 1 } as Decoded);
  cold = 0;
  warm = async () => {
    if (this.cold === 0) return false;
    this.cold--;
    return this.run("warm", true);
  };
  complete = (request: { id: number }) => this.run(`complete ${request.id}`, { ms: 1 } as Decoded);
  preview = (request: { id: number }) =>
    this.run(`preview ${request.id}`, { logits: new Float32Array(1), decoded: null });
  materialise = () => this.run("materialise", { data: new Uint8Array(1), width: 1, height: 1, stabilityScore: null });
}

function setUp() {
  const engine = new SlowEngine();
  const replies: WorkerReply[] = [];
  const scheduler = new Scheduler(
    engine,
    (reply) => {
      if ("ok" in reply) replies.push(reply);
    },
    () => Promise.resolve(),
    (then) => queueMicrotask(then),
  );
  const send = (request: WorkerRequest) => scheduler.receive(request);
  const decode = (id: number, name = "a") =>
    send({ id, type: "decode", key: key(name), points: [[1, 1, 1]], box: null, maskInput: null });
  const preview = (id: number, name = "a") =>
    send({ id, type: "preview", key: key(name), point: [1, 1, 1], whole: false });
  const complete = (id: number, name = "a") =>
    send({ id, type: "complete", key: key(name), points: [[1, 1, 1]], box: null, maskInput: null });
  const set = (id: number, name: string, ahead = false) =>
    send({ id, type: "setImage", key: key(name), embedding: new ArrayBuffer(0), sha256: null, ahead });
  const prepare = (id: number, name: string, ahead = false) => send({ id, type: "prepare", key: key(name), ahead });
  const codeOf = (id: number) => {
    const reply = replies.find((one) => one.id === id);
    return reply && (reply.ok ? "ok" : reply.failure.code);
  };
  return { engine, replies, send, decode, complete, preview, set, prepare, codeOf };
}

test("of clicks that wait only the newest is decoded, and the one that runs is answered as stale", async () => {
  const { engine, decode, codeOf } = setUp();
  engine.ready.add(nameOf(key("a")));
  decode(1);
  decode(2);
  decode(3);
  expect(codeOf(2)).toBe("superseded");
  await engine.finish();
  expect(codeOf(1)).toBe("superseded");
  await engine.finish();
  expect(codeOf(3)).toBe("ok");
  expect(engine.begun).toEqual(["decode 1", "decode 3"]);
});

test("a click goes before the preparation of the next image", async () => {
  const { engine, decode, set, codeOf } = setUp();
  engine.ready.add(nameOf(key("a")));
  decode(1);
  set(2, "b", true);
  set(3, "c", true);
  decode(4);
  await engine.finish();
  await engine.finish();
  expect(codeOf(4)).toBe("ok");
  expect(engine.begun).toEqual(["decode 1", "decode 4", "set b"]);
});

test("a click waits for no preparation that has not begun, and goes between the steps of one that has", async () => {
  const { engine, decode, set, prepare, codeOf } = setUp();
  set(1, "a");
  await engine.finish();
  engine.steps = 3;
  prepare(2, "a");
  decode(3);
  prepare(4, "b", true);
  for (let run = 0; run < 3; run++) await engine.finish();
  expect([2, 3, 4].map(codeOf)).toEqual([undefined, "ok", undefined]);
  await engine.finish();
  expect(engine.begun).toEqual(["set a", "prepare a", "decode 3", "prepare a", "prepare a", "prepare b"]);
  expect(codeOf(2)).toBe("ok");
});

test("an image that a click waits for is taken at once, even if it was only asked for ahead", async () => {
  const { engine, send, decode, set, codeOf } = setUp();
  send({ id: 1, type: "load", model: {} as never, threads: 1, backend: "wasm" });
  set(2, "b", true);
  set(3, "a", true);
  decode(4, "a");
  await engine.finish();
  await engine.finish();
  await engine.finish();
  expect(engine.begun).toEqual(["load", "set a", "decode 4", "set b"]);
  expect(codeOf(4)).toBe("ok");
});

test("a click on an image that was never given is refused", async () => {
  const { engine, decode, codeOf } = setUp();
  decode(1);
  await engine.finish();
  expect(codeOf(1)).toBe("no_image");
  expect(engine.begun).toEqual([]);
});

test("what was cancelled in time is not begun", async () => {
  const { engine, send, decode, codeOf } = setUp();
  engine.ready.add(nameOf(key("a")));
  send({ id: 1, type: "load", model: {} as never, threads: 1, backend: "wasm" });
  decode(2);
  send({ id: 3, type: "cancel", target: 2 });
  await engine.finish();
  expect(codeOf(2)).toBe("superseded");
  expect(codeOf(3)).toBe("ok");
  expect(engine.begun).toEqual(["load"]);
});

test("no preview begins while a click waits, and those that wait give way to it", async () => {
  const { engine, decode, preview, codeOf } = setUp();
  engine.ready.add(nameOf(key("a")));
  preview(1);
  preview(2);
  decode(3);
  expect(codeOf(2)).toBe("superseded");
  preview(4);
  await engine.finish();
  await engine.finish();
  await engine.finish();
  expect(engine.begun).toEqual(["preview 1", "decode 3", "preview 4"]);
  expect([1, 3, 4].map(codeOf)).toEqual(["ok", "ok", "ok"]);
});

test("of previews that wait only the newest is made, and the one that runs is still shown", async () => {
  const { engine, preview, codeOf } = setUp();
  engine.ready.add(nameOf(key("a")));
  for (const id of [1, 2, 3]) preview(id);
  await engine.finish();
  await engine.finish();
  expect([1, 2, 3].map(codeOf)).toEqual(["ok", "superseded", "ok"]);
});

test("the next image is prepared before another preview", async () => {
  const { engine, preview, set } = setUp();
  engine.ready.add(nameOf(key("a")));
  preview(1);
  set(2, "b", true);
  preview(3);
  await engine.finish();
  await engine.finish();
  expect(engine.begun).toEqual(["preview 1", "set b", "preview 3"]);
});

test("refusals keep their code, anything else is a failure, and the queue goes on", async () => {
  const { engine, decode, set, codeOf } = setUp();
  engine.ready.add(nameOf(key("a")));
  engine.failWith = new DecoderError("wrong_embedding", "of another image");
  set(1, "b");
  await engine.finish();
  engine.failWith = new RangeError("out of memory");
  decode(2);
  await engine.finish();
  engine.failWith = null;
  decode(3);
  await engine.finish();
  expect([1, 2, 3].map(codeOf)).toEqual(["wrong_embedding", "failed", "ok"]);
});

test("a mask is completed after all that is waited for, the newest first, and before what is only made ahead", async () => {
  const { engine, decode, complete, preview, set } = setUp();
  engine.ready.add(nameOf(key("a")));
  decode(1);
  preview(2);
  set(3, "b", true);
  complete(4);
  complete(5);
  set(6, "c");
  for (let run = 0; run < 6; run++) await engine.finish();
  expect(engine.begun).toEqual(["decode 1", "set c", "complete 5", "complete 4", "set b", "preview 2"]);
});

test("with nothing to do the engine is warmed, a run at a time, and a click goes before the next one", async () => {
  const { engine, decode, codeOf } = setUp();
  engine.ready.add(nameOf(key("a")));
  engine.cold = 3;
  decode(1);
  await engine.finish();
  expect(engine.begun).toEqual(["decode 1", "warm"]);
  decode(2);
  await engine.finish();
  expect(engine.begun.at(-1)).toBe("decode 2");
  for (let run = 0; run < 3; run++) await engine.finish();
  expect(engine.begun).toEqual(["decode 1", "warm", "decode 2", "warm", "warm"]);
  decode(3);
  await engine.finish();
  expect(codeOf(3)).toBe("ok");
});

test("a warming run that fails ends the warming, and nothing else", async () => {
  const { engine, decode, codeOf } = setUp();
  engine.ready.add(nameOf(key("a")));
  engine.warm = () => Promise.reject(new Error("out of memory"));
  decode(1);
  await engine.finish();
  decode(2);
  await engine.finish();
  expect([codeOf(1), codeOf(2)]).toEqual(["ok", "ok"]);
});
