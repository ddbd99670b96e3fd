// Parts of the image that are encoded by themselves: which of them serves for what is looked at, and for which prompts.

import type { CropBox } from "../protocol/api";
import { reach } from "./logits";
import { areaOf, imageOf, type ModelFrame } from "./model_frame";
import type { Box, ImagePoint, ImageRect, Size } from "./points";

/** A prompt nearer to the crop's edge than this share of its side may be of an object that goes on beyond. */
const PROMPT_MARGIN = 1 / 16;
/** What is in sight keeps this distance from the crop's edge: half of what the server leaves, so that a little panning changes nothing. */
const VIEW_MARGIN = 1 / 32;
/** What is in sight takes at least this share of the crop's side: looked at more closely, a smaller crop shows more. */
const LEAST_SHARE = 0.4;

export function sameCrop(a: CropBox | null, b: CropBox | null): boolean {
  return a === b || (a !== null && b !== null && a.every((value, index) => value === b[index]));
}

/** The crop that a frame is of; null for the whole image. */
export function cropOf({ part, width, height }: ModelFrame): CropBox | null {
  return part ? [part.x, part.y, width, height] : null;
}

/** Whether [from, to] lies between the crop's edges on one axis, away from those that are not the image's own. */
function within(from: number, to: number, start: number, length: number, room: number, margin: number): boolean {
  const end = start + length;
  return from >= (start > 0 ? start + margin : 0) && to <= (end < room ? end - margin : room);
}

function holds(crop: CropBox, rect: ImageRect, image: Size, share: number): boolean {
  const [x, y, width, height] = crop;
  const margin = Math.max(width, height) * share;
  return (
    within(rect.x0, rect.x1, x, width, image.width, margin) && within(rect.y0, rect.y1, y, height, image.height, margin)
  );
}

/** Whether prompts lie so well inside that their object is likely to. */
export function holdsPrompts(
  crop: CropBox,
  { points, box }: { readonly points: readonly { readonly at: ImagePoint }[]; readonly box: Box | null },
  image: Size,
): boolean {
  const rects = points.map(({ at: { x, y } }) => ({ x0: x, y0: y, x1: x, y1: y }));
  if (box) rects.push({ x0: box[0], y0: box[1], x1: box[2], y1: box[3] });
  return rects.every((rect) => holds(crop, rect, image, PROMPT_MARGIN));
}

/** Whether a crop serves for what is in sight, so that no other need be asked for. */
export function servesView(crop: CropBox, view: ImageRect, image: Size): boolean {
  const longer = Math.max(view.x1 - view.x0, view.y1 - view.y0);
  return holds(crop, view, image, VIEW_MARGIN) && longer >= LEAST_SHARE * Math.max(crop[2], crop[3]);
}

/** Whether what is in sight has anything to do with the crop still. */
export function meets([x, y, width, height]: CropBox, view: ImageRect): boolean {
  return view.x0 < x + width && view.x1 > x && view.y0 < y + height && view.y1 > y;
}

/** Whether a mask reaches an edge of its crop beyond which the image goes on: then so may the object. */
export function isCutOff(frame: ModelFrame, logits: Float32Array): boolean {
  const mask = frame.part ? reach(frame, logits, 0) : null;
  if (!mask) return false;
  const [area, image] = [areaOf(frame), imageOf(frame)];
  return (
    (area.x0 > 0 && mask.x0 <= area.x0) ||
    (area.y0 > 0 && mask.y0 <= area.y0) ||
    (area.x1 < image.width && mask.x1 >= area.x1) ||
    (area.y1 < image.height && mask.y1 >= area.y1)
  );
}
