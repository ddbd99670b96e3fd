// Which masks cover each pixel of an image, for any number of masks: pixels that the same masks cover form a region, and a pixel
// holds its region's number. Adding or taking a mask touches its own pixels alone, a lookup costs the same for one mask as for a
// thousand, and neighbouring pixels of different regions are where outlines run, those under other masks included.

/** Masks by number, ascending; a number stands for one mask while it is in the map. */
export type Members = readonly number[];

/** So many regions a pixel's 16 bits can tell apart; with more, the map goes over to 32 bits. */
const SMALL_REGIONS = 2 ** 16;

export class RegionMap {
  /** Region of each pixel, column by column as the runs of an RLE go: [x * height + y]. Region 0 is covered by no mask. */
  regions: Uint16Array | Uint32Array;
  private readonly byKey = new Map<string, number>([["", 0]]);
  private readonly membersOf: Members[] = [[]];
  private readonly pixels: number[];
  private readonly free: number[] = [];

  /** `memory` may be that of a map no longer used. */
  constructor(
    readonly width: number,
    readonly height: number,
    memory?: ArrayBufferLike,
  ) {
    const count = width * height;
    const fits = memory !== undefined && memory.byteLength >= 2 * count;
    this.regions = fits ? new Uint16Array(memory, 0, count).fill(0) : new Uint16Array(count);
    this.pixels = [count];
  }

  /** Numbers of regions are below this. */
  get regionCount(): number {
    return this.membersOf.length;
  }

  masksIn(region: number): Members {
    return this.membersOf[region] ?? [];
  }

  /** The masks over a pixel; none outside the image. */
  masksAt(x: number, y: number): Members {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return [];
    return this.masksIn(this.regions[Math.floor(x) * this.height + Math.floor(y)] ?? 0);
  }

  /** Puts a mask in, or takes one out. `runs` are those of its RLE: column by column, beginning with zeros. */
  change(mask: number, runs: readonly number[], present: boolean): void {
    const target = new Map<number, number>();
    let at = 0;
    for (let index = 0; index < runs.length; index++) {
      const end = at + (runs[index] ?? 0);
      if (index % 2 === 1) this.changeRun(mask, at, end, present, target);
      at = end;
    }
    for (const before of target.keys()) this.forgetIfEmpty(before);
  }

  private changeRun(mask: number, from: number, end: number, present: boolean, target: Map<number, number>): void {
    for (let at = from; at < end; ) {
      const before = this.regions[at]!;
      let after = target.get(before);
      if (after === undefined) {
        after = this.neighbourOf(before, mask, present);
        target.set(before, after);
      }
      const until = replaceRun(this.regions, at, end, before, after);
      this.pixels[before]! -= until - at;
      this.pixels[after]! += until - at;
      at = until;
    }
  }

  /** The region with or without a mask. */
  private neighbourOf(region: number, mask: number, present: boolean): number {
    const others = this.masksIn(region).filter((other) => other !== mask);
    const members = present ? [...others, mask].sort((a, b) => a - b) : others;
    const key = members.join(" ");
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const number = this.free.pop() ?? this.membersOf.length;
    if (number === SMALL_REGIONS && this.regions instanceof Uint16Array) this.regions = Uint32Array.from(this.regions);
    this.byKey.set(key, number);
    this.membersOf[number] = members;
    this.pixels[number] = 0;
    return number;
  }

  private forgetIfEmpty(region: number): void {
    if (region === 0 || this.pixels[region] !== 0) return;
    const key = this.masksIn(region).join(" ");
    // A region that was emptied twice in one change is free already.
    if (this.byKey.get(key) !== region) return;
    this.byKey.delete(key);
    this.membersOf[region] = [];
    this.free.push(region);
  }
}

/** Writes `after` over `before` from `at` on; gives where another region begins. */
function replaceRun(
  regions: Uint16Array | Uint32Array,
  at: number,
  end: number,
  before: number,
  after: number,
): number {
  let place = at;
  while (place < end && regions[place] === before) regions[place++] = after;
  return place;
}
