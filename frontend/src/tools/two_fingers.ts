// Two fingers move the picture, and zoom around the point between them.

import { type CanvasPoint, canvasPoint } from "../geometry/points";

export interface TwoFingersHost {
  pan(dx: number, dy: number): void;
  zoom(factor: number, around: CanvasPoint): void;
}

/** Closer than this many CSS pixels two fingers tell no distance. */
const LEAST_APART = 10;

export class TwoFingers {
  private readonly at = new Map<number, CanvasPoint>();
  /** From the second finger on until the last is up: the one that stays begins nothing of its own. */
  busy = false;

  constructor(private readonly host: TwoFingersHost) {}

  /** True when the finger is the second, or a further one. */
  down(id: number, at: CanvasPoint): boolean {
    this.at.set(id, at);
    if (this.at.size > 1) this.busy = true;
    return this.busy;
  }

  /** True when the finger belongs to the gesture. */
  move(id: number, to: CanvasPoint): boolean {
    if (!this.busy || !this.at.has(id)) return false;
    const before = this.pair();
    this.at.set(id, to);
    const now = this.pair();
    if (before && now) {
      this.host.pan(now.middle.x - before.middle.x, now.middle.y - before.middle.y);
      if (before.apart > LEAST_APART && now.apart > LEAST_APART) this.host.zoom(now.apart / before.apart, now.middle);
    }
    return true;
  }

  up(id: number): void {
    this.at.delete(id);
    if (this.at.size === 0) this.busy = false;
  }

  private pair(): { readonly middle: CanvasPoint; readonly apart: number } | null {
    const [a, b] = this.at.values();
    if (!a || !b) return null;
    return { middle: canvasPoint((a.x + b.x) / 2, (a.y + b.y) / 2), apart: Math.hypot(a.x - b.x, a.y - b.y) };
  }
}
