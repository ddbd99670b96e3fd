// ONNX Runtime, set up in the one way that works inside a bundled module worker. Two builds of it: the plain one, and one that is twice
// as large and knows WebGPU besides, which is fetched only where it is used.

import type * as Ort from "onnxruntime-web";
import gpuMjsUrl from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url";
import gpuWasmUrl from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import mjsUrl from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import wasmUrl from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import type { GraphSpec, TensorSpec } from "../../protocol/manifest";
import type { Backend } from "../../protocol/worker";
import kernelUrl from "../kernel/dist/upscaler.wasm?url";
import { fetchBytes } from "./files";
import { Upscaler } from "./upscaler";

export type Feeds = Record<string, Ort.Tensor>;

interface Build {
  readonly urls: { readonly mjs: string; readonly wasm: string };
  load(): Promise<typeof Ort>;
}

const BUILDS: Record<Backend, Build> = {
  wasm: { urls: { mjs: mjsUrl, wasm: wasmUrl }, load: () => import("onnxruntime-web/wasm") },
  webgpu: { urls: { mjs: gpuMjsUrl, wasm: gpuWasmUrl }, load: () => import("onnxruntime-web/webgpu") },
};

const absolute = (url: string) => new URL(url, self.location.href).href;

let settings: { readonly threads: number; readonly build: Backend } | null = null;
let loaded: Promise<typeof Ort> | null = null;
let ort: typeof Ort;

/**
 * Before a model is opened: by what it is to be run. The first call chooses build and threads for good; the build without WebGPU
 * runs what asks for it on WASM. Returns what it will be run by.
 */
export function setUpRuntime(threads: number, wanted: Backend): Backend {
  settings ??= { threads, build: wanted };
  return settings.build === "webgpu" ? wanted : "wasm";
}

/**
 * Brings the runtime into the browser's cache beside the model, where it takes its 14 MB from with the code it compiled last time.
 * Left to itself it would begin with them only when the model is there.
 */
export async function fetchRuntime(): Promise<void> {
  const { threads, build } = settings ?? { threads: 1, build: "wasm" };
  const { urls, load } = BUILDS[build];
  loaded ??= load();
  [ort] = await Promise.all([loaded, fetchBytes(new URL(urls.wasm, self.location.href))]);
  // Absolute: the helper threads' scripts resolve relative addresses against another base.
  ort.env.wasm.wasmPaths = { mjs: absolute(urls.mjs), wasm: absolute(urls.wasm) };
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.proxy = false;
  ort.env.logLevel = "error";
}

let upscaler: Promise<Upscaler> | null = null;

/** Our own kernel, with one helper where the runtime has threads. Throws a DecoderError "fetch_failed"; the next call tries again. */
export function getUpscaler(): Promise<Upscaler> {
  upscaler ??= openUpscaler().catch((error: unknown) => {
    upscaler = null;
    throw error;
  });
  return upscaler;
}

async function openUpscaler(): Promise<Upscaler> {
  const code = await fetchBytes(new URL(kernelUrl, self.location.href));
  if (!settings || settings.threads < 2) return Upscaler.open(code, null);
  return Upscaler.open(code, (start) => {
    // In one expression, by which the bundler knows that this is a worker's script.
    const helper = new Worker(new URL("./upscaler_helper.ts", import.meta.url), { type: "module", name: "upscaler" });
    helper.postMessage(start);
  });
}

export class Graph {
  private constructor(
    readonly spec: GraphSpec,
    private readonly session: Ort.InferenceSession,
  ) {}

  /** After `fetchRuntime`. weights: the file that the graph refers to by `path`. */
  static async open(
    spec: GraphSpec,
    bytes: ArrayBuffer,
    weights: { readonly path: string; readonly data: Uint8Array },
    backend: Backend,
  ): Promise<Graph> {
    const session = await ort.InferenceSession.create(new Uint8Array(bytes), {
      executionProviders: backend === "webgpu" ? ["webgpu", "wasm"] : ["wasm"],
      graphOptimizationLevel: "all",
      externalData: [weights],
    });
    return new Graph(spec, session);
  }

  run(feeds: Feeds): Promise<Ort.InferenceSession.OnnxValueMapType> {
    return this.session.run(feeds);
  }

  close(): Promise<void> {
    return this.session.release();
  }
}

/** A tensor of the type that the graph asks for. float16 is given as its raw 16 bits. */
export function tensorFor(spec: TensorSpec, data: Float32Array | Uint16Array, shape: readonly number[]): Ort.Tensor {
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
