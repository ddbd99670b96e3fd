// The accepted masks as the display shows them. Where the picture was only moved, what is known of it is moved and the strips that
// came into sight are painted; where one mask changed, its own rectangle is.

import type { ImageRect, Size } from "../geometry/points";
import type { RegionMap } from "../geometry/region_map";
import { axisPixels, MAX_EDGE, paintRegions, type RegionColours, sampleRegions } from "../geometry/region_paint";
import { type Move, moveBetween, movedPlacement, type Placement, strips } from "./placement";

/** How far an outline reaches into its surroundings, and one more for its halo. */
const REACH = MAX_EDGE + 1;

export class RegionPicture {
  /** Colours [height × width] as little-endian words. */
  pixels = new Uint32Array(0);
  private width = 0;
  private height = 0;
  private placement: Placement | null = null;
  private sampled = new Uint32Array(0);
  private painted = new Uint32Array(0);

  /** True when the size is another one than before. */
  resize({ width, height }: Size): boolean {
    if (width === this.width && height === this.height) return false;
    [this.width, this.height] = [width, height];
    this.pixels = new Uint32Array(width * height);
    this.placement = null;
    return true;
  }

  /** Nothing of what is known holds any more. */
  forget(): void {
    this.placement = null;
  }

  /**
   * Brings the picture up to date. `changed` is what of the image changed since the last time; `after` is called for each rectangle
   * [x0, y0, x1, y1] of the display that was painted anew. Gives those rectangles' bounds, null where nothing was painted.
   */
  paint(
    map: RegionMap,
    colours: RegionColours,
    placement: Placement,
    changed: ImageRect | null,
    after: (rect: ImageRect) => void = () => {},
  ): ImageRect | null {
    const whole = { x0: 0, y0: 0, x1: this.width, y1: this.height };
    const moved = this.placement && moveBetween(this.placement, placement);
    let rects: readonly ImageRect[] = [whole];
    let painted: ImageRect | null = whole;
    if (moved && Math.abs(moved.x) < this.width && Math.abs(moved.y) < this.height) {
      const fresh = this.move(moved);
      const rect = changed && this.onDisplay(changed, placement);
      rects = rect ? [...fresh, rect] : fresh;
      painted = fresh.length > 0 ? whole : rect;
    }
    this.placement = moved && this.placement ? movedPlacement(this.placement, moved) : placement;
    for (const rect of rects) {
      this.paintRect(map, colours, rect);
      after(rect);
    }
    return painted;
  }

  /** Gives the strips that came into sight. */
  private move({ x, y }: Move): ImageRect[] {
    const { width, height, pixels } = this;
    const by = y * width + x;
    if (by > 0) pixels.copyWithin(by, 0, pixels.length - by);
    else if (by < 0) pixels.copyWithin(0, -by);
    return strips({ width, height }, { x, y });
  }

  /** What of the display shows a rectangle of the image and the outlines around it; null where it is out of sight. */
  private onDisplay({ x0, y0, x1, y1 }: ImageRect, { scale, shiftX, shiftY }: Placement): ImageRect | null {
    const rect = {
      x0: Math.max(0, Math.floor(x0 * scale + shiftX) - REACH),
      y0: Math.max(0, Math.floor(y0 * scale + shiftY) - REACH),
      x1: Math.min(this.width, Math.ceil(x1 * scale + shiftX) + REACH),
      y1: Math.min(this.height, Math.ceil(y1 * scale + shiftY) + REACH),
    };
    return rect.x1 > rect.x0 && rect.y1 > rect.y0 ? rect : null;
  }

  private paintRect(map: RegionMap, colours: RegionColours, { x0, y0, x1, y1 }: ImageRect): void {
    const placement = this.placement;
    if (!placement) return;
    const { scale, shiftX, shiftY } = placement;
    const columns = axisPixels(x0 - REACH, x1 + REACH, shiftX, scale, map.width);
    const rows = axisPixels(y0 - REACH, y1 + REACH, shiftY, scale, map.height);
    const size = { width: columns.length, height: rows.length };
    const count = size.width * size.height;
    if (this.sampled.length < count) {
      this.sampled = new Uint32Array(count);
      this.painted = new Uint32Array(count);
    }
    sampleRegions(map, columns, rows, this.sampled);
    paintRegions(this.sampled, size, colours, this.painted);
    for (let y = y0; y < y1; y++) {
      const from = (y - y0 + REACH) * size.width + REACH;
      this.pixels.set(this.painted.subarray(from, from + x1 - x0), y * this.width + x0);
    }
  }
}
