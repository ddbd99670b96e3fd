// The pixel layer that brush and eraser write: for each image pixel "untouched", "added" or "removed". It lies over the mask
// that the model decoded and wins over it, so a later click may refine the model's mask underneath while what was painted
// stays painted. Tiles are copied when written, so that older states (and undo) keep theirs: a stroke on a 24 MP photo copies
// the few tiles it touches, never the photo.

import type { Bitmap } from "../geometry/bitmap";
import type { ImagePoint, ImageRect } from "../geometry/points";
import type { Run } from "../geometry/runs";
import { type BrushShape, capsuleRow, pixelLine, sweptSquareRow } from "./brush_shapes";

/** Small, so that a tile that changed says closely enough what has to be drawn again. */
export const TILE = 64;

/** Pixel values of the layer. */
export const UNTOUCHED = 0;
export const ADDED = 1;
export const REMOVED = 2;
export type PaintValue = typeof ADDED | typeof REMOVED;

export interface PaintLayer {
  readonly width: number;
  readonly height: number;
  /** Tile index (row-major over tiles) → TILE·TILE pixel values, row-major. A missing tile is untouched. */
  readonly tiles: ReadonlyMap<number, Uint8Array>;
}

/**
 * What one stroke changed, as runs of three numbers: first pixel (y · width + x), length, before · 4 + after. A run never
 * leaves its row or its tile. Replaying the befores undoes the stroke, replaying the afters redoes it.
 */
export type PaintDelta = Uint32Array;

export function emptyPaint(width: number, height: number): PaintLayer {
  return { width, height, tiles: new Map() };
}

export function isUnpainted(layer: PaintLayer): boolean {
  return layer.tiles.size === 0;
}

export function tilesAcross(layer: PaintLayer): number {
  return Math.ceil(layer.width / TILE);
}

export function paintAt(layer: PaintLayer, x: number, y: number): number {
  const tile = layer.tiles.get(((y / TILE) | 0) * tilesAcross(layer) + ((x / TILE) | 0));
  return tile ? (tile[(y % TILE) * TILE + (x % TILE)] ?? UNTOUCHED) : UNTOUCHED;
}

export interface BrushKind {
  readonly shape: BrushShape;
  /** Pixels that are not painted: those of other masks. Of the layer's size; null when there are none. */
  readonly blocked: Bitmap | null;
}

const ROUND: BrushKind = { shape: "round", blocked: null };

/**
 * The layer after dragging a brush of `size` image pixels across from one point to the next (continuous image coordinates: pixel i covers [i, i + 1)). A pixel
 * is painted when its centre lies under the brush.
 */
export function paintSegment(
  layer: PaintLayer,
  from: ImagePoint,
  to: ImagePoint,
  size: number,
  value: PaintValue,
  { shape, blocked } = ROUND,
): PaintLayer {
  const writer = new TileWriter(layer, blocked);
  if (size < 2) {
    for (const [x, y] of pixelLine(from, to)) {
      if (x >= 0 && y >= 0 && x < layer.width && y < layer.height) writer.fill(y, x, x + 1, value);
    }
    return writer.layer();
  }
  const radius = size / 2;
  const row = shape === "round" ? capsuleRow : sweptSquareRow;
  const firstRow = Math.max(0, Math.ceil(Math.min(from.y, to.y) - radius - 0.5));
  const lastRow = Math.min(layer.height - 1, Math.floor(Math.max(from.y, to.y) + radius - 0.5));
  for (let y = firstRow; y <= lastRow; y++) {
    const [left, right] = row(from, to, radius, y + 0.5);
    writer.fill(y, Math.max(0, Math.ceil(left - 0.5)), Math.min(layer.width, Math.floor(right - 0.5) + 1), value);
  }
  return writer.layer();
}

/** The layer with these pixels painted, or untouched again. Runs lie inside of the layer. */
export function paintRuns(
  layer: PaintLayer,
  runs: Iterable<Run>,
  value: PaintValue | typeof UNTOUCHED,
  blocked: Bitmap | null = null,
): PaintLayer {
  const writer = new TileWriter(layer, blocked);
  for (const { y, x0, x1 } of runs) writer.fill(y, x0, x1, value);
  return writer.layer();
}

/** The tiles that differ between two states of one layer, as rectangles of image pixels: what has to be drawn again. */
export function changedTiles(before: PaintLayer, after: PaintLayer): ImageRect[] {
  const across = tilesAcross(after);
  const changed = new Set<number>();
  for (const [index, tile] of after.tiles) if (before.tiles.get(index) !== tile) changed.add(index);
  for (const index of before.tiles.keys()) if (!after.tiles.has(index)) changed.add(index);
  return [...changed].map((index) => {
    const x0 = (index % across) * TILE;
    const y0 = Math.floor(index / across) * TILE;
    return { x0, y0, x1: Math.min(after.width, x0 + TILE), y1: Math.min(after.height, y0 + TILE) };
  });
}

