import { type Signal, signal } from "@preact/signals";
import type { ExportOut, JobState } from "../../protocol/api";
import { type Loaded, messageOf, shown } from "./loaded";

export interface ExportCalls {
  list(): Promise<readonly ExportOut[]>;
  create(): Promise<ExportOut>;
}

/** A project's exports, newest first, moved on by hints. */
export class ExportsList {
  readonly exports: Signal<Loaded<readonly ExportOut[]>> = signal({ step: "loading" });
  readonly creating = signal(false);
  /** What asking for an export was refused with. */
  readonly problem = signal("");
  readonly #calls: ExportCalls;

  constructor(calls: ExportCalls) {
    this.#calls = calls;
  }

  async refresh(): Promise<void> {
    try {
      this.exports.value = { step: "ready", value: newestFirst(await this.#calls.list()) };
    } catch (error) {
      this.exports.value = { step: "failed", message: messageOf(error), stale: shown(this.exports.value) };
    }
  }

  async create(): Promise<void> {
    this.creating.value = true;
    this.problem.value = "";
    try {
      const made = await this.#calls.create();
      const others = (shown(this.exports.value) ?? []).filter((other) => other.id !== made.id);
      this.exports.value = { step: "ready", value: newestFirst([made, ...others]) };
    } catch (error) {
      this.problem.value = messageOf(error);
    } finally {
      this.creating.value = false;
    }
  }

  /** Progress is taken from the hint itself; an end is fetched, since only the row has the address and the size. */
  hinted(exportId: number, state: JobState, progress: number): void {
    const known = shown(this.exports.value);
    const one = known?.find((other) => other.id === exportId);
    if (!known || !one || state === "done" || state === "failed") {
      void this.refresh();
      return;
    }
    const value = known.map((other) => (other === one ? { ...one, state, progress } : other));
    this.exports.value = { step: "ready", value };
  }
}

function newestFirst(exports: readonly ExportOut[]): readonly ExportOut[] {
  return [...exports].sort((a, b) => b.id - a.id);
}

export function isOpen(one: ExportOut): boolean {
  return one.state === "queued" || one.state === "running";
}
