// The worker's entry: messages in, replies out.

import type { WorkerProgress, WorkerReply, WorkerRequest } from "../../protocol/worker";
import { Scheduler } from "../pure/scheduler";
import { OrtEngine } from "./engine";

declare const self: DedicatedWorkerGlobalScope;

/** Buffers of the reply that nobody here needs again: moved instead of copied. */
function toMove(reply: WorkerReply | WorkerProgress): Transferable[] {
  if (!("ok" in reply) || !reply.ok || !reply.result) return [];
  if ("logits" in reply.result) return reply.result.logits.map((logits) => logits.buffer);
  return "data" in reply.result ? [reply.result.data.buffer] : [];
}

const scheduler = new Scheduler(
  new OrtEngine(self.location.href),
  (reply) => self.postMessage(reply, toMove(reply)),
  // A turn of the event loop, so that a newer click is seen before an older one is begun.
  () => new Promise((done) => setTimeout(done, 0)),
);

self.onmessage = (event: MessageEvent<WorkerRequest>) => scheduler.receive(event.data);
