// What the worker does next. One thing runs at a time, since a run inside ONNX Runtime can't be broken off; so what an annotator
// waits for goes first, and what is only made ahead waits until there is nothing else. Previews come last of all: none begins while
// anything else waits.

import type { ImageKey, WorkerProgress, WorkerReply, WorkerRequest, WorkerResults } from "../../protocol/worker";
import { DecoderError, failureOf, Superseded } from "./failure";

type Of<T extends WorkerRequest["type"]> = Extract<WorkerRequest, { type: T }>;
export type Job = Exclude<WorkerRequest, { type: "cancel" | "forget" }>;

/** What really computes. Throws DecoderErrors. */
export interface Engine {
  /** Calls `opening` when all files are there. */
  load(request: Of<"load">, opening: () => void): Promise<WorkerResults["load"]>;
  /** After it the image can be clicked on. */
  setImage(request: Of<"setImage">): Promise<WorkerResults["setImage"]>;
  /** One step of it; "more" as long as it is to be asked again. */
  prepare(request: Of<"prepare">): Promise<WorkerResults["prepare"] | "more">;
  decode(request: Of<"decode">): Promise<WorkerResults["decode"]>;
  complete(request: Of<"complete">): Promise<WorkerResults["complete"]>;
  preview(request: Of<"preview">): Promise<WorkerResults["preview"]>;
  materialise(request: Of<"materialise">): Promise<WorkerResults["materialise"]>;
  /** A short piece of work that nobody asked for, which makes later ones quicker; false where there is none left. */
  warm(): Promise<boolean>;
  /** Whether this image can be clicked on. */
  has(key: ImageKey): boolean;
  forget(key: ImageKey): void;
}

const RANK = { load: 0, decode: 1, materialise: 2, setImage: 3, prepare: 4, complete: 5, preview: 7 } as const;
const RANK_AHEAD = 6;

export class Scheduler {
  private readonly waiting: Job[] = [];
  private busy = false;
  private resting = false;

  /**
   * `pause` lets messages in between two runs: without it a newer click would wait behind an older one. `rest` calls back a little
   * later: what nobody asked for must not begin just before an answer to the last reply comes.
   */
  constructor(
    private readonly engine: Engine,
    private readonly reply: (reply: WorkerReply | WorkerProgress) => void,
    private readonly pause: () => Promise<void>,
    private readonly rest: (then: () => void) => void,
  ) {}

  receive(request: WorkerRequest): void {
    if (request.type === "cancel") {
      this.drop((job) => job.id === request.target);
      this.reply({ id: request.id, ok: true, result: null });
      return;
    }
    if (request.type === "forget") {
      // What has begun goes on with what it holds; what waits for it fails, and says so.
      this.drop((job) => (job.type === "setImage" || job.type === "prepare") && sameImage(job.key, request.key));
      this.engine.forget(request.key);
      this.reply({ id: request.id, ok: true, result: null });
      return;
    }
    // A newer click or preview takes the place of those that wait; a click also of every preview.
    if (request.type === "decode") this.drop((job) => job.type === "decode" || job.type === "preview");
    if (request.type === "preview") this.drop((job) => job.type === "preview");
    this.waiting.push(request);
    void this.work();
  }

  private async work(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    for (let job = this.next(); job; job = this.next()) {
      this.waiting.splice(this.waiting.indexOf(job), 1);
      await this.run(job);
      await this.pause();
    }
    this.busy = false;
    this.warmLater();
  }

  private warmLater(): void {
    if (this.resting) return;
    this.resting = true;
    this.rest(() => {
      this.resting = false;
      void this.warm();
    });
  }

  private async warm(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    // What goes wrong here goes wrong again where somebody waits for it, and is told there.
    const more = await this.engine.warm().catch(() => false);
    await this.pause();
    this.busy = false;
    if (this.waiting.length > 0) void this.work();
    else if (more) this.warmLater();
  }

  private async run(job: Job): Promise<void> {
    try {
      const result = await this.perform(job);
      if (result === "more") {
        this.waiting.push(job);
        return;
      }
      const stale = job.type === "decode" && this.waiting.some((other) => other.type === "decode");
      if (stale) throw new Superseded();
      this.reply({ id: job.id, ok: true, result });
    } catch (error) {
      this.reply({ id: job.id, ok: false, failure: failureOf(error) });
    }
  }

  private perform(job: Job): Promise<WorkerResults[Job["type"]] | "more"> {
    switch (job.type) {
      case "load":
        return this.engine.load(job, () => this.reply({ id: job.id, progress: "opening" }));
      case "setImage":
        return this.engine.setImage(job);
      case "prepare":
        return this.engine.prepare(job);
      case "decode":
        this.needImage(job.key);
        return this.engine.decode(job);
      case "complete":
        this.needImage(job.key);
        return this.engine.complete(job);
      case "preview":
        this.needImage(job.key);
        return this.engine.preview(job);
      case "materialise":
        // Of a part only its place is needed, which its name tells: it may be forgotten by then.
        if (!job.key.crop) this.needImage(job.key);
        return this.engine.materialise(job);
    }
  }

  /**
   * The job with the best rank, the oldest first, of masks to complete the newest; but an image that a click waits for is taken in
   * before the click.
   */
  private next(): Job | undefined {
    const best = this.waiting.reduce<Job | undefined>(
      (found, job) => (found === undefined || goesBefore(job, found) ? job : found),
      undefined,
    );
    if (best?.type !== "decode" || this.engine.has(best.key)) return best;
    return this.waiting.find((job) => job.type === "setImage" && sameImage(job.key, best.key)) ?? best;
  }

  private needImage(key: ImageKey): void {
    if (!this.engine.has(key)) {
      throw new DecoderError("no_image", "The image is not ready for clicks yet. Try again in a moment.");
    }
  }

  private drop(condition: (job: Job) => boolean): void {
    for (let index = this.waiting.length - 1; index >= 0; index--) {
      const job = this.waiting[index]!;
      if (!condition(job)) continue;
      this.waiting.splice(index, 1);
      this.reply({ id: job.id, ok: false, failure: new Superseded().toFailure() });
    }
  }
}

export function sameImage(a: ImageKey, b: ImageKey): boolean {
  return nameOf(a) === nameOf(b);
}

/** One text per image, model, size and part, for maps. */
export function nameOf(key: ImageKey): string {
  const whole = `${key.modelVersion}/${key.imageSha256}/${key.height}x${key.width}`;
  return key.crop ? `${whole}/${key.crop.join(",")}` : whole;
}

/** Whether a job goes before one that came earlier. */
function goesBefore(job: Job, earlier: Job): boolean {
  const [rank, earliers] = [rankOf(job), rankOf(earlier)];
  return rank < earliers || (rank === earliers && job.type === "complete");
}

function rankOf(job: Job): number {
  return (job.type === "setImage" || job.type === "prepare") && job.ahead ? RANK_AHEAD : RANK[job.type];
}
