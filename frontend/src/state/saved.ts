// The accepted masks of the image, as the list and the canvas show them.

import type { Box } from "../geometry/points";
import type { MaskIn, MaskOut, MaskToken, PromptPoint, TimeLimitOutcome } from "../protocol/api";
import type { Candidate } from "./draft";

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

/**
 * Twelve colours that people with any of the common colour-vision deficiencies tell apart by hue or lightness (after Okabe
 * and Ito, widened by light and dark partners). Neighbours in the list differ in lightness as well. The current mask's blue
 * is not among them.
 */
export const PALETTE: readonly (readonly [number, number, number])[] = [
  [235, 110, 180],
  [240, 228, 66],
  [0, 168, 120],
  [230, 159, 0],
  [160, 90, 190],
  [127, 226, 205],
  [213, 94, 0],
  [186, 224, 110],
  [170, 60, 90],
  [255, 214, 163],
  [0, 109, 91],
  [255, 190, 205],
];

export function colourOf(index: number): readonly [number, number, number] {
  return PALETTE[index % PALETTE.length] ?? [235, 110, 180];
}

/** A mask as the server tells it; `place` among the image's masks gives it its colour. */
export function savedFrom(mask: MaskOut, place: number): SavedMask {
  return { ...acceptedFrom(mask, mask), colour: place };
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
