import type { ImageRect } from "./points";

/** A binary mask in image pixels. `data` is row-major, 0 or 1, [height × width]. */
export class Bitmap {
  readonly data: Uint8Array;

  /** Throws a RangeError for sizes that are no positive integers, or data of another length. */
  constructor(
    readonly width: number,
    readonly height: number,
    data?: Uint8Array,
  ) {
    if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
      throw new RangeError(`a bitmap can't have the size ${width} × ${height}`);
    }
    if (data && data.length !== width * height) {
      throw new RangeError(`${data.length} pixels for ${width} × ${height}`);
    }
    this.data = data ?? new Uint8Array(width * height);
  }

  clone(): Bitmap {
    return new Bitmap(this.width, this.height, this.data.slice());
  }

  /** False outside the bitmap. */
  has(x: number, y: number): boolean {
    return x >= 0 && y >= 0 && x < this.width && y < this.height && this.data[y * this.width + x] === 1;
  }

  /** The number of pixels in the mask. */
  area(): number {
    // By index: on 24 megapixels an iterator takes ten times as long.
    const { data } = this;
    let area = 0;
    for (let index = 0; index < data.length; index++) area += data[index]!;
    return area;
  }

  /** The smallest rectangle that holds all of the mask, or null when it is empty. */
  bounds(): ImageRect | null {
    const { data, width, height } = this;
    const first = data.indexOf(1);
    if (first < 0) return null;
    const y0 = Math.floor(first / width);
    const y1 = Math.floor(data.lastIndexOf(1) / width) + 1;
    let x0 = width;
    let x1 = 0;
    for (let y = y0; y < y1 && !(x0 === 0 && x1 === width); y++) {
      const row = data.subarray(y * width, (y + 1) * width);
      const left = row.indexOf(1);
      if (left < 0) continue;
      x0 = Math.min(x0, left);
      x1 = Math.max(x1, row.lastIndexOf(1) + 1);
    }
    return { x0, y0, x1: Math.min(x1, width), y1: Math.min(y1, height) };
  }

  equals(other: Bitmap): boolean {
    if (this.width !== other.width || this.height !== other.height) return false;
    return this.data.every((value, index) => value === other.data[index]);
  }
}
