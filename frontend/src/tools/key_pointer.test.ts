import { beforeEach, expect, test, vi } from "vitest";
import { canvasPoint } from "../geometry/points";
import { NO_VIEW } from "../state/view";
import type { PointerInput } from "./hand";
import { KeyPointer } from "./key_pointer";

const image = { width: 400, height: 300 };
let zoom: number;
let fed: PointerInput[];
let host: ReturnType<typeof aHost>;
let pointer: KeyPointer;

function aHost() {
  return {
    context: () => ({
      tool: "click" as const,
      image,
      view: { ...NO_VIEW, canvas: image, viewport: { zoom, offsetX: 0, offsetY: 0 } },
    }),
    pan: vi.fn(),
    cursor: vi.fn(),
    keyCursor: vi.fn(),
  };
}

beforeEach(() => {
  zoom = 1;
  fed = [];
  host = aHost();
  pointer = new KeyPointer(host as never, (input) => fed.push(input));
});

test("the cursor begins in the middle, or where the pointer was", () => {
  pointer.step(1, 0, false);
  expect(host.keyCursor).toHaveBeenLastCalledWith({ x: 208, y: 150 });
  pointer.leaveTo(canvasPoint(100, 100));
  expect(host.keyCursor).toHaveBeenLastCalledWith(null);
  pointer.step(0, -1, true);
  expect(host.cursor).toHaveBeenLastCalledWith({ x: 100, y: 36 });
});

test("where pixels are large a step is one of them", () => {
  zoom = 20;
  pointer.step(-1, 0, false);
  expect(host.keyCursor).toHaveBeenLastCalledWith({ x: 180, y: 150 });
});

test("at the brim the picture moves instead", () => {
  pointer.leaveTo(canvasPoint(350, 150));
  pointer.step(1, 0, true);
  expect(host.keyCursor).toHaveBeenLastCalledWith({ x: 376, y: 150 });
  expect(host.pan).toHaveBeenLastCalledWith(-38, 0);
});

test("a press and its end are those of the mouse, with the other button too", () => {
  pointer.press(true, false);
  pointer.press(false, false);
  pointer.press(true, true);
  expect(fed).toMatchObject([
    { kind: "down", button: "left", at: { x: 200, y: 150 } },
    { kind: "up" },
    { button: "right" },
  ]);
});

test("arrows drag while the press lasts, and the pointer ends it", () => {
  pointer.step(1, 0, false);
  pointer.press(true, false);
  pointer.press(true, false);
  pointer.step(0, 1, false);
  pointer.leaveTo(canvasPoint(1, 1));
  expect(fed.map(({ kind }) => kind)).toEqual(["hover", "down", "move", "cancel"]);
  pointer.press(false, false);
  expect(fed).toHaveLength(4);
});
