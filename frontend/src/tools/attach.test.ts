// @vitest-environment happy-dom
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Tool } from "../state/editor_state";
import { NO_VIEW } from "../state/view";
import { attachTools, type ToolHost } from "./attach";
import { Keymap } from "./keys";

const view = { ...NO_VIEW, canvas: { width: 400, height: 300 } };
const image = { width: 400, height: 300 };

function host(more: Partial<ReturnType<ToolHost["context"]>> = {}) {
  const tools = {
    grabbing: false,
    context: () => ({
      tool: "click" as Tool,
      view,
      image,
      brushSize: 10,
      prompts: { points: [], box: null },
      maskId: "mask",
      grabbing: tools.grabbing,
      ...more,
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
    lasso: vi.fn<ToolHost["lasso"]>(),
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

describe("fingers", () => {
  const finger = (type: string, pointerId: number, clientX: number, clientY: number) =>
    pointer(type, { pointerType: "touch", pointerId, clientX, clientY });

  test("one uses the tool when it comes up, or has moved", () => {
    const tools = host();
    attachTools(surface, tools);
    finger("pointerdown", 1, 12, 8);
    expect(tools.command).not.toHaveBeenCalled();
    finger("pointerup", 1, 12, 8);
    expect(tools.command).toHaveBeenCalledWith(expect.objectContaining({ kind: "addPoint" }), expect.any(Number));
  });

  test("two move the picture and zoom around their middle, and put nothing down", () => {
    const tools = host();
    attachTools(surface, tools);
    finger("pointerdown", 1, 100, 100);
    finger("pointerdown", 2, 200, 100);
    finger("pointermove", 2, 220, 120);
    expect(tools.pan).toHaveBeenCalledWith(10, 10);
    expect(tools.zoom).toHaveBeenCalledWith(Math.hypot(120, 20) / 100, { x: 160, y: 110 });
    finger("pointerup", 1, 100, 100);
    // The one that stays begins nothing of its own.
    finger("pointermove", 2, 300, 120);
    finger("pointerup", 2, 300, 120);
    expect(tools.command).not.toHaveBeenCalled();
    finger("pointerdown", 3, 50, 50);
    finger("pointerup", 3, 50, 50);
    expect(tools.command).toHaveBeenCalledOnce();
  });

  test("a second one soon after the first takes its stroke back", () => {
    const tools = host({ tool: "brush" });
    attachTools(surface, tools);
    finger("pointerdown", 1, 100, 100);
    finger("pointermove", 1, 120, 100);
    finger("pointerdown", 2, 200, 100);
    expect(tools.command.mock.calls.map(([{ kind }]) => kind)).toEqual(["beginStroke", "extendStroke", "cancelStroke"]);
    expect(tools.handDown.mock.calls).toEqual([[true], [false]]);
  });
});

describe("a pen", () => {
  const pen = (type: string, init: PointerEventInit) => pointer(type, { pointerType: "pen", ...init });
  const choices = { paints: true, pressure: true };
  const kinds = (tools: ReturnType<typeof host>) => tools.command.mock.calls.map(([command]) => command);

  test("paints whichever prompt tool is chosen, wider where it presses harder", () => {
    const tools = host({ pen: choices });
    attachTools(surface, tools);
    pen("pointerdown", { clientX: 12, clientY: 8, buttons: 1, pressure: 1 });
    pen("pointermove", { clientX: 40, clientY: 8, buttons: 1, pressure: 0.5 });
    pen("pointerup", { clientX: 40, clientY: 8 });
    expect(kinds(tools)).toEqual([
      { kind: "beginStroke", mode: "brush", at: { x: 12, y: 8 } },
      { kind: "extendStroke", through: [{ x: 40, y: 8 }], sizes: [expect.closeTo(6)] },
      { kind: "endStroke" },
    ]);
  });

  test("erases with its other end, with any tool", () => {
    const tools = host({ pen: choices, tool: "lasso" });
    attachTools(surface, tools);
    pen("pointerdown", { clientX: 12, clientY: 8, button: 5, buttons: 32, pressure: 1 });
    expect(kinds(tools)).toMatchObject([{ kind: "beginStroke", mode: "eraser" }]);
  });

  test("uses the tool, and one size, where that was chosen", () => {
    const tools = host({ pen: { paints: false, pressure: false } });
    attachTools(surface, tools);
    pen("pointerdown", { clientX: 12, clientY: 8, buttons: 1, pressure: 0.1 });
    expect(kinds(tools)).toMatchObject([{ kind: "addPoint" }]);
  });

  test("is not disturbed by a palm", () => {
    const tools = host({ pen: choices });
    attachTools(surface, tools);
    pen("pointerdown", { clientX: 12, clientY: 8, buttons: 1, pressure: 1 });
    for (const pointerId of [7, 8])
      pointer("pointerdown", { pointerType: "touch", pointerId, clientX: 90, clientY: 90 });
    pointer("pointermove", { pointerType: "touch", pointerId: 7, clientX: 150, clientY: 90 });
    pen("pointermove", { clientX: 40, clientY: 8, buttons: 1, pressure: 1 });
    expect(kinds(tools).map(({ kind }) => kind)).toEqual(["beginStroke", "extendStroke"]);
    expect(tools.pan).not.toHaveBeenCalled();
  });
});

test("a second pointer changes nothing while the first is down", () => {
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

describe("a lasso's line with corners", () => {
  const click = (clientX: number, clientY: number) => {
    pointer("pointerdown", { clientX, clientY });
    pointer("pointerup", { clientX, clientY });
  };
  const corners = (tools: ReturnType<typeof host>) => tools.lasso.mock.lastCall?.[0]?.corners.length;

  test("stays until a key fills it, which then accepts no mask", () => {
    const tools = host({ tool: "lasso" });
    attachTools(surface, tools);
    for (const [x, y] of [
      [10, 10],
      [60, 10],
      [60, 60],
      [10, 60],
    ] as const)
      click(x, y);
    expect(tools.handDown, "the time limit waits for no line").toHaveBeenLastCalledWith(false);
    key(document.body, "Delete");
    expect(corners(tools)).toBe(3);
    pointer("pointermove", { clientX: 40, clientY: 50, movementX: 1 });
    expect(tools.lasso.mock.lastCall?.[0]?.points.at(-1)).toEqual({ x: 40, y: 50 });
    key(document.body, "Enter");
    const [filled] = tools.command.mock.lastCall ?? [];
    expect(filled).toMatchObject({ kind: "fillPolygon", points: { length: 3 } });
    expect(tools.lasso).toHaveBeenLastCalledWith(null);
    expect(tools.act).not.toHaveBeenCalled();
    key(document.body, "Enter");
    expect(tools.act).toHaveBeenCalledWith({ act: "accept" });
  });

  test("goes with the mask that it was for", () => {
    const more = { tool: "lasso" as Tool, maskId: "mask" };
    const tools = host(more);
    const { lookAgain } = attachTools(surface, tools);
    click(10, 10);
    lookAgain();
    expect(corners(tools)).toBe(1);
    more.maskId = "next";
    tools.context = host(more).context;
    lookAgain();
    expect(tools.lasso).toHaveBeenLastCalledWith(null);
  });

  test("can be begun with the arrow keys and gone on with by the pointer", () => {
    const tools = host({ tool: "lasso" });
    attachTools(surface, tools);
    key(document.body, "ArrowRight");
    key(document.body, " ");
    document.body.dispatchEvent(new KeyboardEvent("keyup", { key: " ", bubbles: true }));
    expect(corners(tools)).toBe(1);
    pointer("pointermove", { clientX: 9, clientY: 9, movementX: 1 });
    click(9, 9);
    expect(corners(tools)).toBe(2);
  });
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
  attachTools(surface, tools).detach();
  pointer("pointerdown", { clientX: 12, clientY: 8 });
  key(document.body, "n");
  expect(tools.command).not.toHaveBeenCalled();
  expect(tools.act).not.toHaveBeenCalled();
});
