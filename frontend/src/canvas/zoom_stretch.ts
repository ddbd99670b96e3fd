// Masks while the picture is being zoomed. Each zoom wants every pixel of theirs anew, which takes longer than a frame where there are
// many pixels. So in a quick succession of zooms the browser stretches what was drawn last, and it is drawn sharp when the hand rests.

import type { Placement } from "./placement";

/** A zoom that comes so soon after another one was drawn is one of a succession. */
const AGAIN_MS = 150;
/** The hand rests when it has not zoomed for so long. */
const REST_MS = 100;
/** Drawing sharp in less time than this leaves a frame enough for everything else. */
const QUICK_MS = 3;

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

/** Canvases that are stretched together. */
export class ZoomStretch {
  private readonly pace = new ZoomPace();
  private sharp: Placement | null = null;
  private sharpMs = 0;
  /** The canvases show what was drawn before, stretched: they have to be drawn when the hand rests. */
  stretched = false;

  constructor(private readonly canvases: readonly HTMLCanvasElement[]) {}

  /** The canvases show everything sharp at this placement, after so many milliseconds of drawing. */
  drawnSharp(placement: Placement, ms: number): void {
    // At the same scale only a part may have been drawn.
    if (placement.scale !== this.sharp?.scale) {
      this.sharpMs = ms;
      this.pace.drawn(performance.now());
    }
    this.sharp = placement;
    if (!this.stretched) return;
    this.stretched = false;
    this.transform("");
  }

  /** Stretches what there is, and gives true; false when it has to be drawn sharp. */
  to(placement: Placement, pixelRatio: number): boolean {
    const hurried = this.pace.isHurried(placement.scale, performance.now());
    if (!hurried || !this.sharp || this.sharpMs < QUICK_MS) return false;
    this.stretched = true;
    this.transform(stretchBetween(this.sharp, placement, pixelRatio));
    return true;
  }

  private transform(transform: string): void {
    for (const canvas of this.canvases) canvas.style.transform = transform;
  }
}

/** The CSS transform, from the canvas's upper left corner, that lays what was drawn at one placement where it is at another. */
export function stretchBetween(before: Placement, now: Placement, pixelRatio: number): string {
  const factor = now.scale / before.scale;
  const [x, y] = [now.shiftX - before.shiftX * factor, now.shiftY - before.shiftY * factor];
  return `matrix(${factor}, 0, 0, ${factor}, ${x / pixelRatio}, ${y / pixelRatio})`;
}
