// The finished mask: the model's pixels with the painted ones over them.

import { Bitmap } from "../geometry/bitmap";
import { ADDED, isUnpainted, type PaintLayer, REMOVED, TILE, tilesAcross, UNTOUCHED } from "./paint";

export interface ComposedMask {
  readonly bitmap: Bitmap;
  /** Pixels that brush and eraser changed against the model's mask; painting over what was there already counts nothing. */
  readonly added: number;
  readonly removed: number;
}

/**
 * The mask at the image's resolution. `model` is null for a mask that was painted without a prompt. Never changes `model`, and gives it
 * back as it is where nothing is painted on it.
 */
export function composeMask(model: Bitmap | null, paint: PaintLayer): ComposedMask {
  const { width, height } = paint;
  if (model && isUnpainted(paint)) return { bitmap: model, added: 0, removed: 0 };
  const data = model ? model.data.slice() : new Uint8Array(width * height);
  let added = 0;
  let removed = 0;
  forEachTileRow(paint, (tile, tileAt, imageAt, length) => {
    for (let i = 0; i < length; i++) {
      const value = tile[tileAt + i];
      if (value === ADDED && data[imageAt + i] === 0) {
        data[imageAt + i] = 1;
        added++;
      } else if (value === REMOVED && data[imageAt + i] === 1) {
        data[imageAt + i] = 0;
        removed++;
      }
    }
  });
  return { bitmap: new Bitmap(width, height, data), added, removed };
}

/** The paint that turns `model` (null: nothing) into `target`: how an accepted mask is opened again for more clicks. */
export function compareToPaint(empty: PaintLayer, model: Bitmap | null, target: Bitmap): PaintLayer {
  const across = tilesAcross(empty);
  const tiles = new Map<number, Uint8Array>();
  for (let index = 0; index < across * Math.ceil(empty.height / TILE); index++) {
    const tile = new Uint8Array(TILE * TILE);
    let painted = false;
    forEachTileRow({ ...empty, tiles: new Map([[index, tile]]) }, (_, tileAt, imageAt, length) => {
      for (let i = 0; i < length; i++) {
        const wanted = target.data[imageAt + i] ?? 0;
        if (wanted === (model?.data[imageAt + i] ?? 0)) continue;
        tile[tileAt + i] = wanted ? ADDED : REMOVED;
        painted = true;
      }
    });
    if (painted) tiles.set(index, tile);
  }
  return { ...empty, tiles };
}

/** Whether anything is painted on, without looking at what lies under it. */
export function anyAdded(paint: PaintLayer): boolean {
  for (const tile of paint.tiles.values())
    if (tile.some((value) => value !== UNTOUCHED && value !== REMOVED)) return true;
  return false;
}

/** Calls `visit` for the part of each tile's row that lies inside the image: positions in the tile and in the image, and length. */
function forEachTileRow(
  paint: PaintLayer,
  visit: (tile: Uint8Array, tileAt: number, imageAt: number, length: number) => void,
): void {
  const across = tilesAcross(paint);
  for (const [index, tile] of paint.tiles) {
    const originX = (index % across) * TILE;
    const originY = Math.floor(index / across) * TILE;
    const length = Math.min(TILE, paint.width - originX);
    const rows = Math.min(TILE, paint.height - originY);
    for (let row = 0; row < rows; row++) visit(tile, row * TILE, (originY + row) * paint.width + originX, length);
  }
}
