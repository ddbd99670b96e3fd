// The page's side of the decoder: promises in front of the worker, which is started again once if it ends.

import { Bitmap } from "../geometry/bitmap";
import type { ModelRef, PromptPoint, Sha256 } from "../protocol/api";
import type { Manifest } from "../protocol/manifest";
import type {
  Decoded,
  ImageKey,
  Previewed,
  WorkerProgress,
  WorkerReply,
  WorkerRequest,
  WorkerRequestBody,
  WorkerRequestType,
  WorkerResults,
} from "../protocol/worker";
import type { Backends } from "./backends";
import { Completions, type DecodeRequest } from "./completion";
import { DecoderError, Superseded } from "./pure/failure";
import { Recent } from "./pure/recent";
import { nameOf } from "./pure/scheduler";
import { Silence } from "./silence";

export type { DecodeRequest } from "./completion";
export { DecoderError, Superseded } from "./pure/failure";

export interface DecodeOptions {
  readonly signal?: AbortSignal;
}

export interface SetImageOptions {
  /** True for an image that is not looked at yet: it waits until nothing else is to be done. */
  readonly ahead?: boolean;
  /** Checked where the browser has a hash function. */
  readonly sha256?: Sha256;
}

export interface DecoderOptions {
  readonly createWorker?: () => Worker;
  readonly threads?: number;
  /** Which models WebGPU may run; without it all are run by WASM. */
  readonly backends?: Pick<Backends, "backendOf" | "tryLater">;
  /** So long may the worker say nothing while it is waited for; then it counts as hung. */
  readonly silenceMs?: number;
}

interface Pending {
  readonly body: WorkerRequestBody;
  readonly resolve: (result: WorkerResults[WorkerRequestType]) => void;
  readonly reject: (error: unknown) => void;
}

/** The worker keeps as many prepared. */
const KEPT_IMAGES = 3;
const KEPT_PARTS = 3;
const KEPT_MODELS = 2;
const MAX_THREADS = 4;

export class DecoderClient {
  private worker: Worker | null = null;
  private threads: number;
  private lastId = 0;
  private readonly pending = new Map<number, Pending>();
  private decoding: number | null = null;
  /** Counts calls of `decode`: one that waited for its mask to be whole may be too late. */
  private turn = 0;
  private readonly completions = new Completions((request) => this.request({ type: "complete", ...request }));
  /** Kept to give them to a new worker. */
  private readonly models = new Recent<ModelRef>(KEPT_MODELS);
  private readonly images = new Recent<Extract<WorkerRequestBody, { type: "setImage" }>>(KEPT_IMAGES);
  private readonly parts = new Recent<Extract<WorkerRequestBody, { type: "setImage" }>>(KEPT_PARTS);
  private restarted = false;
  private disposed = false;
  private readonly createWorker: () => Worker;
  private readonly backends: Pick<Backends, "backendOf" | "tryLater"> | null;
  private readonly silenceMs: number;
  private readonly silence: Silence;
  /** The `load` whose files are there. */
  private opening: number | null = null;

  constructor(options: DecoderOptions = {}) {
    this.createWorker = options.createWorker ?? startWorker;
    this.threads = options.threads ?? availableThreads();
    this.backends = options.backends ?? null;
    this.silenceMs = options.silenceMs ?? 60_000;
    this.silence = new Silence(
      this.silenceMs,
      () => this.pending.size > 0,
      () => this.replaceSilent(),
    );
  }

  /** Fetches and opens a model; at once when it is open already. Two versions may be open side by side. */
  async load(model: ModelRef): Promise<Manifest> {
    const { manifest } = await this.request(this.loadOf(model));
    this.models.set(model.version, model);
    return manifest;
  }

  /**
   * From then on the image can be clicked on. Refuses an embedding that is not of this image and this model, by their ids. What makes
   * clicks cheaper is prepared meanwhile.
   */
  async setImage(key: ImageKey, embedding: ArrayBuffer, options: SetImageOptions = {}): Promise<void> {
    const body = {
      type: "setImage",
      key,
      embedding,
      ahead: options.ahead ?? false,
      sha256: options.sha256 ?? null,
    } as const;
    await this.request(body);
    this.images.set(nameOf(key), body);
    const model = this.models.get(key.modelVersion);
    if (model) this.backends?.tryLater(model, this.threads);
    // After what our caller asks next: a click that was held until now. A failure shows where an answer needs the preparation.
    setTimeout(() => this.request({ type: "prepare", key, ahead: body.ahead }).catch(() => {}));
  }

