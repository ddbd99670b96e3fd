// A mask's place in the image, small: the picture around it, and the mask in its colour.

import type { SavedLayer } from "../../canvas/saved_layer";
import type { SavedMask } from "../../state/saved";

/** Room around the mask, as a share of its longer side. */
const AROUND = 0.18;

export function drawThumbnail(
  canvas: HTMLCanvasElement,
  picture: ImageBitmap,
  mask: SavedMask,
  pictures: SavedLayer,
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
  context.imageSmoothingQuality = "medium";
  context.drawImage(picture, 0, 0, imageWidth, imageHeight);
  pictures.drawOne(context, mask, 0.55);
}

/** The nearest start that keeps the cut inside the image; centred where it is larger than the image. */
function within(start: number, room: number): number {
  return room < 0 ? room / 2 : Math.min(room, Math.max(0, start));
}
