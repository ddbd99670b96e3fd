// How much of an image lies under masks, and where the largest part lies that does not. Masks are looked at on a lattice of
// pixels: a photo of 24 megapixels has no more places than a small one, and a mask costs what its RLE is long.

import type { ImageRect, Size } from "./points";
import { decompressCounts } from "./rle";

/** No more places than this are looked at. Up to so many pixels the figures are exact. */
const MOST_PLACES = 2 ** 18;

export class Coverage {
  /** Every so many pixels, across and down, there is a place, in the middle of its cell. */
  readonly step: number;
  /** Places across and down. */
  readonly columns: number;
  readonly rows: number;
  /** How many masks cover each place: [column * rows + row], as the runs of an RLE go. */
  private readonly counts: Uint16Array;
  private covered = 0;

  constructor(private readonly image: Size) {
    this.step = Math.max(1, Math.ceil(Math.sqrt((image.width * image.height) / MOST_PLACES)));
    this.columns = placesIn(image.width, this.step);
    this.rows = placesIn(image.height, this.step);
    this.counts = new Uint16Array(this.columns * this.rows);
  }

  /** The share of the image under one mask at least, 0 to 1. */
  get share(): number {
    return this.covered / this.counts.length;
  }

  /** `counts`: of the mask's RLE, at the image's size. Throws an RleError for what is none. */
  add(counts: string): void {
    this.change(counts, 1);
  }

  /** Takes out a mask that was added. */
  remove(counts: string): void {
    this.change(counts, -1);
  }

  private change(counts: string, by: 1 | -1): void {
    const { height } = this.image;
    let from = 0;
    for (const [index, run] of decompressCounts(counts).entries()) {
      const to = from + run;
      if (index % 2 === 1) {
        for (let x = Math.floor(from / height); x * height < to; x++) {
          const column = this.placeAt(x);
          if (column === null) continue;
          const top = Math.max(0, from - x * height);
          const bottom = Math.min(height, to - x * height);
          this.changeColumn(column, top, bottom, by);
        }
      }
      from = to;
    }
  }

  /** The column of places that a column of pixels is, if it is one. */
  private placeAt(x: number): number | null {
    const half = this.step >> 1;
    return x % this.step === half && x < this.image.width ? (x - half) / this.step : null;
  }

  private changeColumn(column: number, top: number, bottom: number, by: 1 | -1): void {
    const half = this.step >> 1;
    const first = Math.max(0, Math.ceil((top - half) / this.step));
    const end = Math.min(this.rows, Math.ceil((bottom - half) / this.step));
    for (let row = first; row < end; row++) {
      const at = column * this.rows + row;
      const before = this.counts[at]!;
      this.counts[at] = before + by;
      if (before === 0) this.covered++;
      else if (before + by === 0) this.covered--;
    }
  }

  /**
   * The largest squares without a masked place in them, in image pixels, largest first: each the largest that overlaps none
   * before it. A square and not the connected area, which around masks is wide and thin. None smaller than `least` pixels.
   */
  unmaskedSquares(least: number, most: number): ImageRect[] {
    const taken = this.counts.slice();
    const squares: ImageRect[] = [];
    while (squares.length < most) {
      const square = largestSquare(taken, this.columns, this.rows);
      if (square.side * this.step < Math.max(least, 1) || square.side === 0) break;
      squares.push(this.rectOf(square));
      for (let column = 0; column < square.side; column++) {
        const at = (square.column + column) * this.rows + square.row;
        taken.fill(1, at, at + square.side);
      }
    }
    return squares;
  }

  /** The cells of a square, the last ones up to the image's edge. */
  private rectOf({ column, row, side }: Square): ImageRect {
    const { step } = this;
    const { width, height } = this.image;
    return {
      x0: column * step,
      y0: row * step,
      x1: column + side === this.columns ? width : (column + side) * step,
      y1: row + side === this.rows ? height : (row + side) * step,
    };
  }
}

interface Square {
  readonly column: number;
  readonly row: number;
  readonly side: number;
}

function placesIn(length: number, step: number): number {
  return Math.max(1, Math.floor((length - 1 - (step >> 1)) / step) + 1);
}

/** Of the largest squares of zeros the first one; its side is 0 when there is none. */
function largestSquare(cells: Uint16Array, columns: number, rows: number): Square {
  // The side of the largest square that ends at each place of the column before, and of this one.
  let before = new Uint16Array(rows);
  let here = new Uint16Array(rows);
  let best: Square = { column: 0, row: 0, side: 0 };
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) {
      const free = cells[column * rows + row] === 0;
      const above = row > 0 ? Math.min(here[row - 1]!, before[row]!, before[row - 1]!) : 0;
      const side = free ? above + 1 : 0;
      here[row] = side;
      if (side > best.side) best = { column: column - side + 1, row: row - side + 1, side };
    }
    [before, here] = [here, before];
  }
  return best;
}
