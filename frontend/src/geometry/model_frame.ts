import { type ImagePoint, type ModelPoint, modelPoint } from "./points";

/** How an image lies in a model's square input: scaled to touch its longer side, at the top left, the rest padding. */
export interface ModelFrame {
  /** Of the oriented image. */
  readonly width: number;
  readonly height: number;
  /** Of the resized image, without padding. */
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

/** Scaled per axis. Never adds the half pixel: the prompt encoder does. */
export function toModel(frame: ModelFrame, point: ImagePoint): ModelPoint {
  return modelPoint((point.x * frame.resizedWidth) / frame.width, (point.y * frame.resizedHeight) / frame.height);
}
