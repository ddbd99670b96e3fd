// By what each model is run in this browser: WASM, until a trial has shown that WebGPU gives the same masks sooner. One trial per model
// version and browser version, while nobody waits; its outcome is kept and holds from the next page on.

import type { ModelRef } from "../protocol/api";
import type { Backend, TrialReply, TrialRequest } from "../protocol/worker";

/** After the first image is ready: the trial fetches 5 MB and takes some seconds of a core. */
const DELAY_MS = 15_000;
/** A driver may hang. */
const LONGEST_MS = 120_000;

/** Of the browser's own types only what is asked for. */
export interface Gpu {
  requestAdapter(): Promise<{ readonly info?: { readonly isFallbackAdapter?: boolean } } | null>;
}

export interface BackendsOptions {
  readonly gpu?: Gpu | undefined;
  readonly storage?: Pick<Storage, "getItem" | "setItem"> | undefined;
  readonly browser?: string;
  readonly createWorker?: () => Worker;
  readonly delayMs?: number;
}

export class Backends {
  private readonly tried = new Set<string>();
  private readonly gpu: Gpu | undefined;
  private readonly storage: Pick<Storage, "getItem" | "setItem"> | undefined;
  private readonly browser: string;
  private readonly createWorker: () => Worker;
  private readonly delayMs: number;

  constructor(options: BackendsOptions = {}) {
    this.gpu = "gpu" in options ? options.gpu : (navigator as { gpu?: Gpu }).gpu;
    this.storage = "storage" in options ? options.storage : storageOf(window);
    this.browser = options.browser ?? navigator.userAgent;
    this.createWorker = options.createWorker ?? startTrial;
    this.delayMs = options.delayMs ?? DELAY_MS;
  }

  backendOf(version: string): Backend {
    return this.gpu && this.recall(version) === "webgpu" ? "webgpu" : "wasm";
  }

  /** Compares the two for this model later on, if that was not done yet and there is a graphics processor. Never throws. */
  tryLater(model: ModelRef, threads: number): void {
    if (!this.gpu || !this.storage || this.tried.has(model.version) || this.recall(model.version)) return;
    this.tried.add(model.version);
    setTimeout(() => void this.tryNow(model, threads), this.delayMs);
  }

  private async tryNow(model: ModelRef, threads: number): Promise<void> {
    try {
      const adapter = await this.gpu?.requestAdapter();
      // A software adapter computes on the same cores as WASM.
      if (!adapter || adapter.info?.isFallbackAdapter) return;
      const { backend } = await this.trial({ model, threads });
      this.storage?.setItem(this.key(model.version), backend);
    } catch {
      // No outcome is no harm: WASM goes on, and another page may try again.
    }
  }

  private trial(request: TrialRequest): Promise<TrialReply> {
    const worker = this.createWorker();
    return new Promise<TrialReply>((resolve) => {
      const giveUp = (why: string) => resolve({ backend: "wasm", why });
      worker.onmessage = (event: MessageEvent<TrialReply>) => resolve(event.data);
      worker.onerror = () => giveUp("it ended");
      setTimeout(() => giveUp("it took too long"), LONGEST_MS);
      worker.postMessage(request);
    }).finally(() => worker.terminate());
  }

  private recall(version: string): string | null {
    try {
      return this.storage?.getItem(this.key(version)) ?? null;
    } catch {
      return null;
    }
  }

  private key(version: string): string {
    return `decoder/${version}/${this.browser}`;
  }
}

/** Undefined where the browser forbids it. */
function storageOf(page: Window): Storage | undefined {
  try {
    return page.localStorage;
  } catch {
    return undefined;
  }
}

function startTrial(): Worker {
  return new Worker(new URL("./worker/trial.ts", import.meta.url), { type: "module", name: "decoder-trial" });
}
