// The worker's entry: messages in, replies out.

import type { WorkerProgress, WorkerReply, WorkerRequest } from "../../protocol/worker";
import { Scheduler } from "../pure/scheduler";
import { OrtEngine } from "./engine";
import { onFetching } from "./files";

declare const self: DedicatedWorkerGlobalScope;

/** Buffers of the reply that nobody here needs again: moved instead of copied. */
function toMove(reply: WorkerReply | WorkerProgress): Transferable[] {
  if (!("ok" in reply) || !reply.ok || !reply.result) return [];
  const { result } = reply;
  if ("decoded" in result) return result.decoded ? buffersOf(result.decoded.logits) : [result.logits.buffer];
  if ("logits" in result) return buffersOf(result.logits);
  return "data" in result ? [result.data.buffer] : [];
}

function buffersOf(arrays: readonly Float32Array[]): Transferable[] {
  return arrays.map(({ buffer }) => buffer as ArrayBuffer);
}

/** In this time the page answers a reply: a click that it held until the image was there. */
const REST_MS = 30;

// A message to ourselves comes after all that has arrived by then, and sooner than any timer.
const turn = new MessageChannel();

const scheduler = new Scheduler(
  new OrtEngine(self.location.href),
  (reply) => self.postMessage(reply, toMove(reply)),
  // A turn of the event loop, so that a newer click is seen before an older one is begun.
  () =>
    new Promise((done) => {
      turn.port1.onmessage = () => done();
      turn.port2.postMessage(null);
    }),
  (then) => setTimeout(then, REST_MS),
);

onFetching(() => self.postMessage({ id: 0, progress: "fetching" } satisfies WorkerProgress));
self.onmessage = (event: MessageEvent<WorkerRequest>) => scheduler.receive(event.data);
