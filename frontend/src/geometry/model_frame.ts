import type { CropBox } from "../protocol/api";
import type { Manifest } from "../protocol/manifest";
import { type ImagePoint, type ImageRect, type ModelPoint, modelPoint, type Size } from "./points";

/**
 * How an image, or a part of it, lies in a model's square input: scaled to touch its longer side, at the top left, the rest padding.
 * Only here are the two told apart: whoever asks in image pixels gets answers in image pixels.
 */
export interface ModelFrame {
  /** Of what was encoded, in image pixels. */
  readonly width: number;
  readonly height: number;
  /** Where the part lies; absent for the whole image. */
  readonly part?: { readonly x: number; readonly y: number; readonly image: Size };
  /** Of the resized pixels, without padding. */
  readonly resizedWidth: number;
  readonly resizedHeight: number;
  /** Side of the square input. */
  readonly imageSize: number;
  /** Side of the low-res logits, which cover the whole square. */
  readonly lowResSize: number;
}

/** The same rounding as sam_core/transforms.py: an embedding and its prompts must agree to the pixel. */
export function modelFrame(width: number, height: number, imageSize: number, lowResSize: number): ModelFrame {
  for (const side of [width, height, imageSize, lowResSize]) {
    if (!Number.isInteger(side) || side < 1) throw new RangeError(`${side} is no size`);
  }
  if (lowResSize > imageSize) throw new RangeError("low-res logits are not larger than the model's input");
  const scale = imageSize / Math.max(height, width);
  return {
    width,
    height,
    resizedWidth: Math.max(1, Math.floor(width * scale + 0.5)),
    resizedHeight: Math.max(1, Math.floor(height * scale + 0.5)),
    imageSize,
    lowResSize,
  };
}

/** The frame of a part of an image that is encoded by itself. */
export function partFrame(image: Size, crop: CropBox, imageSize: number, lowResSize: number): ModelFrame {
  const [x, y, width, height] = crop;
  const size = { width: image.width, height: image.height };
  return { ...modelFrame(width, height, imageSize, lowResSize), part: { x, y, image: size } };
}

/** The frame of an image under a model, or of the part of it that is encoded by itself. */
export function frameOf(
  image: Size,
  crop: CropBox | null | undefined,
  { image_size, low_res_size }: Pick<Manifest, "image_size" | "low_res_size">,
): ModelFrame {
  return crop
    ? partFrame(image, crop, image_size, low_res_size)
    : modelFrame(image.width, image.height, image_size, low_res_size);
}

/** The image's pixels that the frame covers. */
export function areaOf({ width, height, part }: ModelFrame): ImageRect {
  const [x0, y0] = [part?.x ?? 0, part?.y ?? 0];
  return { x0, y0, x1: x0 + width, y1: y0 + height };
}

/** The size of the image that it is a frame of. */
export function imageOf({ width, height, part }: ModelFrame): Size {
  return part?.image ?? { width, height };
}

/** Scaled per axis. Never adds the half pixel: the prompt encoder does. */
export function toModel(frame: ModelFrame, point: ImagePoint): ModelPoint {
  const { x0, y0 } = areaOf(frame);
  return modelPoint(
    ((point.x - x0) * frame.resizedWidth) / frame.width,
    ((point.y - y0) * frame.resizedHeight) / frame.height,
  );
}
