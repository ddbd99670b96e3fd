// Accepted masks: each a cached picture cut to its bounding box and its outline as a path, so that panning and zooming only
// copies. A picture is made once per mask and thrown away with it.

import type { Bitmap } from "../geometry/bitmap";
import type { ImageRect } from "../geometry/points";
import { decodeRle } from "../geometry/rle";
import { colourOf, type SavedMask } from "../state/saved";
import type { View } from "../state/view";
import { outline } from "./outline";

const FILL_OPACITY = 0.38;
/** While another mask is being made, so that it stands out. */
const FILL_OPACITY_BEHIND = 0.18;
const FILL_OPACITY_POINTED = 0.65;
/** A larger picture is sampled, so that a mask of a whole 24-megapixel photo takes 16 MB instead of 96. Its border stays exact. */
const MOST_PIXELS = 4_000_000;

interface MaskPicture {
  /** What the canvas covers of the image. */
  readonly bounds: ImageRect;
  readonly canvas: OffscreenCanvas;
  readonly border: Path2D;
}

export class SavedLayer {
  private readonly pictures = new Map<string, MaskPicture>();

  /** The bitmap of a mask that was just accepted, so that it need not be decoded from its RLE. */
  offer(mask: SavedMask, bitmap: Bitmap): void {
    if (!this.pictures.has(mask.id)) this.pictures.set(mask.id, pictureOf(mask, bitmap));
  }

  /** In image coordinates. `behind`: another mask is being made in front of them. */
  draw(
    context: CanvasRenderingContext2D,
    masks: readonly SavedMask[],
    { pointedAt, behind, view }: { pointedAt: string | null; behind: boolean; view: View },
  ): void {
    const { zoom } = view.viewport;
    context.imageSmoothingEnabled = zoom * view.pixelRatio < 1;
    // Parts lie on wholes: the larger first, whatever the order in which they were made.
    for (const mask of [...masks].sort((a, b) => b.area - a.area)) {
      const picture = this.pictureFor(mask);
      const pointed = mask.id === pointedAt;
      context.globalAlpha = pointed ? FILL_OPACITY_POINTED : behind ? FILL_OPACITY_BEHIND : FILL_OPACITY;
      drawFill(context, picture);
      context.globalAlpha = 1;
      context.lineJoin = "round";
      context.lineCap = "square";
      context.lineWidth = (pointed ? 5 : 3) / zoom;
      context.strokeStyle = "rgb(0 0 0 / 45%)";
      context.stroke(picture.border);
      context.lineWidth = (pointed ? 2.5 : 1.5) / zoom;
      context.strokeStyle = `rgb(${colourOf(mask.colour).join(" ")})`;
      context.stroke(picture.border);
    }
  }

  /** One mask's fill alone, in image coordinates. */
  drawOne(context: CanvasRenderingContext2D, mask: SavedMask, opacity: number): void {
    const picture = this.pictureFor(mask);
    context.globalAlpha = opacity;
    drawFill(context, picture);
    context.globalAlpha = 1;
  }

  /** Forgets the pictures of masks that are gone. */
  keep(masks: readonly SavedMask[]): void {
    const ids = new Set(masks.map(({ id }) => id));
    for (const id of this.pictures.keys()) if (!ids.has(id)) this.pictures.delete(id);
  }

  private pictureFor(mask: SavedMask): MaskPicture {
    let picture = this.pictures.get(mask.id);
    if (!picture) {
      picture = pictureOf(mask, decodeRle(mask.size, mask.counts));
      this.pictures.set(mask.id, picture);
    }
    return picture;
  }
}

function drawFill(context: CanvasRenderingContext2D, { canvas, bounds: { x0, y0, x1, y1 } }: MaskPicture): void {
  context.drawImage(canvas, x0, y0, x1 - x0, y1 - y0);
}

function pictureOf(mask: SavedMask, bitmap: Bitmap): MaskPicture {
  const bounds = bitmap.bounds() ?? { x0: 0, y0: 0, x1: 1, y1: 1 };
  const border = new Path2D();
  const lines = outline(bitmap, bounds);
  for (let i = 0; i < lines.length; i += 4) {
    border.moveTo(lines[i] ?? 0, lines[i + 1] ?? 0);
    border.lineTo(lines[i + 2] ?? 0, lines[i + 3] ?? 0);
  }
  return { bounds, canvas: cutOut(bitmap, bounds, colourOf(mask.colour)), border };
}

/** The mask's pixels in one opaque colour, cut to a rectangle; of a large one, pixels at equal distances. */
function cutOut(
  bitmap: Bitmap,
  bounds: ImageRect,
  [red, green, blue]: readonly [number, number, number],
): OffscreenCanvas {
  const [across, down] = [bounds.x1 - bounds.x0, bounds.y1 - bounds.y0];
  const share = Math.min(1, Math.sqrt(MOST_PIXELS / (across * down)));
  const [width, height] = [Math.ceil(across * share), Math.ceil(down * share)];
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const colour = ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  for (let y = 0; y < height; y++) {
    const row = (bounds.y0 + Math.floor(((y + 0.5) * down) / height)) * bitmap.width + bounds.x0;
    for (let x = 0; x < width; x++) {
      if (bitmap.data[row + Math.floor(((x + 0.5) * across) / width)] === 1) pixels[y * width + x] = colour;
    }
  }
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}
