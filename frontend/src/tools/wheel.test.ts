import { expect, test } from "vitest";
import { resizedBrush, turnWheel } from "./wheel";

const notchUp = { deltaY: -100, deltaMode: 0, ctrl: false };

test("the wheel zooms in when turned up, and back by as much", () => {
  const zoomIn = turnWheel(notchUp, "click", 10);
  const zoomOut = turnWheel({ ...notchUp, deltaY: 100 }, "box", 10);
  if (zoomIn.kind !== "zoom" || zoomOut.kind !== "zoom") throw new Error("not a zoom");
  expect(zoomIn.factor).toBeGreaterThan(1.1);
  expect(zoomIn.factor * zoomOut.factor).toBeCloseTo(1);
});

test("lines and pages count as so many pixels", () => {
  const lines = turnWheel({ deltaY: -100 / 16, deltaMode: 1, ctrl: false }, "click", 10);
  expect(lines).toEqual(turnWheel(notchUp, "click", 10));
});

test("with brush or eraser it sizes them, with Ctrl it zooms", () => {
  expect(turnWheel(notchUp, "brush", 20)).toEqual({ kind: "size", size: 22 });
  expect(turnWheel({ ...notchUp, deltaY: 1 }, "eraser", 20)).toEqual({ kind: "size", size: 18 });
  expect(turnWheel({ ...notchUp, ctrl: true }, "brush", 20).kind).toBe("zoom");
});

test("a pinch of small steps zooms as far as it feels", () => {
  const pinch = turnWheel({ deltaY: -10, deltaMode: 0, ctrl: true }, "click", 10);
  expect(pinch).toEqual({ kind: "zoom", factor: Math.exp(0.1) });
});

test("small brushes change by one pixel, large ones by a tenth", () => {
  expect([resizedBrush(3, 1), resizedBrush(3, -1), resizedBrush(100, 1)]).toEqual([4, 2, 110]);
});
