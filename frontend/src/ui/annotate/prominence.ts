// How much of the image is masked, and the way to the largest part that is not. Kept up to date mask by mask.

import { computed, effect, type Signal, signal } from "@preact/signals";
import { Coverage } from "../../geometry/coverage";
import type { ImageRect } from "../../geometry/points";
import type { ImageInfo } from "../../state/editor_state";
import type { SavedMask } from "../../state/saved";
import { showRect, type View } from "../../state/view";
import type { Store } from "./store";

/** An image with a thousand masks is looked through in slices of so many milliseconds, so that nothing waits for it. */
const SLICE_MS = 8;
/** Squares smaller than this share of the image's shorter side, or than so many pixels, are gaps and no regions. */
const LEAST_SHARE = 0.03;
const LEAST_PIXELS = 12;
const MOST_REGIONS = 12;

export class Prominence {
  /** The share of the image under accepted masks, 0 to 1; null before the masks were looked through. */
  readonly share: Signal<number | null> = signal(null);
  /** Where the last way led to, until the person goes on from there. */
  readonly region: Signal<ImageRect | null> = signal(null);
  private image: ImageInfo | null = null;
  private coverage: Coverage | null = null;
  private readonly known = new Map<string, SavedMask>();
  private slice: ReturnType<typeof setTimeout> | undefined;
  private regions: readonly ImageRect[] | null = null;
  private visited = 0;
  private shownIn: View | null = null;

  constructor(private readonly store: Store) {}

  /** Follows the accepted masks from now on; returns what stops it. */
  start(): () => void {
    const { store } = this;
    const image = computed(() => store.state.value.image);
    const stops = [
      effect(() => {
        this.open(image.value);
        this.follow(store.list.value.saved);
      }),
      effect(() => {
        if (store.view.value !== this.shownIn) this.region.value = null;
      }),
    ];
    return () => {
      clearTimeout(this.slice);
      for (const stop of stops) stop();
    };
  }

  /** Shows the largest unmasked region, or the next largest when it was just there. */
  goOn(): void {
    const { store, coverage } = this;
    const { image } = store.state.value;
    if (!image || !coverage) return;
    const least = Math.max(LEAST_PIXELS, Math.round(LEAST_SHARE * Math.min(image.width, image.height)));
    this.regions ??= coverage.unmaskedSquares(least, MOST_REGIONS);
    const region = this.regions[this.visited % Math.max(1, this.regions.length)];
    if (!region) {
      store.notify({ tone: "good", text: `Nothing unmasked is left that is ${least} pixels wide and high.` });
      return;
    }
    const place = (this.visited++ % this.regions.length) + 1;
    this.shownIn = showRect(store.view.value, region, image);
    store.view.value = this.shownIn;
    this.region.value = region;
    store.announcement.value = `Unmasked region ${place} of ${this.regions.length}, ${region.x1 - region.x0} pixels wide`;
  }

  private open(image: ImageInfo | null): void {
    if (image === this.image) return;
    this.image = image;
    this.coverage = image && new Coverage(image);
    this.known.clear();
    this.share.value = null;
    this.forget();
  }

  private forget(): void {
    this.regions = null;
    this.visited = 0;
  }

  private follow(saved: readonly SavedMask[]): void {
    clearTimeout(this.slice);
    const { coverage, known } = this;
    if (!coverage) return;
    const here = new Map(saved.map((mask) => [mask.id, mask]));
    const end = performance.now() + SLICE_MS;
    for (const mask of known.values()) {
      if (here.has(mask.id)) continue;
      coverage.remove(mask.counts);
      known.delete(mask.id);
      this.forget();
    }
    for (const mask of saved) {
      if (known.has(mask.id)) continue;
      if (performance.now() > end) {
        this.slice = setTimeout(() => this.follow(saved));
        return;
      }
      coverage.add(mask.counts);
      known.set(mask.id, mask);
      this.forget();
    }
    this.share.value = coverage.share;
  }
}
