import { type Signal, signal } from "@preact/signals";
import type { ImageOut, ImagePage, JobState } from "../../protocol/api";
import { type Loaded, messageOf, shown } from "./loaded";

export const PAGE_SIZE = 60;

export interface ImageCalls {
  list(query: { state: JobState | ""; offset: number; limit: number }): Promise<ImagePage>;
  retry(imageId: number): Promise<ImageOut>;
  remove(imageId: number): Promise<void>;
}

/** The project's images as the page shows them: one filter, one page of the list, kept fresh. */
export class ImagesList {
  readonly filter: Signal<JobState | ""> = signal("");
  readonly offset = signal(0);
  readonly page: Signal<Loaded<ImagePage>> = signal({ step: "loading" });
  /** Images with a call under way: their buttons wait. */
  readonly busy: Signal<ReadonlySet<number>> = signal(new Set<number>());
  /** What the last act on an image was refused with. */
  readonly problem = signal("");
  #asked = 0;
  readonly #calls: ImageCalls;

  constructor(calls: ImageCalls) {
    this.#calls = calls;
  }

  async refresh(): Promise<void> {
    const asked = ++this.#asked;
    const query = { state: this.filter.value, offset: this.offset.value, limit: PAGE_SIZE };
    try {
      const page = await this.#calls.list(query);
      if (asked !== this.#asked) return; // a later question's answer counts, whichever comes first
      if (page.items.length === 0 && query.offset > 0) return this.go(lastOffset(page.count));
      this.page.value = { step: "ready", value: page };
    } catch (error) {
      if (asked !== this.#asked) return;
      this.page.value = { step: "failed", message: messageOf(error), stale: shown(this.page.value) };
    }
  }

  show(filter: JobState | ""): Promise<void> {
    this.filter.value = filter;
    return this.go(0);
  }

  go(offset: number): Promise<void> {
    this.offset.value = offset;
    return this.refresh();
  }

  retry(image: ImageOut): Promise<void> {
    return this.#act(image, () => this.#calls.retry(image.id));
  }

  remove(image: ImageOut): Promise<void> {
    return this.#act(image, () => this.#calls.remove(image.id));
  }

  async #act(image: ImageOut, act: () => Promise<unknown>): Promise<void> {
    this.busy.value = new Set([...this.busy.value, image.id]);
    this.problem.value = "";
    try {
      await act();
    } catch (error) {
      this.problem.value = `${image.file_name}: ${messageOf(error)}`;
    } finally {
      this.busy.value = new Set([...this.busy.value].filter((id) => id !== image.id));
      await this.refresh();
    }
  }
}

function lastOffset(count: number): number {
  return count === 0 ? 0 : Math.floor((count - 1) / PAGE_SIZE) * PAGE_SIZE;
}
