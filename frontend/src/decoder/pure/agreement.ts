// Whether WebGPU may take WASM's place for a model: its masks must be the same ones, and sooner there.

import type { Backend, TrialRun } from "../../protocol/worker";

/** Least intersection over union of each of the masks; drivers round differently along the outline. */
const LEAST_IOU = 0.999;
const MOST_IOU_DIFFERENCE = 0.01;

export function betterBackend(wasm: TrialRun, webgpu: TrialRun): Backend {
  const same =
    webgpu.logits.length === wasm.logits.length &&
    webgpu.logits.every((logits, token) => maskIou(logits, wasm.logits[token]!) >= LEAST_IOU) &&
    webgpu.ious.every((iou, token) => Math.abs(iou - wasm.ious[token]!) <= MOST_IOU_DIFFERENCE);
  return same && webgpu.ms < wasm.ms ? "webgpu" : "wasm";
}

/** Of two masks by their logits; 1 where both are empty, 0 where anything is no number. */
function maskIou(a: Float32Array, b: Float32Array): number {
  let [both, either] = [0, 0];
  for (let index = 0; index < a.length; index++) {
    if (Number.isNaN(a[index]!) || Number.isNaN(b[index]!)) return 0;
    const [inA, inB] = [a[index]! > 0, b[index]! > 0];
    if (inA && inB) both++;
    if (inA || inB) either++;
  }
  return either === 0 ? 1 : both / either;
}
