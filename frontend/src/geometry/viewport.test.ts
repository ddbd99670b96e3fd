import fc from "fast-check";
import { expect, test } from "vitest";
import { canvasPoint, imagePoint, type Size } from "./points";
import { fitImage, MAX_ZOOM, panBy, toCanvas, toImage, visibleRect, zoomBy } from "./viewport";

const sizes = fc.record({ width: fc.integer({ min: 1, max: 6000 }), height: fc.integer({ min: 1, max: 6000 }) });
const canvas: Size = { width: 1200, height: 800 };

test("fitting shows the whole image, centred", () => {
  fc.assert(
    fc.property(sizes, (image) => {
      const viewport = fitImage(image, canvas, 16);
      const first = toCanvas(viewport, imagePoint(0, 0));
      const last = toCanvas(viewport, imagePoint(image.width, image.height));
      expect(first.x).toBeGreaterThanOrEqual(16 - 1e-6);
      expect(first.y).toBeGreaterThanOrEqual(16 - 1e-6);
      expect(first.x + last.x).toBeCloseTo(canvas.width, 6);
      expect(first.y + last.y).toBeCloseTo(canvas.height, 6);
      const all = visibleRect(viewport, image, canvas);
      expect(all).toEqual({ x0: 0, y0: 0, x1: image.width, y1: image.height });
    }),
  );
});

test("a point goes to the canvas and back", () => {
  fc.assert(
    fc.property(sizes, fc.double({ min: 0, max: 1, noNaN: true }), (image, share) => {
      const viewport = zoomBy(fitImage(image, canvas), 3, canvasPoint(100, 100), image, canvas);
      const point = imagePoint(image.width * share, image.height * (1 - share));
      const back = toImage(viewport, toCanvas(viewport, point));
      expect(back.x).toBeCloseTo(point.x, 6);
      expect(back.y).toBeCloseTo(point.y, 6);
    }),
  );
});

test("zooming keeps the point under the pointer and stops at its limits", () => {
  const image = { width: 3000, height: 2000 };
  const start = fitImage(image, canvas);
  const pointer = canvasPoint(700, 300);
  const zoomed = zoomBy(start, 4, pointer, image, canvas);
  const before = toImage(start, pointer);
  const after = toImage(zoomed, pointer);
  expect(zoomed.zoom).toBeCloseTo(start.zoom * 4);
  expect(after.x).toBeCloseTo(before.x);
  expect(after.y).toBeCloseTo(before.y);
  expect(zoomBy(start, 1e9, pointer, image, canvas).zoom).toBe(MAX_ZOOM);
  expect(zoomBy(start, 1e-9, pointer, image, canvas).zoom).toBeCloseTo(start.zoom / 2);
});

test("panning never loses the image", () => {
  const far = fc.integer({ min: -100000, max: 100000 });
  fc.assert(
    fc.property(sizes, far, far, (image, dx, dy) => {
      const shown = visibleRect(panBy(fitImage(image, canvas), dx, dy, image, canvas), image, canvas);
      expect(shown.x1).toBeGreaterThan(shown.x0);
      expect(shown.y1).toBeGreaterThan(shown.y0);
    }),
  );
});
