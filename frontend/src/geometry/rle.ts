// Masks as compressed COCO RLE: column-major runs, the first of zeros, written as characters of 5 bits.

import { Bitmap } from "./bitmap";
import type { ImageRect } from "./points";

export interface Rle {
  readonly size: readonly [height: number, width: number];
  readonly counts: string;
}

export class RleError extends Error {
  override readonly name = "RleError";
}

/** More pixels than this are refused before memory is taken for them. */
const MAX_PIXELS = 2 ** 28;

/** `bounds` are the bitmap's own, where they are known: finding them reads all of it. */
export function encodeRle(bitmap: Bitmap, bounds: ImageRect | null = bitmap.bounds()): Rle {
  return { size: [bitmap.height, bitmap.width], counts: compressCounts(runsOf(bitmap, bounds)) };
}

/** Throws an RleError unless the counts are well-formed and cover the size exactly. */
export function decodeRle(size: readonly [height: number, width: number], counts: string): Bitmap {
  const [height, width] = size;
  const runs = checkedRuns(size, counts);
  const bitmap = new Bitmap(width, height);
  const { data } = bitmap;
  // Writing runs down the columns jumps through memory. Mark where a column changes instead, then sum up row by row.
  let from = 0;
  for (const [index, run] of runs.entries()) {
    const to = from + run;
    if (index % 2 === 1) markRun(data, from, to, width, height);
    from = to;
  }
  sumDownwards(data, width);
  return bitmap;
}

/** [x, y, width, height], [0, 0, 0, 0] for an empty mask. */
export function rleBbox(rle: Rle): [x: number, y: number, width: number, height: number] {
  const height = rle.size[0];
  let [x0, y0, x1, y1] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0];
  let from = 0;
  for (const [index, run] of checkedRuns(rle.size, rle.counts).entries()) {
    if (index % 2 === 1 && run > 0) {
      const last = from + run - 1;
      const firstColumn = Math.floor(from / height);
      const lastColumn = Math.floor(last / height);
      const oneColumn = firstColumn === lastColumn;
      x0 = Math.min(x0, firstColumn);
      x1 = Math.max(x1, lastColumn + 1);
      y0 = Math.min(y0, oneColumn ? from % height : 0);
      y1 = Math.max(y1, oneColumn ? (last % height) + 1 : height);
    }
    from += run;
  }
  return x1 === 0 ? [0, 0, 0, 0] : [x0, y0, x1 - x0, y1 - y0];
}

/** The number of pixels in the mask. */
export function rleArea(rle: Rle): number {
  return runsOfRle(rle).reduce((area, run, index) => (index % 2 === 1 ? area + run : area), 0);
}

export function compressCounts(runs: readonly number[]): string {
  const characters: string[] = [];
  for (const [index, run] of runs.entries()) {
    let rest = index > 2 ? run - runs[index - 2]! : run;
    for (let more = true; more; ) {
      const bits = rest & 0x1f;
      rest >>= 5;
      more = bits & 0x10 ? rest !== -1 : rest !== 0;
      characters.push(String.fromCharCode(48 + bits + (more ? 0x20 : 0)));
    }
  }
  return characters.join("");
}

/** Throws an RleError for characters that do not belong to it, and for a string that breaks off. */
export function decompressCounts(counts: string): number[] {
  const runs: number[] = [];
  for (let at = 0; at < counts.length; ) {
    let value = 0;
    let shift = 0;
    for (let more = true; more; shift += 5) {
      const bits = counts.charCodeAt(at++) - 48;
      if (!(bits >= 0 && bits < 64))
        throw new RleError("the RLE breaks off, or holds a character that is none of its own");
      if (shift > 25) throw new RleError("a run of the RLE is too long");
      value |= (bits & 0x1f) << shift;
      more = (bits & 0x20) !== 0;
      if (!more && bits & 0x10) value |= -1 << (shift + 5);
    }
    runs.push(runs.length > 2 ? value + runs[runs.length - 2]! : value);
  }
  return runs;
}

/** Run lengths, the first of zeros. Throws an RleError unless they cover the size exactly. */
export function runsOfRle({ size, counts }: Rle): number[] {
  const runs = decompressCounts(counts);
  let sum = 0;
  for (let index = 0; index < runs.length; index++) {
    const run = runs[index]!;
    if (run < 0) throw new RleError("a run of the RLE has no pixel");
    sum += run;
  }
  if (sum !== size[0] * size[1]) throw new RleError(`the RLE has ${sum} pixels, the image ${size[0] * size[1]}`);
  return runs;
}

/**
 * Whether the mask has the pixels at `columns` × `rows`, row by row, without working out any others. Both ascend and may repeat; what lies outside
 * the image is not in the mask.
 */
