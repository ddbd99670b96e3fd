// The accepted masks of the image: one map of regions that holds all of them and one picture of what is in sight. A frame costs the
// same for one mask as for a thousand; a mask that comes or goes costs its own pixels.

import type { ImageRect } from "../geometry/points";
import { RegionMap } from "../geometry/region_map";
import { RleError, runsOfRle } from "../geometry/rle";
import type { ImageInfo } from "../state/editor_state";
import type { Look } from "../state/look";
import { colourOf } from "../state/palette";
import type { SavedMask } from "../state/saved";
import type { View } from "../state/view";
import { union } from "./draft_pixels";
import { type Placement, placementOf } from "./placement";
import { type MaskLook, packed, RegionLook } from "./region_look";
import { RegionPicture } from "./region_picture";

const POINTED = 1.7;
const EDGE = 1.5;
const EDGE_POINTED = 3;
/** Masks that are not in the map yet are put in for so long each frame: an image with a thousand of them is on the screen at once. */
const FILL_MS = 24;
/** A mask smaller than this on the display is marked with a dot of this size, in device pixels. */
const DOT = 3;

export interface SavedScene {
  readonly image: ImageInfo;
  readonly masks: readonly SavedMask[];
  readonly shown: (mask: SavedMask) => boolean;
  readonly pointedAt: string | null;
  readonly look: Look;
  readonly view: View;
}

interface Known {
  readonly number: number;
  readonly mask: SavedMask;
}

export class SavedLayer {
  private image: ImageInfo | null = null;
  private map: RegionMap | null = null;
  private memory: ArrayBufferLike | undefined;
  private readonly known = new Map<string, Known>();
  private readonly freeNumbers: number[] = [];
  private masks: readonly SavedMask[] | null = null;
  private looks: (MaskLook | null)[] = [];
  private colours: RegionLook | null = null;
  private readonly picture = new RegionPicture();
  private imageData: ImageData | null = null;
  private overdrawn = false;

