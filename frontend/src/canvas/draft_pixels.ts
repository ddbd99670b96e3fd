// The current mask's pixels with the paint over them, kept up to date tile by tile while a stroke is under way.

import type { Bitmap } from "../geometry/bitmap";
import type { ImageRect } from "../geometry/points";
import { composeMask } from "../state/compose";
import { type Draft, type MaskSource, visibleSource } from "../state/draft";
import { ADDED, changedTiles, isUnpainted, type PaintLayer, paintAt, REMOVED } from "../state/paint";
import type { ModelBitmaps } from "./model_bitmaps";

export interface DraftPixels {
  readonly bitmap: Bitmap;
  /** Holds all of the mask, and may be larger; null when there is none. */
  readonly bounds: ImageRect | null;
  /** What changed since the last time; null when everything may have. */
  readonly changed: ImageRect | null;
}

interface Held {
  readonly source: MaskSource;
  readonly model: Bitmap | null;
  readonly paint: PaintLayer;
  readonly bitmap: Bitmap;
  readonly bounds: ImageRect | null;
}

export class DraftCompositor {
  private held: Held | null = null;

  constructor(private readonly bitmaps: ModelBitmaps) {}

  /** Null while the model's own mask is shown, which is drawn from its logits without ever computing all of it. */
  pixels(draft: Draft): DraftPixels | null {
    const source = visibleSource(draft);
    if (isUnpainted(draft.paint) && source.kind !== "base") {
      this.held = null;
      return null;
    }
    const held = this.held;
    if (held && sameSource(held.source, source) && held.paint.width === draft.paint.width) {
      return this.patch(held, draft.paint);
    }
    const model =
      source.kind === "model" ? this.bitmaps.get(source.mask) : source.kind === "base" ? source.base.bitmap : null;
    const composed = composeMask(model, draft.paint).bitmap;
    const bitmap = composed === model ? composed.clone() : composed; // strokes are drawn into it
    const bounds = bitmap.bounds();
    this.held = { source, model, paint: draft.paint, bitmap, bounds };
    return { bitmap, bounds, changed: null };
  }

  private patch(held: Held, paint: PaintLayer): DraftPixels {
    let { bounds } = held;
    let changed: ImageRect | null = null;
    for (const rect of changedTiles(held.paint, paint)) {
      copyRect(held, paint, rect);
      bounds = union(bounds, rect);
      changed = union(changed, rect);
    }
    this.held = { ...held, paint, bounds };
    const nothing = { x0: 0, y0: 0, x1: 0, y1: 0 };
    return { bitmap: held.bitmap, bounds, changed: changed ?? nothing };
  }
}

function sameSource(a: MaskSource, b: MaskSource): boolean {
  if (a.kind === "model") return b.kind === "model" && a.mask.logits === b.mask.logits;
  if (a.kind === "base") return b.kind === "base" && a.base === b.base;
  return b.kind === "none";
}

function copyRect(held: Held, paint: PaintLayer, rect: ImageRect): void {
  const { bitmap, model } = held;
  for (let y = rect.y0; y < rect.y1; y++) {
    for (let x = rect.x0; x < rect.x1; x++) {
      const at = y * bitmap.width + x;
      const value = paintAt(paint, x, y);
      bitmap.data[at] = value === ADDED ? 1 : value === REMOVED ? 0 : (model?.data[at] ?? 0);
    }
  }
}

export function union(a: ImageRect | null, b: ImageRect): ImageRect {
  if (!a) return b;
  return {
    x0: Math.min(a.x0, b.x0),
    y0: Math.min(a.y0, b.y0),
    x1: Math.max(a.x1, b.x1),
    y1: Math.max(a.y1, b.y1),
  };
}
