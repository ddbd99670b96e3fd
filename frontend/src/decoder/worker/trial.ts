// One model on WebGPU and on WASM with the same fixed prompt, in a worker of its own: the decoder at work is not disturbed. The
// first message is a TrialRequest, the only reply a TrialReply.

import type { ModelFrame } from "../../geometry/model_frame";
import type { TensorSpec } from "../../protocol/manifest";
import type { Backend, TrialReply, TrialRequest, TrialRun } from "../../protocol/worker";
import { betterBackend } from "../pure/agreement";
import { failureOf } from "../pure/failure";
import type { StoredTensor } from "../pure/safetensors";
import { Model } from "./model";
import { setUpRuntime } from "./runtime";

declare const self: DedicatedWorkerGlobalScope;

const RUNS = 5;

self.onmessage = async (event: MessageEvent<TrialRequest>) => {
  try {
    // WebGPU first: it decides which build of the runtime is loaded, and that one runs WASM as well.
    const webgpu = await tryOut(event.data, "webgpu");
    const wasm = await tryOut(event.data, "wasm");
    self.postMessage({ backend: betterBackend(wasm, webgpu), wasm, webgpu } satisfies TrialReply);
  } catch (error) {
    self.postMessage({ backend: "wasm", why: failureOf(error).message } satisfies TrialReply);
  }
};

async function tryOut({ model, threads }: TrialRequest, backend: Backend): Promise<TrialRun> {
  const opened = await Model.open(model, self.location.href, setUpRuntime(threads, backend), () => {});
  const { image_size: side, low_res_size: lowResSize } = opened.manifest;
  const tensors = opened.manifest.graphs.prepare.inputs.map((spec) => [spec.name, made(spec)] as const);
  const prepared = await opened.prepare(opened.embedding({ metadata: {}, tensors: new Map(tensors) }));
  const frame: ModelFrame = {
    width: side,
    height: side,
    resizedWidth: side,
    resizedHeight: side,
    imageSize: side,
    lowResSize,
  };
  const prompts = { points: [[0.4 * side, 0.6 * side, 1]], box: null, maskInput: null } as const;
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) times.push((await opened.decode(frame, prepared, prompts, true)).ms);
  const { logits, ious } = await opened.decode(frame, prepared, prompts, true);
  await opened.close();
  return { logits, ious, ms: times.sort((a, b) => a - b)[RUNS >> 1]! };
}

/** The same values of both signs, between a half and one, on every machine. */
function made(spec: TensorSpec): StoredTensor {
  const shape = spec.shape.map((side) => (typeof side === "number" ? side : 1));
  const count = shape.reduce((product, side) => product * side, 1);
  const half = spec.dtype === "float16";
  const values = half ? new Uint16Array(count) : new Float32Array(count);
  let seed = 1;
  for (let index = 0; index < count; index++) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    // As float16: sign, exponent -1, ten bits of mantissa.
    const [sign, mantissa] = [seed >>> 31, (seed >>> 16) & 0x3ff];
    values[index] = half ? (sign << 15) | (14 << 10) | mantissa : (sign ? -1 : 1) * (0.5 + mantissa / 2048);
  }
  return { dtype: half ? "F16" : "F32", shape, bytes: new Uint8Array(values.buffer as ArrayBuffer) };
}