  /**
   * Draws the masks. `restyled`: how masks are to be shown may have changed since the last time. False when some are left for the next
   * frame, as they are not in the map yet.
   */
  draw(context: CanvasRenderingContext2D, scene: SavedScene, restyled: boolean): boolean {
    this.openImage(scene.image);
    const { changed, done } = this.follow(scene.masks);
    const resized = this.fit(context);
    if (!this.map || scene.masks.length === 0) {
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, context.canvas.width, context.canvas.height);
      this.picture.forget();
      return done;
    }
    const placement = placementOf(scene.view);
    if (restyled || changed || !this.colours) {
      if (restyled) this.picture.forget();
      this.looks = this.looksOf(scene);
      this.colours = new RegionLook(this.map, this.looks);
    }
    const painted = this.picture.paint(this.map, this.colours, placement, changed, (rect) =>
      this.dot(rect, placement, scene),
    );
    this.put(context, resized || this.overdrawn ? wholeOf(context) : painted);
    return done;
  }

  /** Something was drawn over the masks: next time all of the canvas is put right. */
  drawnOver(): void {
    this.overdrawn = true;
  }

  /** The topmost shown mask over a pixel of the image. */
  maskAt(x: number, y: number): string | null {
    const top = this.map && this.colours ? this.colours.topmost(this.map.masksAt(x, y)) : null;
    if (top === null) return null;
    for (const [id, { number }] of this.known) if (number === top) return id;
    return null;
  }

  private openImage(image: ImageInfo): void {
    if (image.id === this.image?.id) return;
    this.image = image;
    this.memory = this.map?.regions.buffer ?? this.memory;
    this.map = null;
    this.masks = null;
    this.known.clear();
    this.freeNumbers.length = 0;
    this.colours = null;
    this.picture.forget();
  }

  /** Takes out of the map what is gone and puts in what came, for so long as a frame may take. */
  private follow(masks: readonly SavedMask[]): { changed: ImageRect | null; done: boolean } {
    if (masks === this.masks) return { changed: null, done: true };
    let changed: ImageRect | null = null;
    const wanted = new Map(masks.map((mask) => [mask.id, mask]));
    for (const [id, { number, mask }] of this.known) {
      if (wanted.has(id)) continue;
      changed = union(changed, this.change(number, mask, false));
      this.known.delete(id);
      this.freeNumbers.push(number);
    }
    const until = performance.now() + FILL_MS;
    for (const mask of masks) {
      if (this.known.has(mask.id)) continue;
      const number = this.freeNumbers.pop() ?? this.known.size;
      this.known.set(mask.id, { number, mask });
      changed = union(changed, this.change(number, mask, true));
      if (performance.now() > until && this.known.size < masks.length) return { changed, done: false };
    }
    this.masks = masks;
    return { changed, done: true };
  }

  private change(number: number, mask: SavedMask, present: boolean): ImageRect {
    const [height, width] = mask.size;
    this.map ??= new RegionMap(width, height, this.memory);
    try {
      this.map.change(number, runsOfRle(mask), present);
    } catch (error) {
      // What is no mask of this image can't be drawn. It stays in the list, where it can be deleted, and the others are drawn.
      if (!(error instanceof RleError)) throw error;
    }
    const [x, y, across, down] = mask.bbox;
    return { x0: x, y0: y, x1: x + across, y1: y + down };
  }

  private looksOf({ masks, shown, pointedAt, look, view }: SavedScene): (MaskLook | null)[] {
    const looks: (MaskLook | null)[] = [];
    for (const mask of masks) {
      const known = this.known.get(mask.id);
      if (!known) continue;
      const pointed = mask.id === pointedAt;
      const opacity = look.outlinesOnly ? 0 : look.opacity * (pointed ? POINTED : 1);
      const edgeWidth = Math.max(1, Math.round((pointed ? EDGE_POINTED : EDGE) * view.pixelRatio));
      looks[known.number] = shown(mask) ? { colour: colourOf(mask.colour), area: mask.area, opacity, edgeWidth } : null;
    }
    return looks;
  }

  private fit({ canvas }: CanvasRenderingContext2D): boolean {
    const { width, height } = canvas;
    if (!this.picture.resize({ width, height }) && this.imageData) return false;
    this.imageData = new ImageData(new Uint8ClampedArray(this.picture.pixels.buffer), width, height);
    return true;
  }

  private put(context: CanvasRenderingContext2D, rect: ImageRect | null): void {
    this.overdrawn = false;
    if (!rect || !this.imageData) return;
    const { x0, y0, x1, y1 } = rect;
    context.putImageData(this.imageData, 0, 0, x0, y0, x1 - x0, y1 - y0);
  }

  /** Marks the masks in a rectangle of the display that are too small to be seen there. */
  private dot(rect: ImageRect, { scale, shiftX, shiftY }: Placement, { masks }: SavedScene): void {
    if (scale >= 1) return;
    const { width } = this.imageData ?? { width: 0 };
    for (const mask of masks) {
      const [x, y, across, down] = mask.bbox;
      if (Math.max(across, down) * scale >= DOT) continue;
      const look = this.looks[this.known.get(mask.id)?.number ?? -1];
      if (!look) continue;
      const left = Math.round((x + across / 2) * scale + shiftX - DOT / 2);
      const top = Math.round((y + down / 2) * scale + shiftY - DOT / 2);
      const colour = packed(look.colour, 255);
      for (let row = Math.max(top, rect.y0); row < Math.min(top + DOT, rect.y1); row++) {
        const from = row * width + Math.max(left, rect.x0);
        this.picture.pixels.fill(colour, from, Math.max(from, row * width + Math.min(left + DOT, rect.x1)));
      }
    }
  }
}

function wholeOf({ canvas }: CanvasRenderingContext2D): ImageRect {
  return { x0: 0, y0: 0, x1: canvas.width, y1: canvas.height };
}
