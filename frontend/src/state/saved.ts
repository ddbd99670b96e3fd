// The accepted masks of the image, as the list and the canvas show them.

import type { Box } from "../geometry/points";
import type { CropBox, MaskIn, MaskOut, MaskToken, PromptPoint, TimeLimitOutcome } from "../protocol/api";
import type { Candidate } from "./draft";
import { colourBeside } from "./palette";

export interface SavedMask {
  readonly id: string;
  /** [height, width] of the image. */
  readonly size: readonly [number, number];
  /** Compressed COCO RLE. */
  readonly counts: string;
  /** [x, y, width, height] in image pixels. */
  readonly bbox: readonly [number, number, number, number];
  readonly area: number;
  readonly points: readonly PromptPoint[];
  readonly box: Box | null;
  /** The part of the image that it was decoded in; null for the whole. */
  readonly crop: CropBox | null;
  /** The candidate that the first of the prompts gave. */
  readonly firstToken: Candidate | null;
  readonly chosenToken: MaskToken | null;
  readonly predictedIou: number | null;
  readonly stabilityScore: number | null;
  readonly brushPixelsAdded: number;
  readonly brushPixelsRemoved: number;
  readonly activeMs: number;
  readonly timeLimitOutcome: TimeLimitOutcome;
  /** Index into the palette; stays with the mask while others come and go. */
  readonly colour: number;
}

/** An image's masks as the server tells them, each in another colour than those beside it. */
export function savedFrom(masks: readonly MaskOut[]): SavedMask[] {
  const saved: SavedMask[] = [];
  for (const [place, mask] of masks.entries()) {
    saved.push({ ...acceptedFrom(mask, mask), colour: colourBeside(mask.bbox, saved, place) });
  }
  return saved;
}

/** A mask as it is sent to the server, with what was found in its pixels. */
export function acceptedFrom(
  mask: Omit<MaskIn, "session_id" | "lease_token" | "image_sha256" | "model_version">,
  { id, bbox, area }: Pick<SavedMask, "id" | "bbox" | "area">,
): Omit<SavedMask, "colour"> {
  return {
    id,
    size: mask.size,
    counts: mask.counts,
    bbox,
    area,
    points: mask.prompts.points,
    box: mask.prompts.box,
    crop: mask.prompts.crop_box ?? null,
    firstToken: mask.prompts.first_token ?? onlyToken(mask),
    chosenToken: mask.chosen_token,
    predictedIou: mask.predicted_iou,
    stabilityScore: mask.stability_score,
    brushPixelsAdded: mask.brush_pixels_added,
    brushPixelsRemoved: mask.brush_pixels_removed,
    activeMs: mask.active_ms,
    timeLimitOutcome: mask.time_limit_outcome,
  };
}

/** A mask of one prompt is the first prompt's mask itself. */
function onlyToken({ prompts, chosen_token }: Pick<MaskIn, "prompts" | "chosen_token">): Candidate | null {
  return prompts.points.length + (prompts.box ? 1 : 0) === 1 && chosen_token ? chosen_token : null;
}
