// Pointing without a pointer: the arrow keys move a cursor over the canvas, the space bar presses there as a button of the mouse
// would. Held while the arrows go on, it drags: a box, a stroke, a prompt.

import { type CanvasPoint, canvasPoint, type Size } from "../geometry/points";
import type { HandContext, PointerInput } from "./hand";

export interface KeyPointerHost {
  context(): HandContext;
  pan(dx: number, dy: number): void;
  /** Where tools show that they are. */
  cursor(at: CanvasPoint | null): void;
  /** Where the keys' own cursor is drawn; null when the pointer has taken over. */
  keyCursor(at: CanvasPoint | null): void;
}

/** In CSS pixels; where an image pixel is larger than the short step, that is one image pixel. */
const STEP = 8;
const FAR_STEP = 64;
/** So near to the canvas's edge the picture moves instead of the cursor. */
const BRIM = 24;

export class KeyPointer {
  private at: CanvasPoint | null = null;
  private seen: CanvasPoint | null = null;
  private pressed = false;

  /** `feed` does what an input means for the hand. */
  constructor(
    private readonly host: KeyPointerHost,
    private readonly feed: (input: PointerInput) => void,
  ) {}

  get active(): boolean {
    return this.at !== null;
  }

  /** The pointer moved, and takes over. */
  leaveTo(at: CanvasPoint): void {
    this.seen = at;
    if (!this.at) return;
    if (this.pressed) this.finish("cancel");
    this.at = null;
    this.host.keyCursor(null);
  }

  step(dx: number, dy: number, far: boolean): void {
    const { image, view } = this.host.context();
    if (!image) return;
    const from = this.at ?? this.start(view.canvas);
    const length = far ? FAR_STEP : Math.max(STEP, view.viewport.zoom);
    const [wantedX, wantedY] = [from.x + dx * length, from.y + dy * length];
    const at = canvasPoint(within(wantedX, view.canvas.width), within(wantedY, view.canvas.height));
    if (at.x !== wantedX || at.y !== wantedY) this.host.pan(at.x - wantedX, at.y - wantedY);
    this.put(at);
    this.feed(this.pressed ? { kind: "move", through: [at] } : { kind: "hover", at });
  }

  /** The button goes down or comes up where the cursor is. `other`: the one that takes away. */
  press(on: boolean, other: boolean): void {
    const { image, view } = this.host.context();
    if (!on) {
      if (this.pressed) this.finish("up");
      return;
    }
    if (this.pressed || !image) return;
    const at = this.at ?? this.start(view.canvas);
    this.put(at);
    this.pressed = true;
    this.feed({ kind: "down", at, button: other ? "right" : "left", alt: false, grab: false });
  }

  private finish(kind: "up" | "cancel"): void {
    this.pressed = false;
    this.feed({ kind });
  }

  private put(at: CanvasPoint): void {
    this.at = at;
    this.host.cursor(at);
    this.host.keyCursor(at);
  }

  /** Where the pointer was last, else in the middle. */
  private start(canvas: Size): CanvasPoint {
    return this.seen ?? canvasPoint(canvas.width / 2, canvas.height / 2);
  }
}

function within(place: number, length: number): number {
  return Math.min(Math.max(place, Math.min(BRIM, length / 2)), Math.max(length - BRIM, length / 2));
}
