// The candidates after one prompt, small: the photo around them, all three cut alike so that they can be compared, and the mask.

import { reach } from "../geometry/logits";
import { imageOf } from "../geometry/model_frame";
import { type MaskPaint, paintLogits } from "../geometry/paint";
import type { ImageRect } from "../geometry/points";
import type { Viewport } from "../geometry/viewport";
import type { Answer } from "../state/draft";
import { CANDIDATES, type Candidate } from "../state/draft";
import { union } from "./draft_pixels";

/** Room around the largest of the masks, as a share of its longer side. */
const AROUND = 0.08;
const LEAST_SIDE = 16;
/** At this size only a strong colour on a dimmed photo tells the masks apart. */
const PAINT: MaskPaint = { fill: [66, 153, 255, 215], edge: [255, 255, 255, 255], edgeWidth: 2 };
const DIM = "rgb(0 0 0 / 45%)";

/** Where a square picture of `side` pixels shows all of the candidates. */
export function candidateViewport({ frame, logits }: Pick<Answer, "frame" | "logits">, side: number): Viewport {
  let bounds: ImageRect | null = null;
  for (const candidate of CANDIDATES) {
    const mask = logits[candidate];
    const rect = mask ? reach(frame, mask, 0) : null;
    if (rect) bounds = union(bounds, rect);
  }
  const { width, height } = imageOf(frame);
  const { x0, y0, x1, y1 } = bounds ?? { x0: 0, y0: 0, x1: width, y1: height };
  const shown = Math.max(LEAST_SIDE, Math.max(x1 - x0, y1 - y0) * (1 + 2 * AROUND));
  const zoom = side / shown;
  const left = inside((x0 + x1 - shown) / 2, width - shown);
  const top = inside((y0 + y1 - shown) / 2, height - shown);
  return { zoom, offsetX: -left * zoom, offsetY: -top * zoom };
}

/** The nearest start that keeps the cut on the photo; centred where it is larger than the photo. */
function inside(start: number, room: number): number {
  return room < 0 ? room / 2 : Math.min(room, Math.max(0, start));
}

export function drawCandidate(
  canvas: HTMLCanvasElement,
  picture: CanvasImageSource | null,
  answer: Answer,
  candidate: Candidate,
): void {
  const context = canvas.getContext("2d");
  const logits = answer.logits[candidate];
  if (!context || !logits) return;
  const side = canvas.width;
  const viewport = candidateViewport(answer, side);
  const { width, height } = imageOf(answer.frame);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, side, side);
  context.setTransform(viewport.zoom, 0, 0, viewport.zoom, viewport.offsetX, viewport.offsetY);
  context.imageSmoothingQuality = "medium";
  if (picture) context.drawImage(picture, 0, 0, width, height);
  context.fillStyle = DIM;
  context.fillRect(0, 0, width, height);
  const display = { viewport, canvas: { width: side, height: side }, pixelRatio: 1 };
  const mask = paintLogits(answer.frame, logits, display, PAINT);
  if (!mask) return;
  const scratch = new OffscreenCanvas(mask.width, mask.height);
  scratch.getContext("2d")?.putImageData(new ImageData(mask.data, mask.width, mask.height), 0, 0);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.drawImage(scratch, mask.x, mask.y);
}
