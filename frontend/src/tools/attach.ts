// Listeners on the canvas and the window. They translate browser events into plain inputs and decide nothing else.

import { type Box, type CanvasPoint, canvasPoint } from "../geometry/points";
import type { Command } from "../state/editor_state";
import type { Act, HeldAct } from "./commands";
import { HAND_UP, type Hand, type HandContext, moveHand, type PointerInput } from "./hand";
import { KeyPointer, type KeyPointerHost } from "./key_pointer";
import type { KeyContext, KeyInput, Keymap } from "./keys";
import { turnWheel } from "./wheel";

export interface ToolHost extends KeyPointerHost {
  /** `grabbing`: the next press moves the picture. */
  context(): HandContext & { readonly brushSize: number; readonly grabbing: boolean };
  keymap(): Keymap;
  keyContext(): KeyContext;
  /** `timeStamp` of the event behind the command, on the page's monotonic clock. */
  command(command: Command, timeStamp: number): void;
  act(act: Act): void;
  pan(dx: number, dy: number): void;
  zoom(factor: number, around: CanvasPoint): void;
  drag(box: Box | null): void;
  cursor(at: CanvasPoint | null): void;
  /** The hand went down or came up. */
  handDown(down: boolean): void;
}

/** Takes the pointer and the keys; returns the function that lets go of them. */
export function attachTools(surface: HTMLCanvasElement, host: ToolHost): () => void {
  const listeners = new AbortController();
  const pointer = new PointerListener(surface, host);
  const { signal } = listeners;
  surface.addEventListener("pointerdown", (event) => pointer.down(event), { signal });
  surface.addEventListener("pointermove", (event) => pointer.move(event), { signal });
  surface.addEventListener("pointerup", (event) => pointer.up(event), { signal });
  surface.addEventListener("pointercancel", (event) => pointer.cancel(event), { signal });
  surface.addEventListener("pointerleave", () => host.cursor(null), { signal });
  surface.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
  // The middle button would start the browser's own scrolling.
  surface.addEventListener("mousedown", (event) => event.button === 1 && event.preventDefault(), { signal });
  surface.addEventListener("wheel", (event) => onWheel(surface, host, event), { signal, passive: false });
  const view = surface.ownerDocument.defaultView ?? window;
  const byKeys = new KeyPointer(host, (hand, input) => feedHand(surface, host, hand, input, performance.now()));
  surface.addEventListener("pointerdown", (event) => byKeys.leaveTo(pointOf(surface, event)), {
    signal,
    capture: true,
  });
  surface.addEventListener("pointermove", (event) => isMove(event) && byKeys.leaveTo(pointOf(surface, event)), {
    signal,
  });
  const keys = new KeyListener(host, byKeys);
  view.addEventListener("keydown", (event) => keys.down(event), { signal });
  view.addEventListener("keyup", (event) => keys.up(event), { signal });
  view.addEventListener("blur", () => keys.letGo(), { signal });
  return () => listeners.abort();
}

class PointerListener {
  private hand: Hand = HAND_UP;
  private held: number | null = null;

  constructor(
    private readonly surface: HTMLCanvasElement,
    private readonly host: ToolHost,
  ) {}

  down(event: PointerEvent): void {
    // One pointer at a time; a second finger or button waits.
    if (this.held !== null) return;
    this.held = event.pointerId;
    this.surface.setPointerCapture(event.pointerId);
    this.host.cursor(pointOf(this.surface, event));
    this.host.handDown(true);
    this.feed(
      {
        kind: "down",
        at: pointOf(this.surface, event),
        button: event.button === 1 ? "middle" : event.button === 2 ? "right" : "left",
        alt: event.altKey,
        grab: this.host.context().grabbing,
      },
      event.timeStamp,
    );
  }

  move(event: PointerEvent): void {
    const at = pointOf(this.surface, event);
    this.host.cursor(at);
    if (this.held !== event.pointerId) return;
    const joined = event.getCoalescedEvents?.() ?? [];
    const through = joined.length > 0 ? joined.map((one) => pointOf(this.surface, one)) : [at];
    this.feed({ kind: "move", through }, event.timeStamp);
  }

  up(event: PointerEvent): void {
    // With several mouse buttons held, only the last one to come up sends pointerup.
    if (this.held === event.pointerId) this.finish("up", event);
  }

  cancel(event: PointerEvent): void {
    if (this.held === event.pointerId) this.finish("cancel", event);
  }

  private finish(kind: "up" | "cancel", event: PointerEvent): void {
    this.held = null;
    this.feed({ kind }, event.timeStamp);
    this.host.handDown(false);
  }

  private feed(input: PointerInput, timeStamp: number): void {
    this.hand = feedHand(this.surface, this.host, this.hand, input, timeStamp);
  }
}

/** Does what an input means for a hand; gives the hand that comes of it. */
function feedHand(surface: HTMLElement, host: ToolHost, before: Hand, input: PointerInput, timeStamp: number): Hand {
  const { hand, effects } = moveHand(before, input, host.context());
  surface.classList.toggle("stage-panning", hand.kind === "panning");
  for (const effect of effects) {
    if (effect.kind === "command") host.command(effect.command, timeStamp);
    else if (effect.kind === "pan") host.pan(effect.dx, effect.dy);
    else host.drag(effect.box);
  }
  return hand;
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

class KeyListener {
  /** What lasts while its key is down. */
  private held: { readonly code: string; readonly act: HeldAct } | null = null;

  constructor(
    private readonly host: ToolHost,
    private readonly pointer: KeyPointer,
  ) {}

  down(event: KeyboardEvent): void {
    const { host } = this;
    const command = host.keymap().commandFor(keyInputOf(event), host.keyContext());
    if (!command) return;
    event.preventDefault();
    const { act } = command;
    if (act.act === "cursor") this.pointer.step(act.dx, act.dy, act.far);
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
