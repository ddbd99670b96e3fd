import { beforeEach, expect, test } from "vitest";
import type { ImageOut, UploadResult } from "../../protocol/api";
import { AT_ONCE, type Send, type Upload, UploadQueue } from "./upload_queue";

interface Sending {
  readonly name: string;
  readonly progress: (sent: number) => void;
  readonly signal: AbortSignal;
  readonly finish: (result: UploadResult) => void;
  readonly fail: (error: Error) => void;
}

let sendings: Sending[];
let queue: UploadQueue;

const send: Send = (file, progress, signal) =>
  new Promise((finish, fail) => {
    sendings.push({ name: file.name, progress, signal, finish, fail });
    signal.addEventListener("abort", () => fail(new Error("aborted")));
  });

const photo = (name: string, bytes = 4) => new File([new Uint8Array(bytes)], name);
const accepted: UploadResult = { accepted: [{ id: 1 } as ImageOut], refused: [] };
const settle = () => new Promise((resolve) => setTimeout(resolve));
const steps = () => queue.uploads.value.map((upload) => `${upload.file.name} ${upload.state.value.step}`);
const named = (name: string): Upload => queue.uploads.value.find((upload) => upload.file.name === name)!;

beforeEach(() => {
  sendings = [];
  queue = new UploadQueue(send, 1000);
});

test("at most three files travel at once, in order, and the next starts when one ends", async () => {
  queue.add(["a", "b", "c", "d", "e"].map((name) => photo(name)));
  expect(sendings.map((sending) => sending.name)).toEqual(["a", "b", "c"]);
  expect(AT_ONCE).toBe(3);
  sendings[1]!.finish(accepted);
  await settle();
  expect(sendings.map((sending) => sending.name)).toEqual(["a", "b", "c", "d"]);
  expect(steps()).toEqual(["a sending", "b done", "c sending", "d sending", "e waiting"]);
});

test("progress is shown, and all sent means the server is checking", () => {
  queue.add([photo("a")]);
  sendings[0]!.progress(0.5);
  expect(named("a").state.value).toEqual({ step: "sending", sent: 0.5 });
  sendings[0]!.progress(1);
  expect(named("a").state.value).toEqual({ step: "checking" });
});

test("a failure is kept with its message and frees its place", async () => {
  queue.add(["a", "b", "c", "d"].map((name) => photo(name)));
  sendings[0]!.fail(new Error("The connection broke. Try again."));
  await settle();
  expect(named("a").state.value).toEqual({ step: "failed", message: "The connection broke. Try again." });
  expect(named("d").state.value.step).toBe("sending");
});

test("cancelling stops the transfer, frees its place, and late reports change nothing", async () => {
  queue.add(["a", "b", "c", "d"].map((name) => photo(name)));
  queue.cancel(named("a"));
  expect(sendings[0]!.signal.aborted).toBe(true);
  expect(named("d").state.value.step).toBe("sending");
  sendings[0]!.progress(0.7);
  await settle();
  expect(named("a").state.value).toEqual({ step: "cancelled" });
});

test("cancelling all starts none of those that wait", async () => {
  queue.add(["a", "b", "c", "d", "e"].map((name) => photo(name)));
  queue.cancelAll();
  await settle();
  expect(sendings).toHaveLength(3);
  expect(new Set(steps().map((line) => line.slice(2)))).toEqual(new Set(["cancelled"]));
});

test("a cancelled file sent again is not disturbed by its first try", async () => {
  queue.add([photo("a")]);
  queue.cancel(named("a"));
  queue.retry(named("a"));
  await settle();
  expect(sendings).toHaveLength(2);
  expect(named("a").state.value.step).toBe("sending");
  sendings[1]!.finish(accepted);
  await settle();
  expect(named("a").state.value).toMatchObject({ step: "done", accepted: 1 });
});

test("empty and too large files are refused without being sent", () => {
  queue.add([photo("empty", 0), photo("large", 1001), photo("fits", 1000)]);
  expect(sendings.map((sending) => sending.name)).toEqual(["fits"]);
  expect(steps()).toEqual(["empty failed", "large failed", "fits sending"]);
});

test("clearing keeps what is under way and, if asked, what went wrong", async () => {
  queue.add(["a", "b", "c"].map((name) => photo(name)));
  const refused = [{ file_name: "b", code: "not_a_photo", reason: "This is no photo." }];
  sendings[0]!.finish(accepted);
  sendings[1]!.finish({ accepted: [], refused });
  await settle();
  expect(queue.totals()).toEqual({ files: 3, open: 1, accepted: 1, refused: 1, failed: 0 });
  queue.clear(true);
  expect(steps()).toEqual(["b done", "c sending"]);
  queue.clear(false);
  expect(steps()).toEqual(["c sending"]);
});
