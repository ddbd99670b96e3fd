// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";
import { NO_VIEW } from "../state/view";
import { attachTools, type ToolHost } from "./attach";
import { Keymap } from "./keys";

const view = { ...NO_VIEW, canvas: { width: 400, height: 300 } };
const image = { width: 400, height: 300 };

function host() {
  const tools = {
    grabbing: false,
    context: () => ({
      tool: "click" as const,
      view,
      image,
      brushSize: 10,
      prompts: { points: [], box: null },
      grabbing: tools.grabbing,
    }),
    keymap: () => new Keymap(),
    keyContext: () => ({ limitAsks: false, candidatesOffered: false, promptSelected: false, dialogOpen: false }),
    command: vi.fn<ToolHost["command"]>(),
    act: vi.fn<ToolHost["act"]>((act) => {
      if (act.act === "grab") tools.grabbing = act.on;
    }),
    pan: vi.fn<ToolHost["pan"]>(),
    zoom: vi.fn<ToolHost["zoom"]>(),
    drag: vi.fn<ToolHost["drag"]>(),
    cursor: vi.fn<ToolHost["cursor"]>(),
    keyCursor: vi.fn<ToolHost["keyCursor"]>(),
    handDown: vi.fn<ToolHost["handDown"]>(),
  };
  return tools;
}

let surface: HTMLCanvasElement;

beforeEach(() => {
  document.body.innerHTML = '<canvas tabindex="0"></canvas><input><button>Press</button>';
  surface = document.querySelector("canvas") as HTMLCanvasElement;
  surface.setPointerCapture = vi.fn();
});

const pointer = (type: string, init: PointerEventInit) =>
  surface.dispatchEvent(new PointerEvent(type, { pointerId: 1, bubbles: true, cancelable: true, ...init }));
const key = (target: Element, name: string) =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));

test("a press on the canvas is a command with the event's time, and captures the pointer", () => {
  const tools = host();
  attachTools(surface, tools);
  pointer("pointerdown", { clientX: 12, clientY: 8, button: 0 });
  expect(surface.setPointerCapture).toHaveBeenCalledWith(1);
  expect(tools.command).toHaveBeenCalledWith({ kind: "addPoint", at: { x: 12, y: 8 }, label: 1 }, expect.any(Number));
  expect(tools.handDown.mock.calls).toEqual([[true]]);
  pointer("pointerup", { clientX: 12, clientY: 8 });
  expect(tools.handDown.mock.calls).toEqual([[true], [false]]);
});

test("the right button opens no menu", () => {
  attachTools(surface, host());
  const event = new MouseEvent("contextmenu", { bubbles: true, cancelable: true });
  surface.dispatchEvent(event);
  expect(event.defaultPrevented).toBe(true);
});

test("a second finger changes nothing while the first is down", () => {
  const tools = host();
  attachTools(surface, tools);
  pointer("pointerdown", { clientX: 12, clientY: 8 });
  pointer("pointerdown", { clientX: 50, clientY: 50, pointerId: 2 });
  pointer("pointerup", { pointerId: 2 });
  expect(tools.command).toHaveBeenCalledTimes(1);
  expect(tools.handDown).toHaveBeenCalledTimes(1);
});

test("keys act on the page, but not while a person types", () => {
  const tools = host();
  attachTools(surface, tools);
  key(document.body, "n");
  expect(tools.act).toHaveBeenLastCalledWith({ act: "next" });
  key(document.querySelector("input") as Element, "s");
  key(document.querySelector("button") as Element, "Enter");
  expect(tools.act).toHaveBeenCalledTimes(1);
});

test("while the space bar is down a drag moves the picture; then it is a click again", () => {
  const tools = host();
  attachTools(surface, tools);
  key(document.body, " ");
  pointer("pointerdown", { clientX: 12, clientY: 8 });
  pointer("pointermove", { clientX: 20, clientY: 5 });
  pointer("pointerup", {});
  expect(tools.pan).toHaveBeenCalledWith(8, -3);
  expect(tools.command).not.toHaveBeenCalled();
  document.body.dispatchEvent(new KeyboardEvent("keyup", { key: " ", bubbles: true }));
  pointer("pointerdown", { clientX: 12, clientY: 8 });
  expect(tools.command).toHaveBeenCalledTimes(1);
});

test("with the arrow keys' cursor on the canvas the space bar presses there, until the pointer moves", () => {
  const tools = host();
  attachTools(surface, tools);
  key(document.body, "ArrowRight");
  key(document.body, " ");
  expect(tools.command).toHaveBeenCalledWith(
    { kind: "addPoint", at: { x: 208, y: 150 }, label: 1 },
    expect.any(Number),
  );
  document.body.dispatchEvent(new KeyboardEvent("keyup", { key: " ", bubbles: true }));
  expect(tools.handDown.mock.calls).toEqual([[true], [false]]);
  pointer("pointermove", { clientX: 9, clientY: 9, movementX: 1 });
  key(document.body, " ");
  expect(tools.command).toHaveBeenCalledTimes(1);
  expect(tools.grabbing).toBe(true);
});

test("a held key is let go of when the window is left", () => {
  const tools = host();
  attachTools(surface, tools);
  key(document.body, " ");
  window.dispatchEvent(new Event("blur"));
  expect(tools.grabbing).toBe(false);
});

test("letting go leaves nothing behind", () => {
  const tools = host();
  attachTools(surface, tools)();
  pointer("pointerdown", { clientX: 12, clientY: 8 });
  key(document.body, "n");
  expect(tools.command).not.toHaveBeenCalled();
  expect(tools.act).not.toHaveBeenCalled();
});
