import { type Signal, signal } from "@preact/signals";
import type { RefusedFile, UploadResult } from "../../protocol/api";

/** How many files travel at once: enough to fill a line, few enough that each bar moves. */
export const AT_ONCE = 3;

export type UploadState =
  | { readonly step: "waiting" }
  /** sent: 0 to 1. */
  | { readonly step: "sending"; readonly sent: number }
  /** All bytes are there; the server opens the photo, or the zip's photos. */
  | { readonly step: "checking" }
  | { readonly step: "done"; readonly accepted: number; readonly refused: readonly RefusedFile[] }
  | { readonly step: "failed"; readonly message: string }
  | { readonly step: "cancelled" };

export interface Upload {
  readonly id: number;
  readonly file: File;
  readonly state: Signal<UploadState>;
}

/** Sends one file; calls `progress` with 0 to 1; rejects with an Error whose message says what to do. */
export type Send = (file: File, progress: (sent: number) => void, signal: AbortSignal) => Promise<UploadResult>;

export interface UploadTotals {
  readonly files: number;
  /** Waiting or under way. */
  readonly open: number;
  readonly accepted: number;
  readonly refused: number;
  readonly failed: number;
}

/** Files on their way to the server, in the order they were added, at most AT_ONCE of them at a time. */
export class UploadQueue {
  /** Replaced on every change of the list; each upload's own state is its own signal. */
  readonly uploads: Signal<readonly Upload[]> = signal([]);
  #nextId = 1;
  readonly #running = new Map<number, AbortController>();
  readonly #send: Send;
  readonly #maxBytes: number;

  constructor(send: Send, maxBytes: number) {
    this.#send = send;
    this.#maxBytes = maxBytes;
  }

  add(files: Iterable<File>): void {
    const added = [...files].map((file) => ({ id: this.#nextId++, file, state: signal(this.#begin(file)) }));
    this.uploads.value = [...this.uploads.value, ...added];
    this.#advance();
  }

  /** Stops one upload; what has already arrived whole stays. */
  cancel(upload: Upload): void {
    if (!isOpen(upload.state.value)) return;
    upload.state.value = { step: "cancelled" };
    this.#running.get(upload.id)?.abort();
    this.#running.delete(upload.id);
    this.#advance();
  }

  cancelAll(): void {
    for (const upload of this.uploads.value) {
      if (upload.state.value.step === "waiting") upload.state.value = { step: "cancelled" };
    }
    for (const upload of this.uploads.value) this.cancel(upload);
  }

  /** Sends a failed or cancelled file again, after those that wait. */
  retry(upload: Upload): void {
    const { step } = upload.state.value;
    if (step !== "failed" && step !== "cancelled") return;
    upload.state.value = this.#begin(upload.file);
    this.uploads.value = [...this.uploads.value.filter((other) => other !== upload), upload];
    this.#advance();
  }

  /** Takes what has ended well off the list; refusals and failures stay until they are read. */
  clear(keepProblems: boolean): void {
    this.uploads.value = this.uploads.value.filter(
      ({ state: { value } }) => isOpen(value) || (keepProblems && hasProblem(value)),
    );
  }

  totals(): UploadTotals {
    const states = this.uploads.value.map((upload) => upload.state.value);
    const sum = (count: (state: UploadState) => number) => states.reduce((all, state) => all + count(state), 0);
    return {
      files: states.length,
      open: sum((state) => Number(isOpen(state))),
      accepted: sum((state) => (state.step === "done" ? state.accepted : 0)),
      refused: sum((state) => (state.step === "done" ? state.refused.length : 0)),
      failed: sum((state) => Number(state.step === "failed")),
    };
  }

  /** What can be told without sending it is told at once. */
  #begin(file: File): UploadState {
    if (file.size === 0) return { step: "failed", message: "The file is empty. Copy it again from where it came." };
    if (file.size > this.#maxBytes) {
      const message = "The file is larger than the server takes. Make it smaller, or split the zip.";
      return { step: "failed", message };
    }
    return { step: "waiting" };
  }

  #advance(): void {
    for (const upload of this.uploads.value) {
      if (this.#running.size >= AT_ONCE) return;
      if (upload.state.value.step === "waiting") void this.#run(upload);
    }
  }

  async #run(upload: Upload): Promise<void> {
    const controller = new AbortController();
    this.#running.set(upload.id, controller);
    upload.state.value = { step: "sending", sent: 0 };
    // A cancelled upload may still report: from then on its state belongs to someone else.
    const report = (state: UploadState) => {
      if (!controller.signal.aborted) upload.state.value = state;
    };
    try {
      const result = await this.#send(
        upload.file,
        (sent) => report(sent < 1 ? { step: "sending", sent } : { step: "checking" }),
        controller.signal,
      );
      report({ step: "done", accepted: result.accepted.length, refused: result.refused });
    } catch (error) {
      report({ step: "failed", message: error instanceof Error ? error.message : String(error) });
    } finally {
      if (this.#running.get(upload.id) === controller) this.#running.delete(upload.id);
      this.#advance();
    }
  }
}

export function isOpen(state: UploadState): boolean {
  return state.step === "waiting" || state.step === "sending" || state.step === "checking";
}

export function hasProblem(state: UploadState): boolean {
  return state.step === "failed" || (state.step === "done" && state.refused.length > 0);
}
