// "Do not paint over other masks": which pixels of the image they have. Kept up to date mask by mask, since a thousand of them are not
// drawn anew for each stroke.

import { Bitmap } from "../../geometry/bitmap";
import type { ImageRect } from "../../geometry/points";
import { drawRle } from "../../geometry/rle";
import type { SavedMask } from "../../state/saved";
import type { Store } from "./store";

type Mask = Pick<SavedMask, "id" | "size" | "counts" | "bbox">;

interface Held {
  readonly imageId: number;
  readonly bitmap: Bitmap;
  readonly masks: Map<string, Mask>;
}

export class OtherMasks {
  private held: Held | null = null;

  constructor(private readonly store: Store) {}

  /**
   * The pixels of all accepted masks but the one that `replaces` names. Null when there are none, when they may be painted over, and
   * when another image is shown. The bitmap is reused.
   */
  pixels(imageId: number, replaces: string | null): Bitmap | null {
    const { image, saved } = this.store.state.peek();
    if (!this.store.protect.peek() || image?.id !== imageId) return null;
    const masks = new Map(saved.filter(({ id }) => id !== replaces).map((mask) => [mask.id, mask]));
    if (masks.size === 0) return null;
    if (this.held?.imageId !== imageId) {
      this.held = { imageId, bitmap: new Bitmap(image.width, image.height), masks: new Map() };
    }
    update(this.held, masks);
    return this.held.bitmap;
  }
}

function update({ bitmap, masks: drawn }: Held, wanted: ReadonlyMap<string, Mask>): void {
  const gone = [...drawn.values()].filter(({ id }) => !wanted.has(id));
  for (const { id, bbox } of gone) {
    drawn.delete(id);
    clear(bitmap, bbox);
  }
  // What lay under a mask that is gone has been wiped with it.
  for (const mask of drawn.values()) if (gone.some(({ bbox }) => overlap(bbox, mask.bbox))) drawRle(bitmap, mask);
  for (const mask of wanted.values()) {
    if (drawn.has(mask.id)) continue;
    drawRle(bitmap, mask);
    drawn.set(mask.id, mask);
  }
}

type Bbox = Mask["bbox"];

function clear(bitmap: Bitmap, [x, y, width, height]: Bbox): void {
  for (let row = y; row < y + height; row++) {
    bitmap.data.fill(0, row * bitmap.width + x, row * bitmap.width + x + width);
  }
}

function overlap([ax, ay, aw, ah]: Bbox, [bx, by, bw, bh]: Bbox): boolean {
  return ax < bx + bw && bx < ax + aw && ay < by + bh && by < ay + ah;
}

/** A mask without the pixels of others; `bounds` hold all of it. */
export function without(mask: Bitmap, others: Bitmap, bounds: ImageRect): Bitmap {
  const cut = mask.clone();
  for (let y = bounds.y0; y < bounds.y1; y++) {
    const end = y * mask.width + bounds.x1;
    for (let at = y * mask.width + bounds.x0; at < end; at++) if (others.data[at] === 1) cut.data[at] = 0;
  }
  return cut;
}