  /** As `setImage`, for a part of an image: resolves when it is prepared, so that no click has to wait for that. */
  async setPart(key: ImageKey, embedding: ArrayBuffer, sha256: Sha256): Promise<void> {
    const body = { type: "setImage", key, embedding, ahead: true, sha256 } as const;
    await this.request(body);
    await this.request({ type: "prepare", key, ahead: true });
    this.parts.set(nameOf(key), body);
  }

  /** Frees a part. A decode that still asks for it fails with `no_image`. */
  forgetPart(key: ImageKey): void {
    this.parts.delete(nameOf(key));
    if (this.worker) this.request({ type: "forget", key }).catch(() => {});
  }

  /** The masks for these prompts. A newer call makes this one fail with `Superseded`. */
  decode(request: DecodeRequest, options: DecodeOptions = {}): Promise<Decoded> {
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.decoding !== null) this.settle(this.decoding, (older) => older.reject(new Superseded()));
    const turn = ++this.turn;
    const whole = request.maskInput && this.completions.whole(request.maskInput);
    if (!whole) return this.decodeNow(request, signal);
    return whole.then(() => {
      if (turn !== this.turn) throw new Superseded();
      signal?.throwIfAborted();
      return this.decodeNow(request, signal);
    });
  }

  private async decodeNow({ key, points, box, maskInput }: DecodeRequest, signal?: AbortSignal): Promise<Decoded> {
    const request = { key, points, box, maskInput };
    const { id, answer } = this.send({ type: "decode", ...request });
    this.decoding = id;
    signal?.addEventListener("abort", () => this.abort(id, signal.reason), { once: true });
    const decoded = await answer;
    this.completions.remember(request, decoded, "now");
    return decoded;
  }

  /**
   * What a click here would give. Clicks go first, and only the newest preview waits: older ones fail with `Superseded`. One that
   * is being made when a newer is asked for is answered all the same, so that a moving pointer sees something.
   */
  async preview(key: ImageKey, point: PromptPoint, whole: boolean): Promise<Previewed> {
    const previewed = await this.request({ type: "preview", key, point, whole });
    const { decoded } = previewed;
    if (decoded) this.completions.remember({ key, points: [point], box: null, maskInput: null }, decoded, "later");
    return previewed;
  }

  /** A click fell on a preview and has its answer: the mask is completed now, as a click's is. Most previews never need that. */
  taken({ logits }: Decoded): void {
    this.completions.whole(logits[0])?.catch(() => {});
  }

  /** The mask of these low-res logits at the image's own resolution. */
  async materialise(
    key: ImageKey,
    logits: Float32Array,
  ): Promise<{ readonly bitmap: Bitmap; readonly stabilityScore: number | null }> {
    const { data, width, height, stabilityScore } = await this.request({ type: "materialise", key, logits });
    return { bitmap: new Bitmap(width, height, data), stabilityScore };
  }

  dispose(): void {
    this.disposed = true;
    this.silence.stop();
    this.worker?.terminate();
    this.worker = null;
    this.failAll(new DecoderError("crashed", "The decoder was closed."));
  }

  private loadOf(model: ModelRef): Extract<WorkerRequestBody, { type: "load" }> {
    // What broke a worker may have been WebGPU: the next one does without.
    const backend = this.restarted ? "wasm" : (this.backends?.backendOf(model.version) ?? "wasm");
    return { type: "load", model, threads: this.threads, backend };
  }

  private request<T extends WorkerRequestType>(
    body: Extract<WorkerRequestBody, { type: T }>,
  ): Promise<WorkerResults[T]> {
    return this.send(body).answer;
  }

  private send<T extends WorkerRequestType>(
    body: Extract<WorkerRequestBody, { type: T }>,
  ): { readonly id: number; readonly answer: Promise<WorkerResults[T]> } {
    const id = ++this.lastId;
    const answer = new Promise<WorkerResults[T]>((resolve, reject) => {
      if (this.disposed) throw new DecoderError("crashed", "The decoder was closed.");
      this.pending.set(id, { body, resolve: resolve as Pending["resolve"], reject });
      this.post(id, body);
    });
    return { id, answer };
  }

  /** Buffers are copied, not moved: a new worker may need them again. */
  private post(id: number, body: WorkerRequestBody): void {
    this.running().postMessage({ id, ...body } satisfies WorkerRequest);
    this.silence.listen();
  }

  /** The worker, if need be a new one that is told all that the last one knew. */
  private running(): Worker {
    if (this.worker) return this.worker;
    const worker = this.createWorker();
    worker.onmessage = (event: MessageEvent<WorkerReply | WorkerProgress>) => this.receive(event.data);
    worker.onerror = (event) => {
      event.preventDefault();
      if (worker === this.worker) this.recover(event.message || "it ended");
    };
    worker.onmessageerror = () => {
      if (worker === this.worker) this.recover("a message was unreadable");
    };
    this.worker = worker;
    for (const model of this.models.values()) this.post(++this.lastId, this.loadOf(model));
    for (const image of [...this.images.values(), ...this.parts.values()]) this.post(++this.lastId, image);
    return worker;
  }

  private receive(reply: WorkerReply | WorkerProgress): void {
    this.silence.heard();
    if ("progress" in reply) {
      if (reply.progress === "opening") this.opening = reply.id;
      return;
    }
    if (!reply.ok && reply.failure.code === "failed" && this.pending.has(reply.id)) {
      // Not one of our own refusals: the runtime may be out of memory or broken for good.
      this.recover(reply.failure.message);
      return;
    }
    this.settle(reply.id, (request) => {
      if (!reply.ok) return request.reject(DecoderError.from(reply.failure));
      if (request.body.type === "decode" || request.body.type === "preview") this.restarted = false;
      request.resolve(reply.result);
    });
  }

  private settle(id: number, how: (request: Pending) => void): void {
    const request = this.pending.get(id);
    if (!request) return;
    this.pending.delete(id);
    if (this.decoding === id) this.decoding = null;
    how(request);
  }

  private abort(id: number, reason: unknown): void {
    if (!this.pending.has(id)) return;
    this.settle(id, (request) => request.reject(reason));
    this.worker?.postMessage({ id: ++this.lastId, type: "cancel", target: id } satisfies WorkerRequest);
  }

  /** A new worker, asked again what is unanswered. Once; then everything fails. */
  private recover(why: string): void {
    this.worker?.terminate();
    this.worker = null;
    if (this.disposed) return;
    if (this.restarted) {
      // The next call may try afresh.
      this.restarted = false;
      this.failAll(new DecoderError("crashed", `The decoder stopped working (${why}). Reload the page to go on.`));
      return;
    }
    this.restarted = true;
    this.askAgain();
  }

  private askAgain(): void {
    for (const [id, { body }] of [...this.pending]) {
      // The pointer has moved on, and it may have been what broke the last worker.
      if (body.type === "preview") this.settle(id, (request) => request.reject(new Superseded()));
      else this.post(id, body.type === "load" ? this.loadOf(body.model) : body);
    }
  }

  /** A worker that hangs never answers again. Threads hang in some browsers that claim to have them; one thread always works. */
  private replaceSilent(): void {
    const fetching = [...this.pending].some(([id, { body }]) => body.type === "load" && id !== this.opening);
    if (this.threads > 1 && !fetching) this.giveUpThreads();
    else this.recover(`it said nothing for ${Math.round(this.silenceMs / 1000)} seconds`);
  }

  private giveUpThreads(): void {
    this.threads = 1;
    this.worker?.terminate();
    this.worker = null;
    this.askAgain();
  }

  private failAll(error: DecoderError): void {
    for (const id of [...this.pending.keys()]) this.settle(id, (request) => request.reject(error));
  }
}

function startWorker(): Worker {
  return new Worker(new URL("./worker/worker.ts", import.meta.url), { type: "module", name: "decoder" });
}

/**
 * Threads share memory, which browsers allow only on a cross-origin isolated page. Half of the cores: waiting threads spin, and
 * on two cores two of them keep the page itself from painting (measured by benchmarks.click: 120 ms a click instead of 70).
 */
export function availableThreads(): number {
  if (!globalThis.crossOriginIsolated) return 1;
  return Math.max(1, Math.min(MAX_THREADS, Math.floor((navigator.hardwareConcurrency || 1) / 2)));
}
