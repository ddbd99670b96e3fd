// About where a mask under work lies, without working out its pixels.

import { reach } from "../geometry/logits";
import type { Draft } from "./draft";
import { visibleSource } from "./draft";
import { TILE, tilesAcross } from "./paint";

/** [x, y, width, height] in image pixels of a rectangle that holds the mask and may be larger; null for an empty one. */
export function draftBounds(draft: Draft): readonly [x: number, y: number, width: number, height: number] | null {
  let [x0, y0, x1, y1] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0];
  const include = (left: number, top: number, right: number, bottom: number) => {
    [x0, y0, x1, y1] = [Math.min(x0, left), Math.min(y0, top), Math.max(x1, right), Math.max(y1, bottom)];
  };
  const source = visibleSource(draft);
  const rect =
    source.kind === "model"
      ? reach(source.mask.frame, source.mask.logits, 0)
      : source.kind === "base"
        ? source.base.bitmap.bounds()
        : null;
  if (rect) include(rect.x0, rect.y0, rect.x1, rect.y1);
  const across = tilesAcross(draft.paint);
  for (const index of draft.paint.tiles.keys()) {
    const [left, top] = [(index % across) * TILE, Math.floor(index / across) * TILE];
    include(left, top, Math.min(draft.paint.width, left + TILE), Math.min(draft.paint.height, top + TILE));
  }
  return x1 > x0 ? [x0, y0, x1 - x0, y1 - y0] : null;
}
