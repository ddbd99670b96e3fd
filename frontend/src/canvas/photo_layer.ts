// The photo. Where it was only moved, what is on the canvas already is moved, and the strips that came into sight are drawn.

import type { ImageRect, Size } from "../geometry/points";
import type { View } from "../state/view";
import type { PhotoLevels } from "./photo_levels";
import { moveBetween, movedPlacement, type Placement, placementOf, strips } from "./placement";

/** From this many CSS pixels per image pixel on, pixels are shown as pixels. */
const SHOW_PIXELS_FROM = 4;

interface Shown {
  readonly picture: ImageBitmap;
  readonly placement: Placement;
  readonly size: Size;
}

export class PhotoLayer {
  private shown: Shown | null = null;

  constructor(private readonly levels: PhotoLevels) {}

  /** `image`: the size in which the picture stands for the photo. Null where there is none. */
  draw(context: CanvasRenderingContext2D, picture: ImageBitmap | null, image: Size | null, view: View): void {
    const size = { width: context.canvas.width, height: context.canvas.height };
    const whole = { x0: 0, y0: 0, x1: size.width, y1: size.height };
    if (!picture || !image) {
      clear(context, whole);
      this.shown = null;
      return;
    }
    const now = placementOf(view);
    const { shown } = this;
    const stays = shown?.picture === picture && shown.size.width === size.width && shown.size.height === size.height;
    const move = stays ? moveBetween(shown.placement, now) : null;
    const placement = move && shown ? movedPlacement(shown.placement, move) : now;
    this.shown = { picture, placement, size };
    if (move) moveCanvas(context, move);
    for (const rect of move ? strips(size, move) : [whole]) this.paint(context, rect, picture, image, placement, view);
  }

  private paint(
    context: CanvasRenderingContext2D,
    rect: ImageRect,
    picture: ImageBitmap,
    image: Size,
    { scale, shiftX, shiftY }: Placement,
    view: View,
  ): void {
    clear(context, rect);
    context.save();
    context.beginPath();
    context.rect(rect.x0, rect.y0, rect.x1 - rect.x0, rect.y1 - rect.y0);
    context.clip();
    context.setTransform(scale, 0, 0, scale, shiftX, shiftY);
    context.imageSmoothingEnabled = view.viewport.zoom < SHOW_PIXELS_FROM;
    context.imageSmoothingQuality = "low";
    context.drawImage(this.levels.of(picture, scale), 0, 0, image.width, image.height);
    context.restore();
  }
}

function clear(context: CanvasRenderingContext2D, { x0, y0, x1, y1 }: ImageRect): void {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(x0, y0, x1 - x0, y1 - y0);
}

function moveCanvas(context: CanvasRenderingContext2D, { x, y }: { readonly x: number; readonly y: number }): void {
  if (x === 0 && y === 0) return;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.globalCompositeOperation = "copy";
  context.drawImage(context.canvas, x, y);
  context.globalCompositeOperation = "source-over";
}
