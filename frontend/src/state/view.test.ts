import { expect, test } from "vitest";
import { canvasPoint } from "../geometry/points";
import { toImage } from "../geometry/viewport";
import { fitView, NO_VIEW, panView, resizeView, showRect, zoomView } from "./view";

const image = { width: 1000, height: 500 };
const room = { width: 624, height: 400 };
const fitted = fitView({ ...NO_VIEW, canvas: room }, image);

test("a fitted image stays fitted when the window changes", () => {
  const wider = resizeView(fitted, { width: 1024, height: 800 }, 2, image);
  expect(wider).toMatchObject({ fitted: true, pixelRatio: 2, viewport: { zoom: 1 } });
});

test("a zoomed one keeps its middle", () => {
  const zoomed = zoomView(fitted, 3, image, canvasPoint(200, 150));
  const before = toImage(zoomed.viewport, canvasPoint(312, 200));
  const after = resizeView(zoomed, { width: 300, height: 700 }, 1, image);
  const now = toImage(after.viewport, canvasPoint(150, 350));
  expect([now.x, now.y]).toEqual([expect.closeTo(before.x), expect.closeTo(before.y)]);
});

test("zooming keeps the point under the pointer; panning moves with it", () => {
  const around = canvasPoint(200, 150);
  const zoomed = zoomView(fitted, 2, image, around);
  expect(toImage(zoomed.viewport, around)).toEqual(toImage(fitted.viewport, around));
  expect(panView(zoomed, 10, -5, image).viewport.offsetX).toBe(zoomed.viewport.offsetX + 10);
});

test("panning goes by whole pixels of the device, and nothing is lost on the way", () => {
  let view = zoomView({ ...fitted, pixelRatio: 2 }, 2, image);
  const from = view.viewport.offsetX;
  for (const dx of [0.3, 0.3, -1.7, 5.35, 0.1]) {
    view = panView(view, dx, 0, image);
    const moved = (view.viewport.offsetX - from) * 2;
    expect(Math.abs(moved - Math.round(moved))).toBeLessThan(1e-6);
  }
  expect(view.viewport.offsetX - from).toBeCloseTo(4.5, 6); // of 4.35: what is less than half a pixel of the device is owed
});

test("a part of the image is shown in the middle, with what is around it", () => {
  const view = { ...NO_VIEW, canvas: { width: 600, height: 400 } };
  const shown = showRect(view, { x0: 900, y0: 500, x1: 940, y1: 520 }, { width: 2000, height: 1500 });
  expect(toImage(shown.viewport, canvasPoint(300, 200))).toMatchObject({ x: 920, y: 510 });
  expect(shown.viewport.zoom * 40).toBeCloseTo(360);
  expect(shown.fitted).toBe(false);
});

test("a part as large as the image is the image", () => {
  const image = { width: 2000, height: 1500 };
  const view = { ...NO_VIEW, canvas: { width: 600, height: 400 } };
  expect(showRect(view, { x0: 0, y0: 0, x1: 1900, y1: 1500 }, image)).toEqual(fitView(view, image));
});
