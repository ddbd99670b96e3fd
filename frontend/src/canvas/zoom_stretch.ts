// Masks while the picture is being zoomed. Each zoom wants every pixel of theirs anew, which takes longer than a frame where there are
// many pixels. So in a quick succession of zooms what was drawn last is stretched, and drawn sharp when the hand rests.

import type { Placement } from "./placement";

/** A zoom that comes so soon after another one was drawn is one of a succession. */
const AGAIN_MS = 150;
/** The hand rests when it has not zoomed for so long. */
const REST_MS = 100;
/** Drawing sharp in less time than this leaves a frame enough for everything else. */
const QUICK_MS = 6;

/** Tells a succession of zooms from a single one. */
export class ZoomPace {
  private scale: number | null = null;
  private at = Number.NEGATIVE_INFINITY;
  private hurried = false;

  /** Whether the hand is in a succession of zooms. `now` is in milliseconds. */
  isHurried(scale: number, now: number): boolean {
    if (scale !== this.scale) {
      this.hurried = this.scale !== null && now - this.at < AGAIN_MS;
      this.at = now;
      this.scale = scale;
    } else if (now - this.at >= REST_MS) this.hurried = false;
    return this.hurried;
  }

  /** What was asked for last has been drawn; that takes time of its own, which is no pause of the hand. */
  drawn(now: number): void {
    this.at = now;
  }
}

export class ZoomStretch {
  private readonly pace = new ZoomPace();
  private sharp: Placement | null = null;
  private sharpMs = 0;
  private held: OffscreenCanvas | null = null;

  /** The canvas shows everything sharp at this placement, after so many milliseconds of drawing. */
  drawnSharp(placement: Placement, ms: number): void {
    // At the same scale only a part may have been drawn.
    if (placement.scale !== this.sharp?.scale) {
      this.sharpMs = ms;
      this.pace.drawn(performance.now());
    }
    this.sharp = placement;
    this.letGo();
  }

  /** What is on the canvas holds no longer. */
  forget(): void {
    this.sharp = null;
    this.letGo();
  }

  /** Draws what there is, stretched, and gives true; false when it has to be drawn sharp. */
  draw(context: CanvasRenderingContext2D, placement: Placement): boolean {
    const hurried = this.pace.isHurried(placement.scale, performance.now());
    if (!hurried || !this.sharp || this.sharpMs < QUICK_MS) return false;
    const { canvas } = context;
    this.held ??= copyOf(canvas);
    const factor = placement.scale / this.sharp.scale;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    const [x, y] = [placement.shiftX - this.sharp.shiftX * factor, placement.shiftY - this.sharp.shiftY * factor];
    context.drawImage(this.held, x, y, canvas.width * factor, canvas.height * factor);
    return true;
  }

  private letGo(): void {
    if (this.held) this.held.width = this.held.height = 0;
    this.held = null;
  }
}

function copyOf(canvas: HTMLCanvasElement): OffscreenCanvas {
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  copy.getContext("2d")?.drawImage(canvas, 0, 0);
  return copy;
}
