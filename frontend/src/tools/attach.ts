// Listeners on the canvas and the window. They translate browser events into plain inputs and decide nothing else.

import { type Box, type CanvasPoint, canvasPoint, type LassoLine } from "../geometry/points";
import type { Command, Tool } from "../state/editor_state";
import type { Act, HeldAct } from "./commands";
import type { HandContext, PointerInput } from "./hand";
import { KeyPointer, type KeyPointerHost } from "./key_pointer";
import type { KeyContext, KeyInput, Keymap } from "./keys";
import { OneHand } from "./one_hand";
import { type PenChoices, sizeUnder, toolOf } from "./pen";
import { TwoFingers } from "./two_fingers";
import { turnWheel } from "./wheel";

export interface ToolHost extends KeyPointerHost {
  /** `grabbing`: the next press moves the picture. */
  context(): HandContext & { readonly brushSize: number; readonly grabbing: boolean; readonly pen?: PenChoices };
  keymap(): Keymap;
  keyContext(): KeyContext;
  /** `timeStamp` of the event behind the command, on the page's monotonic clock. */
  command(command: Command, timeStamp: number): void;
  act(act: Act): void;
  pan(dx: number, dy: number): void;
  zoom(factor: number, around: CanvasPoint): void;
  drag(box: Box | null): void;
  lasso(line: LassoLine | null): void;
  cursor(at: CanvasPoint | null): void;
  /** The hand went down or came up. */
  handDown(down: boolean): void;
}

export interface AttachedTools {
  /** To be called when another tool or another mask is at hand. */
  lookAgain(): void;
  /** Lets go of pointer and keys. */
  detach(): void;
}

/** Takes the pointer and the keys. */
export function attachTools(surface: HTMLCanvasElement, host: ToolHost): AttachedTools {
  const listeners = new AbortController();
  const hand = new OneHand(surface, host);
  const pointer = new PointerListener(surface, host, hand);
  const { signal } = listeners;
  surface.addEventListener("pointerdown", (event) => pointer.down(event), { signal });
  surface.addEventListener("pointermove", (event) => pointer.move(event), { signal });
  surface.addEventListener("pointerup", (event) => pointer.up(event), { signal });
  surface.addEventListener("pointercancel", (event) => pointer.cancel(event), { signal });
  surface.addEventListener("pointerleave", () => pointer.leave(), { signal });
  surface.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
  // The middle button would start the browser's own scrolling.
  surface.addEventListener("mousedown", (event) => event.button === 1 && event.preventDefault(), { signal });
  surface.addEventListener("wheel", (event) => onWheel(surface, host, event), { signal, passive: false });
  const view = surface.ownerDocument.defaultView ?? window;
  const byKeys = new KeyPointer(host, (input) => hand.feed(input));
  surface.addEventListener("pointerdown", (event) => byKeys.leaveTo(pointOf(surface, event)), {
    signal,
    capture: true,
  });
  surface.addEventListener("pointermove", (event) => isMove(event) && byKeys.leaveTo(pointOf(surface, event)), {
    signal,
  });
  const keys = new KeyListener(host, byKeys, hand);
  view.addEventListener("keydown", (event) => keys.down(event), { signal });
  view.addEventListener("keyup", (event) => keys.up(event), { signal });
  view.addEventListener("blur", () => keys.letGo(), { signal });
  return { lookAgain: () => hand.feed({ kind: "hover", at: null }), detach: () => listeners.abort() };
}

/** A finger that has come no farther than this many CSS pixels has not decided yet: a second one may follow it. */
const FINGER_SLACK = 6;
/** A second finger that comes within this time was meant with the first; later it does not take back what the first has done. */
const TOGETHER_MS = 300;

type Press = Extract<PointerInput, { kind: "down" }>;

class PointerListener {
  private held: { readonly id: number; readonly finger: boolean; readonly tool: Tool; readonly since: number } | null =
    null;
  /** A finger's press that waits until it is plain that no second one comes. */
  private waiting: Press | null = null;
  private readonly fingers: TwoFingers;