export function sampleRle(rle: Rle, columns: Int32Array, rows: Int32Array): Uint8Array {
  const [height, width] = rle.size;
  const runs = runsOfRle(rle);
  const out = new Uint8Array(columns.length * rows.length);
  let run = 0;
  let end = runs[0] ?? 0;
  for (let x = 0; x < columns.length; x++) {
    if (columns[x]! < 0 || columns[x]! >= width) continue;
    if (x > 0 && columns[x] === columns[x - 1]) {
      for (let at = x; at < out.length; at += columns.length) out[at] = out[at - 1]!;
      continue;
    }
    for (let y = 0; y < rows.length; y++) {
      if (rows[y]! < 0 || rows[y]! >= height) continue;
      const pixel = columns[x]! * height + rows[y]!;
      while (pixel >= end) end += runs[++run]!;
      out[y * columns.length + x] = run % 2;
    }
  }
  return out;
}

/** Draws a mask's pixels into a bitmap of its size, over what is there. */
export function drawRle(into: Bitmap, rle: Rle): void {
  const { data, width, height } = into;
  if (rle.size[0] !== height || rle.size[1] !== width) throw new RleError("a mask of another size can't be drawn here");
  let from = 0;
  for (const [index, run] of checkedRuns(rle.size, rle.counts).entries()) {
    const to = from + run;
    if (index % 2 === 1) {
      for (let at = from, x = Math.floor(from / height); at < to; x++) {
        const end = Math.min(to, (x + 1) * height);
        for (let y = at - x * height; at < end; at++, y++) data[y * width + x] = 1;
      }
    }
    from = to;
  }
}

function checkedRuns(size: readonly [number, number], counts: string): number[] {
  const [height, width] = size;
  const pixels = height * width;
  if (!Number.isInteger(height) || !Number.isInteger(width) || height < 1 || width < 1 || pixels > MAX_PIXELS) {
    throw new RleError(`a mask can't have the size ${height} × ${width}`);
  }
  const runs = decompressCounts(counts);
  let sum = 0;
  for (const [index, run] of runs.entries()) {
    if (run < 0 || (run === 0 && index > 0)) throw new RleError("a run of the RLE has no pixel");
    sum += run;
  }
  if (sum !== pixels) throw new RleError(`the RLE has ${sum} pixels, the image ${pixels}`);
  if (compressCounts(runs) !== counts) throw new RleError("the RLE is written in another way than the usual one");
  return runs;
}

/** Run lengths in column-major order, zeros first. */
function runsOf(bitmap: Bitmap, bounds: ImageRect | null): number[] {
  const { width, height } = bitmap;
  const changes = changesOf(bitmap, bounds);
  const runs: number[] = [];
  let from = 0;
  for (const change of changes) {
    runs.push(change - from);
    from = change;
  }
  runs.push(width * height - from);
  return runs;
}

/**
 * Column-major positions where the value differs from the one before, ascending. Rows are compared with the row above, in
 * memory order, since walking down the columns of a large photo takes several times as long.
 */
function changesOf({ data, width, height }: Bitmap, bounds: ImageRect | null): Uint32Array {
  if (!bounds) return new Uint32Array(0);
  const changes: number[] = [];
  const lastRow = (height - 1) * width;
  for (let x = 0; x < width; x++) {
    const before = x > 0 ? data[lastRow + x - 1] : 0;
    if (data[x] !== before) changes.push(x * height);
  }
  const words = asWords(data, width);
  const end = Math.min(bounds.y1 + 1, height);
  for (let y = Math.max(1, bounds.y0); y < end; y++) {
    const row = y * width;
    if (words) {
      const wordRow = row >> 2;
      for (let word = bounds.x0 >> 2; word <= (bounds.x1 - 1) >> 2; word++) {
        if (words[wordRow + word] === words[wordRow + word - (width >> 2)]) continue;
        pushChanges(changes, data, word * 4, word * 4 + 4, y, width, height);
      }
    } else {
      pushChanges(changes, data, bounds.x0, bounds.x1, y, width, height);
    }
  }
  return Uint32Array.from(changes).sort();
}

/** Positions in x0..x1 of row y that differ from the row above. */
function pushChanges(
  changes: number[],
  data: Uint8Array,
  x0: number,
  x1: number,
  y: number,
  width: number,
  height: number,
): void {
  const row = y * width;
  for (let x = x0; x < x1; x++) if (data[row + x] !== data[row + x - width]) changes.push(x * height + y);
}

/** Each row becomes the exclusive or of itself and all rows above. */
function sumDownwards(data: Uint8Array, width: number): void {
  const words = asWords(data, width);
  const [cells, stride] = words ? [words, width >> 2] : [data, width];
  for (let index = stride; index < cells.length; index++) cells[index]! ^= cells[index - stride]!;
}

/** The same pixels, four at a time, where all rows begin at whole words: several times as quick. */
function asWords(data: Uint8Array, width: number): Uint32Array | null {
  if (width % 4 !== 0 || data.byteOffset % 4 !== 0) return null;
  return new Uint32Array(data.buffer, data.byteOffset, data.length >> 2);
}

function markRun(data: Uint8Array, from: number, to: number, width: number, height: number): void {
  let x = Math.floor(from / height);
  for (let at = from; at < to; x++) {
    const columnEnd = (x + 1) * height;
    data[(at - x * height) * width + x]! ^= 1;
    if (to < columnEnd) data[(to - x * height) * width + x]! ^= 1;
    at = columnEnd;
  }
}
