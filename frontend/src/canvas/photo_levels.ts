// The photo at half its size, a quarter and so on, so that a frame never has to read all of its 24 megapixels. Each is made from the
// one before it when it is first wanted: halving by the mean of four pixels keeps what is fine from shimmering.

import type { Size } from "../geometry/points";

/** Smaller ones are not worth it. */
const LEAST_SIDE = 256;

type Picture = CanvasImageSource & Size;

/** Of one photo at a time: the one that was last asked for. */
export class PhotoLevels {
  private picture: Picture | null = null;
  private readonly halved: OffscreenCanvas[] = [];

  /** The smallest that is no smaller than `scale` of the photo, which it stands for in its whole extent. */
  of(picture: Picture, scale: number): Picture {
    if (picture !== this.picture) this.forget();
    this.picture = picture;
    let level = picture;
    for (let index = 0, share = 1 / 2; share >= scale; index++, share /= 2) {
      if (Math.min(level.width, level.height) / 2 < LEAST_SIDE) break;
      this.halved[index] ??= halve(level);
      level = this.halved[index] ?? level;
    }
    return level;
  }

  /** Gives the memory back now: the collector is slow to see it. */
  private forget(): void {
    for (const level of this.halved) level.width = level.height = 0;
    this.halved.length = 0;
  }
}

function halve(picture: Picture): OffscreenCanvas {
  const half = new OffscreenCanvas(Math.ceil(picture.width / 2), Math.ceil(picture.height / 2));
  const context = half.getContext("2d", { alpha: false });
  if (context) {
    context.imageSmoothingQuality = "low"; // bilinear: at exactly half, the mean of four pixels
    context.drawImage(picture, 0, 0, half.width, half.height);
  }
  return half;
}