  constructor(
    private readonly surface: HTMLCanvasElement,
    private readonly host: ToolHost,
    private readonly hand: OneHand,
  ) {
    this.fingers = new TwoFingers(host);
  }

  down(event: PointerEvent): void {
    const at = pointOf(this.surface, event);
    const finger = event.pointerType === "touch";
    // A palm beside the pen, or a hand beside the mouse.
    if (finger && this.held && !this.held.finger) return;
    if (finger && this.fingers.down(event.pointerId, at)) {
      this.surface.setPointerCapture(event.pointerId);
      this.giveUp(event);
      return;
    }
    // One pointer at a time; a second button waits.
    if (this.held !== null || this.fingers.busy) return;
    const { tool, pen, brushSize, grabbing } = this.host.context();
    this.held = { id: event.pointerId, finger, tool: toolOf(event, tool, pen), since: event.timeStamp };
    this.surface.setPointerCapture(event.pointerId);
    this.host.cursor(at);
    const size = sizeUnder(event, brushSize, pen);
    const press: Press = {
      kind: "down",
      at,
      button: event.button === 1 ? "middle" : event.button === 2 ? "right" : "left",
      alt: event.altKey,
      grab: grabbing,
      finger,
      ...(size !== brushSize && { size }),
    };
    if (press.finger) {
      this.waiting = press;
      this.hand.tell(true);
    } else this.feed(press, event.timeStamp);
  }

  move(event: PointerEvent): void {
    const at = pointOf(this.surface, event);
    if (event.pointerType === "touch" && this.fingers.move(event.pointerId, at)) return;
    this.host.cursor(at);
    if (!this.held) this.hand.feed({ kind: "hover", at });
    if (this.held?.id !== event.pointerId) return;
    if (this.waiting && Math.hypot(at.x - this.waiting.at.x, at.y - this.waiting.at.y) < FINGER_SLACK) return;
    this.feedWaiting(event);
    const joined = event.getCoalescedEvents?.() ?? [];
    const each = joined.length > 0 ? joined : [event];
    const { brushSize, pen } = this.host.context();
    const sizes = each.map((one) => sizeUnder(one, brushSize, pen));
    const through = each.map((one) => pointOf(this.surface, one));
    const pressed = sizes.some((size) => size !== brushSize);
    this.feed({ kind: "move", through, ...(pressed && { sizes }) }, event.timeStamp);
  }

  leave(): void {
    this.host.cursor(null);
    if (!this.held) this.hand.feed({ kind: "hover", at: null });
  }

  up(event: PointerEvent): void {
    this.fingers.up(event.pointerId);
    // With several mouse buttons held, only the last one to come up sends pointerup.
    if (this.held?.id !== event.pointerId) return;
    this.feedWaiting(event);
    this.finish("up", event);
  }

  cancel(event: PointerEvent): void {
    this.fingers.up(event.pointerId);
    if (this.held?.id === event.pointerId) this.finish("cancel", event);
  }

  /** A second finger has come: what the first one began is over. */
  private giveUp(event: PointerEvent): void {
    if (this.held) this.finish(event.timeStamp - this.held.since < TOGETHER_MS ? "abandon" : "cancel", event);
    this.host.cursor(null);
  }

  private finish(kind: "up" | "cancel" | "abandon", event: PointerEvent): void {
    this.waiting = null;
    this.feed({ kind }, event.timeStamp);
    this.held = null;
    // A finger that is gone points nowhere.
    if (event.pointerType === "touch") this.host.cursor(null);
  }

  private feedWaiting(event: PointerEvent): void {
    const press = this.waiting;
    this.waiting = null;
    if (press) this.feed(press, event.timeStamp);
  }

  private feed(input: PointerInput, timeStamp: number): void {
    this.hand.feed(input, timeStamp, this.held?.tool);
  }
}

