// One model version in the worker: its graphs, and how prompts and embeddings become their inputs.

import { doubled, neededPart, type PlanePart, placed } from "../../geometry/made_part";
import type { ModelFrame } from "../../geometry/model_frame";
import type { ModelRef, PromptPoint } from "../../protocol/api";
import type { GraphSpec, Manifest, TensorSpec } from "../../protocol/manifest";
import type { Backend, Decoded, DecodePrompts } from "../../protocol/worker";
import { DecoderError } from "../pure/failure";
import { parseManifest } from "../pure/manifest";
import { encodePrompts, tokenToShow } from "../pure/prompts";
import type { StoredTensors } from "../pure/safetensors";
import { BEST, cellsOf, maskFeeds, noMaskFeeds, type Wanted, wantedFeeds } from "./absorbed";
import { fetchNamed } from "./files";
import { Graphs } from "./graphs";
import { type Feeds, fetchRuntime, getUpscaler, tensorFor } from "./runtime";
import type { Upscaling } from "./upscaler";

/** What `prepare` made of one image, by name. */
export type Prepared = Feeds;

interface Answer {
  readonly logits: Float32Array;
  readonly ious: Decoded["ious"];
}

const TOKENS = [0, 1, 2, 3] as const;
/** See `warm`. Large models stop after some seconds. */
const WARM_RUNS = 40;
const WARM_MS = 4000;
const STORED_AS: Readonly<Record<string, string>> = { float16: "F16", float32: "F32" };

interface Warming {
  readonly prepared: Prepared;
  runs: number;
  ms: number;
}

export class Model {
  private warming: Warming | null = null;
  private isWarm = false;

  private constructor(
    readonly manifest: Manifest,
    private readonly graphs: Graphs,
  ) {}

  /** Fetches and checks the files, and opens what the first click needs. Throws DecoderErrors. */
  static async open(model: ModelRef, base: string, backend: Backend, opening: () => void): Promise<Model> {
    const runtime = fetchRuntime();
    // Awaited below: when the manifest fails first, this must not count as unhandled.
    runtime.catch(() => {});
    const manifestUrl = new URL(model.manifest_url, base);
    const manifestBytes = await fetchNamed(manifestUrl, model.manifest_sha256);
    const manifest = parseManifest(new TextDecoder().decode(manifestBytes));
    if (manifest.model_version !== model.version) {
      throw new DecoderError("bad_manifest", `The manifest is of ${manifest.model_version}, not of ${model.version}.`);
    }
    const graphs = await Graphs.fetch(manifest, manifestUrl, backend);
    await runtime;
    opening();
    if (graphs.decodes === "decode_rows") await getUpscaler();
    const opened = new Model(manifest, graphs);
    for (const name of opened.answersUnprepared ? (["first"] as const) : (["prepare", graphs.decodes] as const)) {
      await graphs.get(name);
    }
    return opened;
  }

  /** What the graphs take of an image. The file's ids have been checked; this checks that it holds that. */
  embedding(stored: StoredTensors): Feeds {
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
    return feeds;
  }

  /** The image's part of the work. */
  async prepare(embedding: Feeds): Promise<Prepared> {
    return (await (await this.graphs.get("prepare")).run(embedding)) as Prepared;
  }

  /** `whole`: also the logits that no pixel of the image is made of. */
  async decode(frame: ModelFrame, prepared: Prepared, prompts: DecodePrompts, whole: boolean): Promise<Decoded> {
    const started = performance.now();
    const side = this.manifest.low_res_size;
    const cells = cellsOf(whole || !this.decodesParts ? { rows: side, columns: side } : neededPart(frame));
    const answer = await this.run("decode", frame, prepared, prompts, { shown: TOKENS, cells, half: false });
    return this.decoded(answer, cells, prompts, performance.now() - started);
  }

  /** Whether there is a way to answer a click on an image that is not prepared, sooner than by preparing it. */
  get answersUnprepared(): boolean {
    return this.manifest.graphs.first !== null;
  }

  /** `decode` in that way. The prompts have no mask. */
  async decodeUnprepared(frame: ModelFrame, embedding: Feeds, prompts: DecodePrompts): Promise<Decoded> {
    const started = performance.now();
    const cells = cellsOf(neededPart(frame));
    const answer = await this.run("first", frame, embedding, prompts, { shown: TOKENS, cells, half: false });
    return this.decoded(answer, cells, prompts, performance.now() - started);
  }

  private decoded(answer: Answer, cells: PlanePart, prompts: DecodePrompts, ms: number): Decoded {
    const side = this.manifest.low_res_size;
    const size = 16 * cells.rows * cells.columns;
    if (answer.logits.length !== 4 * size) throw sizes();
    const part = { rows: 4 * cells.rows, columns: 4 * cells.columns };
    const all = cells.rows === side / 4 && cells.columns === side / 4;
    const planes = TOKENS.map((token) => {
      const values = answer.logits.subarray(token * size, (token + 1) * size);
      return all ? values.slice() : placed(values, part, side);
    });
    return {
      logits: planes as unknown as Decoded["logits"],
      made: all ? null : part,
      lowResSize: side,
      ious: answer.ious,
      shown: tokenToShow(prompts, answer.ious),
      ms,
    };
  }

  /** Whether a part of the planes, or of their logits, costs less than all: previews live on it. */
  get decodesParts(): boolean {
    return this.manifest.form === "absorbed";
  }

