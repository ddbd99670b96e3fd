import { type Signal, signal } from "@preact/signals";
import type { ModelImportOut, ModelsOut, ModelVersionOut, OfficialModelOut } from "../../protocol/api";
import { counted, duration } from "./format";
import { type Loaded, messageOf, shown } from "./loaded";

export interface ModelsCalls {
  list(): Promise<ModelsOut>;
  activate(versionId: number): Promise<void>;
  download(model: string, url: string): Promise<unknown>;
  cancel(importId: number): Promise<unknown>;
  retry(importId: number): Promise<unknown>;
  remove(importId: number): Promise<void>;
}

const PACE_MS = { imports: 1_000, encoding: 5_000, quiet: 30_000 };

/** Versions, imports and what can be downloaded, asked for again and again while something moves. */
export class ModelsList {
  readonly models: Signal<Loaded<ModelsOut>> = signal({ step: "loading" });
  /** What the last act was refused with. */
  readonly problem = signal("");
  /** What has just come to its end. */
  readonly news = signal("");
  /** The act that is being asked of the server: its button waits. */
  readonly busy = signal("");
  #asked = 0;
  #open: ReadonlySet<number> = new Set();

  constructor(private readonly calls: ModelsCalls) {}

  async refresh(): Promise<void> {
    const asked = ++this.#asked;
    try {
      const value = await this.calls.list();
      if (asked !== this.#asked) return; // a later question is under way, or answered
      this.#tell(value);
      this.models.value = { step: "ready", value };
    } catch (error) {
      if (asked !== this.#asked) return;
      this.models.value = { step: "failed", message: messageOf(error), stale: shown(this.models.value) };
    }
  }

  /** How long to wait before asking again. */
  paceMs(): number {
    const value = shown(this.models.value);
    if (value?.imports.some(isOpen)) return PACE_MS.imports;
    return value?.versions.some((one) => one.images_waiting > 0) ? PACE_MS.encoding : PACE_MS.quiet;
  }

  activate(version: ModelVersionOut): Promise<void> {
    return this.#act(`activate ${version.id}`, async () => {
      await this.calls.activate(version.id);
      this.news.value = `${version.version} is active: new images are encoded with it.`;
    });
  }

  download(model: string, url: string): Promise<void> {
    return this.#act(`download ${model}`, () => this.calls.download(model, url));
  }

  cancel(one: ModelImportOut): Promise<void> {
    return this.#act(`import ${one.id}`, () => this.calls.cancel(one.id));
  }

  retry(one: ModelImportOut): Promise<void> {
    return this.#act(`import ${one.id}`, () => this.calls.retry(one.id));
  }

  remove(one: ModelImportOut): Promise<void> {
    return this.#act(`import ${one.id}`, () => this.calls.remove(one.id));
  }

  async #act(what: string, call: () => Promise<unknown>): Promise<void> {
    if (this.busy.value === what) return; // a second press while the first is on its way
    this.busy.value = what;
    this.problem.value = "";
    this.news.value = "";
    try {
      await call();
    } catch (error) {
      this.problem.value = messageOf(error);
    } finally {
      this.busy.value = "";
    }
    await this.refresh();
  }

  /** An import that was seen under way and is done now is news. */
  #tell(value: ModelsOut): void {
    const done = value.imports.find((one) => one.state === "done" && this.#open.has(one.id));
    if (done?.version) this.news.value = `${done.version} is ready. Activate it to encode images with it.`;
    this.#open = new Set(value.imports.filter(isOpen).map((one) => one.id));
  }
}

export function isOpen(one: ModelImportOut): boolean {
  return one.state === "queued" || one.state === "running";
}

/** An official model's import that is under way. */
export function importOf(model: OfficialModelOut, imports: readonly ModelImportOut[]): ModelImportOut | undefined {
  return imports.find((one) => one.kind === "official" && one.source === model.name && isOpen(one));
}

/** What activating a version means, before it is done. */
export function consequence(version: ModelVersionOut, images: number): string {
  const left = Math.max(0, images - version.images_encoded);
  const took = version.encode_ms === null ? "" : `, about ${duration((left * version.encode_ms) / 1000)} of work`;
  const encoding =
    left === 0
      ? images === 0
        ? "There are no images yet."
        : "All images are encoded with it already."
      : `${counted(left, "image")} will be encoded with it${took}; until then ${left === 1 ? "it is" : "they are"} not handed out anew.`;
  return `New images are encoded with it. ${encoding} Who has an image open keeps the model it was opened with, and masks already made stay.`;
}
