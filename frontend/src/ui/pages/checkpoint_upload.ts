import { type Signal, signal } from "@preact/signals";
import type { UploadedIn, UploadedPart } from "../../protocol/api";
import { ApiError } from "../../session/request";
import { messageOf } from "./loaded";

export type SendingState =
  | { readonly step: "idle" }
  | { readonly step: "sending"; readonly file: File; readonly sent: number; readonly bytesPerSecond: number | null }
  | { readonly step: "failed"; readonly file: File; readonly name: string; readonly message: string };

export interface UploadCalls {
  /** How many bytes of the upload the server has. */
  received(id: string): Promise<UploadedPart>;
  send(
    id: string,
    part: Blob,
    place: { readonly offset: number; readonly total: number },
    signal: AbortSignal,
  ): Promise<UploadedPart>;
  begin(file: UploadedIn): Promise<unknown>;
  drop(id: string): Promise<void>;
}

export interface UploadLimits {
  readonly part_bytes: number;
  readonly max_bytes: number;
}

/** Where a broken upload's id is kept, so that the same file goes on where it stopped, after a reload too. */
export type Memory = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** A place that a server which is not of one mind with us may name, before we give up. */
const MOST_SURPRISES = 5;

/** One checkpoint on its way to the server, in parts: a broken line costs one part, not the file. */
export class CheckpointUpload {
  readonly state: Signal<SendingState> = signal({ step: "idle" });
  #controller: AbortController | null = null;

  constructor(
    private readonly calls: UploadCalls,
    private readonly limits: UploadLimits,
    private readonly memory: Memory,
    private readonly makeId: () => string,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get isSending(): boolean {
    return this.state.value.step === "sending";
  }

  /** Sends the file, goes on where an earlier try stopped, and has it imported under `name`. True when that began. */
  async start(file: File, name: string): Promise<boolean> {
    if (this.isSending) return false;
    const refusal = this.#refusal(file);
    if (refusal) {
      this.state.value = { step: "failed", file, name, message: refusal };
      return false;
    }
    const controller = new AbortController();
    this.#controller = controller;
    this.state.value = { step: "sending", file, sent: 0, bytesPerSecond: null };
    try {
      const id = this.#idOf(file);
      await this.#sendAll(id, file, controller.signal);
      await this.calls.begin({ upload_id: id, file_name: file.name.slice(-255), bytes: file.size, name });
      this.memory.removeItem(keyOf(file));
      this.state.value = { step: "idle" };
      return true;
    } catch (error) {
      if (controller.signal.aborted) return false;
      // What the server has of it may be what it does not want: the next try is a new file.
      if (error instanceof ApiError && ["already_sent", "too_long"].includes(error.code)) {
        this.memory.removeItem(keyOf(file));
      }
      this.state.value = { step: "failed", file, name, message: messageOf(error) };
      return false;
    }
  }

  /** Stops, and has the server forget what it has. */
  cancel(): void {
    const state = this.state.value;
    if (state.step === "idle") return;
    this.#controller?.abort();
    const id = this.memory.getItem(keyOf(state.file));
    this.memory.removeItem(keyOf(state.file));
    this.state.value = { step: "idle" };
    if (id) void this.calls.drop(id).catch(() => {}); // it is swept away after a day anyway
  }

  #refusal(file: File): string {
    if (file.size === 0) return "The file is empty. Copy it again from where it came.";
    if (file.size > this.limits.max_bytes) {
      return `The file has ${(file.size / 1e9).toFixed(1)} GB; a checkpoint has at most ${(this.limits.max_bytes / 1e9).toFixed(0)}.`;
    }
    return "";
  }

  #idOf(file: File): string {
    const known = this.memory.getItem(keyOf(file));
    if (known) return known;
    const id = this.makeId();
    this.memory.setItem(keyOf(file), id);
    return id;
  }

  async #sendAll(id: string, file: File, signal: AbortSignal): Promise<void> {
    let { received } = await this.calls.received(id);
    const began = this.now();
    const first = received;
    for (let surprises = 0; received < file.size; ) {
      signal.throwIfAborted();
      const seconds = (this.now() - began) / 1000;
      const bytesPerSecond = received > first && seconds > 0 ? (received - first) / seconds : null;
      this.state.value = { step: "sending", file, sent: received, bytesPerSecond };
      const part = file.slice(received, received + this.limits.part_bytes);
      try {
        ({ received } = await this.calls.send(id, part, { offset: received, total: file.size }, signal));
      } catch (error) {
        // A part whose answer was lost is there all the same.
        const isElsewhere = error instanceof ApiError && error.code === "wrong_offset";
        if (!isElsewhere || ++surprises > MOST_SURPRISES) throw error;
        ({ received } = await this.calls.received(id));
      }
    }
    signal.throwIfAborted();
    this.state.value = { step: "sending", file, sent: file.size, bytesPerSecond: null };
  }
}

function keyOf(file: File): string {
  return `model-upload:${file.name}:${file.size}:${file.lastModified}`;
}
