import { materialise } from "../../geometry/logits";
import { frameOf, type ModelFrame } from "../../geometry/model_frame";
import type { ImageKey, WorkerRequest, WorkerResults } from "../../protocol/worker";
import { checkBinding } from "../pure/binding";
import { DecoderError } from "../pure/failure";
import { Recent } from "../pure/recent";
import { parseSafetensors } from "../pure/safetensors";
import { type Engine, nameOf } from "../pure/scheduler";
import { checkHash } from "./files";
import { Model, type Prepared } from "./model";
import { type Feeds, setUpRuntime } from "./runtime";

type Of<T extends WorkerRequest["type"]> = Extract<WorkerRequest, { type: T }>;

/** The image at hand and the two after it. Each holds what `prepare` made: 27 MB for the official models. */
const KEPT_IMAGES = 3;
/** The part that is looked at, and the one that a mask was begun in. The page frees them; this is a bound. */
const KEPT_PARTS = 3;
/** The session at hand may be pinned to another version than the next one. */
const MODELS = 2;

interface TakenImage {
  readonly model: Model;
  readonly frame: ModelFrame;
  readonly embedding: Feeds;
  prepared: Prepared | null;
}

export class OrtEngine implements Engine {
  private readonly models = new Map<string, Model>();
  private readonly images = new Recent<TakenImage>(KEPT_IMAGES);
  private readonly parts = new Recent<TakenImage>(KEPT_PARTS);

  constructor(private readonly base: string) {}

  has(key: ImageKey): boolean {
    return this.holding(key).has(nameOf(key));
  }

  forget(key: ImageKey): void {
    this.holding(key).delete(nameOf(key));
  }

  async load({ model, threads, backend }: Of<"load">, opening: () => void): Promise<WorkerResults["load"]> {
    const started = performance.now();
    const known = this.models.get(model.version);
    if (known) return { manifest: known.manifest, loadMs: 0 };
    const opened = await Model.open(model, this.base, setUpRuntime(threads, backend), opening);
    for (const [version, old] of this.models) {
      if (this.models.size < MODELS) break;
      this.models.delete(version);
      this.forgetImagesOf(old);
      await old.close();
    }
    this.models.set(model.version, opened);
    return { manifest: opened.manifest, loadMs: performance.now() - started };
  }

  async setImage({ key, embedding, sha256 }: Of<"setImage">): Promise<WorkerResults["setImage"]> {
    if (this.holding(key).get(nameOf(key))) return null;
    const model = this.model(key);
    if (sha256) await checkHash(embedding, sha256, "The image embedding");
    const decoder = new TextDecoder();
    const stored = parseSafetensors(embedding, (bytes) => decoder.decode(bytes));
    checkBinding(key, stored);
    const frame = frameOf(key, key.crop, model.manifest);
    this.holding(key).set(nameOf(key), { model, frame, embedding: model.embedding(stored), prepared: null });
    return null;
  }

  async prepare({ key }: Of<"prepare">): Promise<WorkerResults["prepare"] | "more"> {
    const image = this.holding(key).get(nameOf(key));
    if (!image || image.prepared) return null;
    if (await image.model.openNext()) return "more";
    await this.prepared(image);
    return null;
  }

  async decode({ key, points, box, maskInput }: Of<"decode">): Promise<WorkerResults["decode"]> {
    const image = this.image(key);
    const { model, frame } = image;
    const prompts = { points, box, maskInput };
    if (!image.prepared && !maskInput && model.answersUnprepared) {
      return model.decodeUnprepared(frame, image.embedding, prompts);
    }
    return model.decode(frame, await this.prepared(image), prompts, false);
  }

  async warm(): Promise<boolean> {
    for (const model of this.models.values()) if (await model.warm()) return true;
    return false;
  }

  async complete({ key, points, box, maskInput }: Of<"complete">): Promise<WorkerResults["complete"]> {
    const image = this.image(key);
    return image.model.decode(image.frame, await this.prepared(image), { points, box, maskInput }, true);
  }

  async preview({ key, point, whole }: Of<"preview">): Promise<WorkerResults["preview"]> {
    const image = this.image(key);
    const { model, frame } = image;
    const prepared = await this.prepared(image);
    if (!whole && model.decodesParts) return { logits: await model.preview(frame, prepared, point), decoded: null };
    const decoded = await model.decode(frame, prepared, { points: [point], box: null, maskInput: null }, false);
    return { logits: decoded.logits[decoded.shown], decoded };
  }

  async materialise({ key, logits }: Of<"materialise">): Promise<WorkerResults["materialise"]> {
    const model = this.model(key);
    const frame = frameOf(key, key.crop, model.manifest);
    const { bitmap, stabilityScore } = materialise(frame, logits, model.manifest.mask_threshold);
    return { data: bitmap.data, width: bitmap.width, height: bitmap.height, stabilityScore };
  }

  private async prepared(image: TakenImage): Promise<Prepared> {
    image.prepared ??= await image.model.prepare(image.embedding);
    return image.prepared;
  }

  private model(key: ImageKey): Model {
    const model = this.models.get(key.modelVersion);
    if (!model) throw new DecoderError("no_model", `The model ${key.modelVersion} is not loaded. Reload the page.`);
    return model;
  }

  private holding(key: ImageKey): Recent<TakenImage> {
    return key.crop ? this.parts : this.images;
  }

  private image(key: ImageKey): TakenImage {
    const image = this.holding(key).get(nameOf(key));
    if (!image) throw new DecoderError("no_image", "The image is not ready for clicks yet. Try again in a moment.");
    return image;
  }

  private forgetImagesOf(model: Model): void {
    for (const held of [this.images, this.parts]) held.deleteWhere((image) => image.model === model);
  }
}