  /** The logits of the token that a click there would show, [low_res_size²]: every second is computed, the rest between them. */
  async preview(frame: ModelFrame, prepared: Prepared, point: PromptPoint): Promise<Float32Array> {
    const cells = cellsOf(neededPart(frame));
    const prompts: DecodePrompts = { points: [point], box: null, maskInput: null };
    const { logits } = await this.run("decode", frame, prepared, prompts, { shown: [BEST], cells, half: true });
    if (logits.length !== 4 * cells.rows * cells.columns) throw sizes();
    const part = { rows: 2 * cells.rows, columns: 2 * cells.columns };
    return placed(
      doubled(logits, part),
      { rows: 2 * part.rows, columns: 2 * part.columns },
      this.manifest.low_res_size,
    );
  }

  /** Opens a graph that is not open yet; false when all are. */
  openNext(): Promise<boolean> {
    return this.graphs.openNext();
  }

  close(): Promise<void> {
    return this.graphs.close();
  }

  /** `image`: what the graph takes of it. */
  private async run(
    name: "first" | "decode",
    frame: ModelFrame,
    image: Feeds,
    prompts: DecodePrompts,
    wanted: Wanted,
  ): Promise<Answer> {
    const graph = await this.graphs.get(name === "decode" ? this.graphs.decodes : name);
    const { spec } = graph;
    const { maskInput } = prompts;
    let given: Feeds = { ...image, ...this.promptFeeds(spec, frame, prompts) };
    if (this.decodesParts) {
      const mask = maskInput
        ? await maskFeeds(await this.graphs.get("prompt_mask"), image, maskInput)
        : noMaskFeeds(spec);
      given = { ...given, ...wantedFeeds(spec, wanted), ...mask };
    }
    const feeds: Feeds = {};
    for (const { name } of spec.inputs) if (given[name]) feeds[name] = given[name];
    const outputs = await graph.run(feeds);
    const floats = (name: string) => {
      const tensor = outputs[name];
      if (!tensor) throw new DecoderError("bad_manifest", `The decoder gives no ${name}.`);
      return tensor.data as Float32Array;
    };
    const predicted = floats("predicted_ious");
    const logits = outputs.rows
      ? (await getUpscaler()).planes(upscalingOf(floats), wanted.cells, wanted.half ? 1 : 2)
      : floats("low_res_logits");
    if (predicted.length !== 4) throw sizes();
    return { logits, ious: [...predicted] as unknown as Decoded["ious"] };
  }

  private promptFeeds(graph: GraphSpec, frame: ModelFrame, prompts: DecodePrompts): Feeds {
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
    for (const spec of graph.inputs) {
      const entry = data[spec.name];
      if (entry) feeds[spec.name] = tensorFor(spec, ...entry);
    }
    return feeds;
  }

  /**
   * One step, for when nothing else is to be done: opens a graph, or decodes nothing; false when it is enough. Browsers run WASM
   * slowly at first, and compile anew what has run often: measured in Chromium, the built-in model's decode takes 50 ms of CPU time for
   * its first thirty runs and 22 ms from then on. The first run of a graph allocates, too.
   */
  async warm(): Promise<boolean> {
    if (this.isWarm) return false;
    if (await this.openNext()) return true;
    if (!this.warming) {
      const blank = this.manifest.graphs.prepare.inputs.map((spec) => [spec.name, blankTensor(spec)] as const);
      const prepared = await this.prepare(this.embedding({ metadata: {}, tensors: new Map(blank) }));
      this.warming = { prepared, runs: 0, ms: 0 };
      return true;
    }
    const { warming } = this;
    const frame = this.blankFrame();
    if (warming.runs === 0 && this.decodesParts) await this.preview(frame, warming.prepared, this.blankPoint());
    const prompts: DecodePrompts = { points: [this.blankPoint()], box: null, maskInput: null };
    const { ms } = await this.decode(frame, warming.prepared, prompts, true);
    warming.runs++;
    warming.ms += ms;
    if (warming.runs >= WARM_RUNS || warming.ms >= WARM_MS) {
      this.isWarm = true;
      this.warming = null;
    }
    return !this.isWarm;
  }

  private blankPoint(): PromptPoint {
    return [this.manifest.image_size / 2, this.manifest.image_size / 2, 1];
  }

  private blankFrame(): ModelFrame {
    const { image_size: side, low_res_size: lowResSize } = this.manifest;
    return { width: side, height: side, resizedWidth: side, resizedHeight: side, imageSize: side, lowResSize };
  }
}

function upscalingOf(floats: (name: keyof Upscaling) => Float32Array): Upscaling {
  return {
    rows: floats("rows"),
    norm: floats("norm"),
    eps: floats("eps"),
    second: floats("second"),
    second_bias: floats("second_bias"),
    plane_weights: floats("plane_weights"),
  };
}

function sizes(): DecoderError {
  return new DecoderError("bad_manifest", "The decoder's outputs have other sizes than its manifest names.");
}

function blankTensor(spec: TensorSpec): { dtype: string; shape: number[]; bytes: Uint8Array<ArrayBuffer> } {
  const shape = spec.shape.map((side) => (typeof side === "number" ? side : 1));
  const bytesEach = spec.dtype === "float16" ? 2 : 4;
  const bytes = new Uint8Array(shape.reduce((product, side) => product * side, bytesEach));
  return { dtype: STORED_AS[spec.dtype] ?? spec.dtype, shape, bytes };
}
