import { type Signal, signal } from "@preact/signals";
import type { Throughput } from "../../protocol/api";
import type { Range } from "./day_series";
import { type Loaded, messageOf, shown } from "./loaded";

/** A project's throughput over a range of days. */
export class ThroughputStore {
  readonly range: Signal<Range>;
  readonly figures: Signal<Loaded<Throughput>> = signal({ step: "loading" });
  #asked = 0;
  readonly #fetch: (range: Range) => Promise<Throughput>;

  constructor(fetchFigures: (range: Range) => Promise<Throughput>, range: Range) {
    this.#fetch = fetchFigures;
    this.range = signal(range);
  }

  show(range: Range): Promise<void> {
    this.range.value = range;
    return this.refresh();
  }

  async refresh(): Promise<void> {
    const asked = ++this.#asked;
    try {
      const value = await this.#fetch(this.range.value);
      if (asked === this.#asked) this.figures.value = { step: "ready", value };
    } catch (error) {
      if (asked !== this.#asked) return;
      this.figures.value = { step: "failed", message: messageOf(error), stale: shown(this.figures.value) };
    }
  }
}
