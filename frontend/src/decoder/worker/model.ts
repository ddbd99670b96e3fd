// One model version in the worker: its two graphs, and how prompts and embeddings become their inputs.

import type { ModelFrame } from "../../geometry/model_frame";
import type { ModelRef } from "../../protocol/api";
import type { GraphSpec, Manifest, TensorSpec } from "../../protocol/manifest";
import type { Decoded, DecodePrompts } from "../../protocol/worker";
import { DecoderError } from "../pure/failure";
import { parseManifest } from "../pure/manifest";
import { encodePrompts, tokenToShow } from "../pure/prompts";
import type { StoredTensors } from "../pure/safetensors";
import { fetchNamed } from "./files";
import { type Feeds, fetchRuntime, Graph, tensorFor } from "./runtime";

/** What `prepare` made of one image, by name. */
export type Prepared = Feeds;

const STORED_AS: Readonly<Record<string, string>> = { float16: "F16", float32: "F32" };

export class Model {
  private constructor(
    readonly manifest: Manifest,
    private readonly prepareGraph: Graph,
    private readonly decodeGraph: Graph,
  ) {}

  /** Fetches, checks and opens both graphs, and runs each once. Throws DecoderErrors. */
  static async open(model: ModelRef, base: string, opening: () => void): Promise<Model> {
    const runtime = fetchRuntime();
    // Awaited below: when the manifest fails first, this must not count as unhandled.
    runtime.catch(() => {});
    const manifestUrl = new URL(model.manifest_url, base);
    const manifestBytes = await fetchNamed(manifestUrl, model.manifest_sha256);
    const manifest = parseManifest(new TextDecoder().decode(manifestBytes));
    if (manifest.model_version !== model.version) {
      throw new DecoderError("bad_manifest", `The manifest is of ${manifest.model_version}, not of ${model.version}.`);
    }
    const fetchGraph = (spec: GraphSpec) => {
      const url = new URL(spec.file, manifestUrl);
      url.searchParams.set("v", spec.sha256);
      return fetchNamed(url, spec.sha256);
    };
    const [prepareBytes, decodeBytes] = await Promise.all([
      fetchGraph(manifest.graphs.prepare),
      fetchGraph(manifest.graphs.decode),
    ]);
    await runtime;
    opening();
    const prepareGraph = await Graph.open(manifest.graphs.prepare, prepareBytes);
    const decodeGraph = await Graph.open(manifest.graphs.decode, decodeBytes);
    const opened = new Model(manifest, prepareGraph, decodeGraph);
    await opened.warmUp();
    return opened;
  }

  /** The image's part of the work. The file's ids have been checked; this checks that it holds what the graph takes. */
  async prepare(stored: StoredTensors): Promise<Prepared> {
    const feeds: Feeds = {};
    for (const spec of this.manifest.graphs.prepare.inputs) {
      const tensor = stored.tensors.get(spec.name);
      if (!tensor || tensor.dtype !== STORED_AS[spec.dtype]) {
        throw new DecoderError("bad_embedding", `The image embedding has no ${spec.dtype} tensor ${spec.name}.`);
      }
      const { buffer } = tensor.bytes;
      const data = spec.dtype === "float16" ? new Uint16Array(buffer) : new Float32Array(buffer);
      feeds[spec.name] = tensorFor(spec, data, tensor.shape);
    }
    return (await this.prepareGraph.run(feeds)) as Prepared;
  }

  async decode(frame: ModelFrame, prepared: Prepared, prompts: DecodePrompts): Promise<Decoded> {
    const started = performance.now();
    const side = this.manifest.low_res_size;
    const outputs = await this.decodeGraph.run({ ...prepared, ...this.promptFeeds(frame, prompts) });
    const [all, predicted] = ["low_res_logits", "predicted_ious"].map((name) => {
      const tensor = outputs[name];
      if (!tensor) throw new DecoderError("bad_manifest", `The decoder gives no ${name}.`);
      return tensor.data as Float32Array;
    }) as [Float32Array, Float32Array];
    if (all.length !== 4 * side * side || predicted.length !== 4) {
      throw new DecoderError("bad_manifest", "The decoder's outputs have other sizes than its manifest names.");
    }
    const logits = [0, 1, 2, 3].map((token) => all.slice(token * side * side, (token + 1) * side * side));
    const ious = [...predicted] as unknown as Decoded["ious"];
    return {
      logits: logits as unknown as Decoded["logits"],
      lowResSize: side,
      ious,
      shown: tokenToShow(prompts, ious),
      ms: performance.now() - started,
    };
  }

  async close(): Promise<void> {
    await this.prepareGraph.close();
    await this.decodeGraph.close();
  }

  private promptFeeds(frame: ModelFrame, prompts: DecodePrompts): Feeds {
    const { count, coords, labels } = encodePrompts(frame, prompts);
    const side = this.manifest.low_res_size;
    const { maskInput } = prompts;
    if (maskInput && maskInput.length !== side * side) {
      throw new DecoderError("bad_request", "The mask to refine has another size than this model's logits.");
    }
    const data: Record<string, [Float32Array, number[]]> = {
      point_coords: [coords, [1, count, 2]],
      point_labels: [labels, [1, count]],
      mask_input: [maskInput ?? new Float32Array(side * side), [1, 1, side, side]],
      has_mask_input: [Float32Array.of(maskInput ? 1 : 0), [1]],
    };
    const feeds: Feeds = {};
    for (const spec of this.manifest.graphs.decode.inputs) {
      const entry = data[spec.name];
      if (entry) feeds[spec.name] = tensorFor(spec, ...entry);
    }
    return feeds;
  }

  /** The first run of a graph allocates and is several times slower than the second: not at somebody's first click. */
  private async warmUp(): Promise<void> {
    const blank = this.manifest.graphs.prepare.inputs.map((spec) => [spec.name, blankTensor(spec)] as const);
    const prepared = await this.prepare({ metadata: {}, tensors: new Map(blank) });
    const side = this.manifest.image_size;
    const frame: ModelFrame = {
      width: side,
      height: side,
      resizedWidth: side,
      resizedHeight: side,
      imageSize: side,
      lowResSize: this.manifest.low_res_size,
    };
    await this.decode(frame, prepared, { points: [[side / 2, side / 2, 1]], box: null, maskInput: null });
  }
}

function blankTensor(spec: TensorSpec): { dtype: string; shape: number[]; bytes: Uint8Array<ArrayBuffer> } {
  const shape = spec.shape.map((side) => (typeof side === "number" ? side : 1));
  const bytesEach = spec.dtype === "float16" ? 2 : 4;
  const bytes = new Uint8Array(shape.reduce((product, side) => product * side, bytesEach));
  return { dtype: STORED_AS[spec.dtype] ?? spec.dtype, shape, bytes };
}