/** What differs between two states of one layer. Tiles that are the same object are not looked at. */
export function paintDelta(before: PaintLayer, after: PaintLayer): PaintDelta {
  const runs: number[] = [];
  const across = tilesAcross(after);
  for (const index of new Set([...before.tiles.keys(), ...after.tiles.keys()])) {
    const old = before.tiles.get(index);
    const now = after.tiles.get(index);
    if (old === now) continue;
    const originX = (index % across) * TILE;
    const originY = ((index / across) | 0) * TILE;
    for (let row = 0; row < TILE; row++) {
      const [from, to] = [uniformValue(old, row), uniformValue(now, row)];
      if (from >= 0 && to >= 0) {
        const width = Math.min(TILE, after.width - originX);
        if (from !== to) runs.push((originY + row) * after.width + originX, width, from * 4 + to);
        continue;
      }
      let length = 0;
      let change = 0;
      for (let column = 0; column <= TILE; column++) {
        const at = row * TILE + column;
        const here = column < TILE ? (old?.[at] ?? UNTOUCHED) * 4 + (now?.[at] ?? UNTOUCHED) : -1;
        if (length > 0 && here !== change) {
          if (change >> 2 !== (change & 3)) {
            runs.push((originY + row) * after.width + originX + column - length, length, change);
          }
          length = 0;
        }
        change = here;
        length++;
      }
    }
  }
  return Uint32Array.from(runs);
}

/** The one value that all pixels in a row of a tile have; -1 where they differ. Most rows of a large shape have one. */
function uniformValue(tile: Uint8Array | undefined, row: number): number {
  if (!tile) return UNTOUCHED;
  const first = tile[row * TILE] ?? UNTOUCHED;
  const words = new Uint32Array(tile.buffer, tile.byteOffset + row * TILE, TILE / 4);
  const all = first * 0x01010101;
  for (let at = 0; at < words.length; at++) if (words[at] !== all) return -1;
  return first;
}

/** The layer with a stroke taken back ("before") or done again ("after"). */
export function replayPaint(layer: PaintLayer, delta: PaintDelta, side: "before" | "after"): PaintLayer {
  const writer = new TileWriter(layer);
  for (let i = 0; i < delta.length; i += 3) {
    const start = delta[i] ?? 0;
    const y = Math.floor(start / layer.width);
    const x = start - y * layer.width;
    const change = delta[i + 2] ?? 0;
    writer.fill(y, x, x + (delta[i + 1] ?? 0), side === "before" ? change >> 2 : change & 3);
  }
  return writer.layer();
}

/** Writes into copies of tiles and gives the changed layer; tiles nobody wrote to are shared with the old one. */
class TileWriter {
  private readonly copied = new Map<number, Uint8Array>();
  private readonly across: number;

  constructor(
    private readonly source: PaintLayer,
    private readonly blocked: Bitmap | null = null,
  ) {
    this.across = tilesAcross(source);
  }

  /** Sets the pixels x0 … x1 − 1 of row y that are not blocked. The caller keeps them inside the layer. */
  fill(y: number, x0: number, x1: number, value: number): void {
    if (!this.blocked) {
      this.fillAll(y, x0, x1, value);
      return;
    }
    const row = this.blocked.data.subarray(y * this.blocked.width, y * this.blocked.width + Math.max(x0, x1));
    for (let from = row.indexOf(0, x0); from >= 0; ) {
      const end = row.indexOf(1, from);
      this.fillAll(y, from, end < 0 ? x1 : end, value);
      from = end < 0 ? -1 : row.indexOf(0, end);
    }
  }

  private fillAll(y: number, x0: number, x1: number, value: number): void {
    for (let x = x0; x < x1; ) {
      const column = (x / TILE) | 0;
      const end = Math.min(x1, (column + 1) * TILE);
      const row = (y % TILE) * TILE - column * TILE;
      this.tile(((y / TILE) | 0) * this.across + column).fill(value, row + x, row + end);
      x = end;
    }
  }

  layer(): PaintLayer {
    if (this.copied.size === 0) return this.source;
    const tiles = new Map(this.source.tiles);
    for (const [index, tile] of this.copied) {
      // An all-untouched tile is the same as none: undoing everything gives the layer it began with.
      if (tile.some((value) => value !== UNTOUCHED)) tiles.set(index, tile);
      else tiles.delete(index);
    }
    return { ...this.source, tiles };
  }

  private tile(index: number): Uint8Array {
    let tile = this.copied.get(index);
    if (!tile) {
      tile = this.source.tiles.get(index)?.slice() ?? new Uint8Array(TILE * TILE);
      this.copied.set(index, tile);
    }
    return tile;
  }
}
