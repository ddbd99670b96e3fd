// A mask's place in the image, small: the picture around it, and the mask in its colour.

import type { PhotoLevels } from "../../canvas/photo_levels";
import { axisPixels } from "../../geometry/region_paint";
import { sampleRle } from "../../geometry/rle";
import { colourOf } from "../../state/palette";
import type { SavedMask } from "../../state/saved";

/** Room around the mask, as a share of its longer side. */
const AROUND = 0.18;

const OPACITY = 0.55;

export function drawThumbnail(
  canvas: HTMLCanvasElement,
  picture: ImageBitmap,
  photo: PhotoLevels,
  mask: SavedMask,
): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const [x, y, width, height] = mask.bbox;
  const [imageHeight, imageWidth] = mask.size;
  const side = Math.max(8, Math.max(width, height) * (1 + 2 * AROUND));
  const scale = canvas.width / side;
  const left = within(x + width / 2 - side / 2, imageWidth - side);
  const top = within(y + height / 2 - side / 2, imageHeight - side);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.setTransform(scale, 0, 0, scale, -left * scale, -top * scale);
  context.imageSmoothingQuality = "low";
  context.drawImage(photo.of(picture, scale), 0, 0, imageWidth, imageHeight);
  drawMask(context, mask, { scale, left, top });
}

interface Cut {
  readonly scale: number;
  /** In image pixels. */
  readonly left: number;
  readonly top: number;
}

/** Only the pixels that the thumbnail shows are looked up. */
function drawMask(context: CanvasRenderingContext2D, mask: SavedMask, { scale, left, top }: Cut): void {
  const { width, height } = context.canvas;
  const [imageHeight, imageWidth] = mask.size;
  const columns = axisPixels(0, width, -left * scale, scale, imageWidth);
  const rows = axisPixels(0, height, -top * scale, scale, imageHeight);
  const inside = sampleRle(mask, columns, rows);
  const shape = new ImageData(width, height);
  const [red, green, blue] = colourOf(mask.colour);
  for (let index = 0; index < inside.length; index++) {
    if (inside[index] === 1) shape.data.set([red, green, blue, 255 * OPACITY], index * 4);
  }
  const scratch = new OffscreenCanvas(width, height);
  scratch.getContext("2d")?.putImageData(shape, 0, 0);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.drawImage(scratch, 0, 0);
}

/** The nearest start that keeps the cut inside the image; centred where it is larger than the image. */
function within(start: number, room: number): number {
  return room < 0 ? room / 2 : Math.min(room, Math.max(0, start));
}
