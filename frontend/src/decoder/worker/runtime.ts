// ONNX Runtime, set up in the one way that works inside a bundled module worker.

import mjsUrl from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import wasmUrl from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import * as ort from "onnxruntime-web/wasm";
import type { GraphSpec, TensorSpec } from "../../protocol/manifest";
import { fetchBytes } from "./files";

export type Feeds = Record<string, ort.Tensor>;

const absolute = (url: string) => new URL(url, self.location.href).href;

/**
 * Brings the runtime's 14 MB into the browser's cache beside the model, where it takes them from with the code it compiled last time.
 * Left to itself it would begin with them only when the model is there.
 */
export async function fetchRuntime(): Promise<void> {
  await fetchBytes(new URL(wasmUrl, self.location.href));
}

/** Before the first session; later calls change nothing. */
export function setUpRuntime(threads: number): void {
  // Absolute: the helper threads' scripts resolve relative addresses against another base.
  ort.env.wasm.wasmPaths = { mjs: absolute(mjsUrl), wasm: absolute(wasmUrl) };
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.proxy = false;
  ort.env.logLevel = "error";
}

export class Graph {
  private constructor(
    readonly spec: GraphSpec,
    private readonly session: ort.InferenceSession,
  ) {}

  static async open(spec: GraphSpec, bytes: ArrayBuffer): Promise<Graph> {
    const session = await ort.InferenceSession.create(new Uint8Array(bytes), {
      executionProviders: ["wasm"],
      graphOptimizationLevel: "all",
    });
    return new Graph(spec, session);
  }

  run(feeds: Feeds): Promise<ort.InferenceSession.OnnxValueMapType> {
    return this.session.run(feeds);
  }

  close(): Promise<void> {
    return this.session.release();
  }
}

/** A tensor of the type that the graph asks for. float16 is given as its raw 16 bits. */
export function tensorFor(spec: TensorSpec, data: Float32Array | Uint16Array, shape: readonly number[]): ort.Tensor {
  const dims = [...shape];
  switch (spec.dtype) {
    case "float16":
      return new ort.Tensor("float16", data as Uint16Array, dims);
    case "float32":
      return new ort.Tensor("float32", data as Float32Array, dims);
    case "int64":
      return new ort.Tensor("int64", BigInt64Array.from(Array.from(data, BigInt)), dims);
    case "int32":
      return new ort.Tensor("int32", Int32Array.from(data), dims);
    case "bool":
      return new ort.Tensor("bool", Uint8Array.from(data), dims);
  }
}