/** Browsers also send moves of a pointer that lies still, when something changes under it. */
function isMove({ movementX, movementY }: PointerEvent): boolean {
  return movementX !== 0 || movementY !== 0;
}

function onWheel(surface: HTMLCanvasElement, host: ToolHost, event: WheelEvent): void {
  event.preventDefault();
  if (event.deltaY === 0) return;
  const { tool, brushSize, image } = host.context();
  if (!image) return;
  const effect = turnWheel({ ...wheelOf(event), ctrl: event.ctrlKey || event.metaKey }, tool, brushSize);
  if (effect.kind === "zoom") host.zoom(effect.factor, pointOf(surface, event));
  else host.command({ kind: "setBrushSize", size: effect.size }, event.timeStamp);
}

function wheelOf({ deltaY, deltaMode }: WheelEvent): { deltaY: number; deltaMode: number } {
  return { deltaY, deltaMode };
}

/** While a line of the lasso is open, keys that are about the mask are about the line. */
const ON_LINE: Partial<Record<Act["act"], "fill" | "takeBack" | "drop">> = {
  accept: "fill",
  undo: "takeBack",
  removePrompt: "takeBack",
  drop: "drop",
};

class KeyListener {
  /** What lasts while its key is down. */
  private held: { readonly code: string; readonly act: HeldAct } | null = null;

  constructor(
    private readonly host: ToolHost,
    private readonly pointer: KeyPointer,
    private readonly hand: OneHand,
  ) {}

  down(event: KeyboardEvent): void {
    const { host, hand } = this;
    const context = host.keyContext();
    const promptSelected = context.promptSelected || hand.outlining;
    const command = host.keymap().commandFor(keyInputOf(event), { ...context, promptSelected });
    if (!command) return;
    event.preventDefault();
    const { act } = command;
    const does = hand.outlining && ON_LINE[act.act];
    if (does) hand.feed({ kind: "line", does });
    else if (act.act === "cursor") this.pointer.step(act.dx, act.dy, act.far);
    else if (!command.held) host.act(act);
    else if (!event.repeat) this.hold(event.code, act as HeldAct);
  }

  /** The key that went down is known by its place: what it types may change while it is down. */
  up(event: KeyboardEvent): void {
    if (this.held?.code === event.code) this.letGo();
  }

  letGo(): void {
    if (this.held) this.doHeld({ ...this.held.act, on: false });
    this.held = null;
  }

  private hold(code: string, act: HeldAct): void {
    this.letGo();
    // Where the keys have a cursor, the key that moves the picture presses there.
    const press = act.act === "grab" && this.pointer.active;
    this.held = { code, act: press ? { act: "press", other: false, on: true } : act };
    this.doHeld(this.held.act);
  }

  private doHeld(act: HeldAct): void {
    if (act.act === "press") this.pointer.press(act.on, act.other);
    else this.host.act(act);
  }
}

export function keyInputOf(event: KeyboardEvent): KeyInput {
  // AltGr types signs; some systems tell it as Ctrl and Alt together.
  const altGraph = event.getModifierState("AltGraph");
  return {
    key: event.key,
    code: event.code,
    ctrl: (event.ctrlKey || event.metaKey) && !altGraph,
    shift: event.shiftKey,
    alt: event.altKey && !altGraph,
    repeat: event.repeat,
    focus: focusOf(event.target),
  };
}

function focusOf(target: EventTarget | null): KeyInput["focus"] {
  if (!(target instanceof Element)) return "canvas";
  if (target.closest("input, textarea, select, [contenteditable='true']")) return "field";
  return target.closest("button, a[href], summary, [role='button'], [role='option']") ? "control" : "canvas";
}

/** A layer's canvas is never scaled by CSS, so its own corner is all that has to be taken off. */
function pointOf(surface: HTMLCanvasElement, event: MouseEvent): CanvasPoint {
  const box = surface.getBoundingClientRect();
  return canvasPoint(event.clientX - box.left, event.clientY - box.top);
}
