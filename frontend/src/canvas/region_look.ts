// The colours of regions, from how the masks in them are to be shown. Parts lie on wholes: of the masks over a pixel, the smallest
// that is shown gives it its colour.

import { type Border, MAX_EDGE, type RegionColours } from "../geometry/region_paint";

export interface MaskLook {
  readonly colour: readonly [red: number, green: number, blue: number];
  /** In pixels of the image. */
  readonly area: number;
  /** Of the inside, 0 to 1. */
  readonly opacity: number;
  /** In device pixels. */
  readonly edgeWidth: number;
}

/** What is asked of a RegionMap here. */
export interface Regions {
  readonly regionCount: number;
  masksIn(region: number): readonly number[];
}

const HALO_OPACITY = 120;
/** Borders are looked up by a hash of two regions; a collision only costs a second look. A thousand masks have some 20,000 borders. */
const CACHED = 2 ** 16;
const NO_BORDER: Border = { here: 0, there: 0, hereWidth: 0, thereWidth: 0 };

/** `looks`: by mask number; null for a mask that is not shown. It holds while neither regions nor looks change. */
export class RegionLook implements RegionColours {
  readonly fill: Uint32Array;
  readonly halo = (HALO_OPACITY << 24) >>> 0;
  private readonly first = new Int32Array(CACHED).fill(-1);
  private readonly second = new Int32Array(CACHED);
  private readonly borders: Border[] = new Array<Border>(CACHED).fill(NO_BORDER);

  constructor(
    private readonly regions: Regions,
    private readonly looks: readonly (MaskLook | null)[],
  ) {
    this.fill = Uint32Array.from({ length: regions.regionCount }, (_, region) => {
      const look = this.lookOf(this.topmost(regions.masksIn(region)));
      return look ? packed(look.colour, Math.min(254, Math.round(look.opacity * 255))) : 0;
    });
  }

  border(here: number, there: number): Border {
    const place = (Math.imul(here, 0x9e3779b1) ^ Math.imul(there, 0x85ebca6b)) >>> 16;
    if (this.first[place] === here && this.second[place] === there) return this.borders[place]!;
    const [a, b] = [this.regions.masksIn(here), this.regions.masksIn(there)];
    const inside = this.lookOf(this.topmost(a, b));
    const outside = this.lookOf(this.topmost(b, a));
    const border = {
      here: inside ? packed(inside.colour, 255) : 0,
      there: outside ? packed(outside.colour, 255) : 0,
      hereWidth: Math.min(MAX_EDGE, inside?.edgeWidth ?? 0),
      thereWidth: Math.min(MAX_EDGE, outside?.edgeWidth ?? 0),
    };
    this.first[place] = here;
    this.second[place] = there;
    this.borders[place] = border;
    return border;
  }

  /** The shown mask that lies on top of the others, those in `but` not counted; null where none is shown. */
  topmost(masks: readonly number[], but: readonly number[] = []): number | null {
    let top: number | null = null;
    for (const mask of masks) {
      if (but.includes(mask)) continue;
      const look = this.lookOf(mask);
      if (look && look.area <= (this.lookOf(top)?.area ?? Number.POSITIVE_INFINITY)) top = mask;
    }
    return top;
  }

  private lookOf(mask: number | null): MaskLook | null {
    return mask === null ? null : (this.looks[mask] ?? null);
  }
}

/** As one little-endian word: every browser's machine is. */
export function packed([red, green, blue]: MaskLook["colour"], alpha: number): number {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
