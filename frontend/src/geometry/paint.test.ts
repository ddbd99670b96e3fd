import { expect, test } from "vitest";
import { Bitmap } from "./bitmap";
import { materialise } from "./logits";
import { modelFrame } from "./model_frame";
import { type MaskPaint, type Picture, paintBitmap, paintLogits } from "./paint";

const paint: MaskPaint = { fill: [10, 20, 30, 40], edge: [50, 60, 70, 80], edgeWidth: 1 };
const plain: MaskPaint = { ...paint, edgeWidth: 0 };

function colourAt(picture: Picture, x: number, y: number): number[] {
  const at = ((y - picture.y) * picture.width + (x - picture.x)) * 4;
  return [...picture.data.slice(at, at + 4)];
}

test("a pixel of the image becomes a square of the display, with an edge around the mask", () => {
  const bitmap = new Bitmap(6, 5);
  for (const [x, y] of [
    [2, 1],
    [3, 1],
    [2, 2],
    [3, 2],
  ] as const)
    bitmap.data[y * 6 + x] = 1;
  const display = { viewport: { zoom: 2, offsetX: 3, offsetY: 1 }, canvas: { width: 20, height: 20 }, pixelRatio: 2 };
  const picture = paintBitmap(bitmap, display, paint)!;
  // Image pixel (2, 1) starts at 2 * 4 + 3 * 2 = 14, 1 * 4 + 1 * 2 = 6 in device pixels.
  expect(colourAt(picture, 14, 6)).toEqual([50, 60, 70, 80]);
  expect(colourAt(picture, 15, 7)).toEqual([10, 20, 30, 40]);
  expect(colourAt(picture, 13, 6)).toEqual([0, 0, 0, 0]);
  expect(colourAt(picture, 21, 13)).toEqual([50, 60, 70, 80]);
  expect(colourAt(picture, 22, 13)).toEqual([0, 0, 0, 0]);
});

test("a dashed edge takes turns of two colours that stay where they are while the mask moves", () => {
  const bitmap = new Bitmap(12, 12);
  for (let y = 2; y < 10; y++) bitmap.data.fill(1, y * 12 + 2, y * 12 + 10);
  const at = (offsetX: number) => ({
    viewport: { zoom: 1, offsetX, offsetY: 0 },
    canvas: { width: 30, height: 30 },
    pixelRatio: 1,
  });
  const dashed: MaskPaint = { ...paint, dash: { colour: [1, 2, 3, 4], length: 2 } };
  const first = paintBitmap(bitmap, at(0), dashed)!;
  const topEdge = Array.from({ length: 8 }, (_, i) => colourAt(first, 2 + i, 2)[0]);
  expect(topEdge).toEqual([50, 50, 1, 1, 50, 50, 1, 1]);
  expect(colourAt(first, 5, 5)).toEqual([10, 20, 30, 40]);
  const moved = paintBitmap(bitmap, at(3), dashed)!;
  for (let x = 5; x < 10; x++) expect(colourAt(moved, x, 2)).toEqual(colourAt(first, x, 2));
});

test("no edge is drawn where only the canvas ends", () => {
  const bitmap = new Bitmap(4, 4, new Uint8Array(16).fill(1));
  const display = {
    viewport: { zoom: 10, offsetX: -10, offsetY: -10 },
    canvas: { width: 20, height: 20 },
    pixelRatio: 1,
  };
  const picture = paintBitmap(bitmap, display, paint)!;
  expect([picture.x, picture.y, picture.width, picture.height]).toEqual([0, 0, 20, 20]);
  expect(colourAt(picture, 0, 0)).toEqual([10, 20, 30, 40]);
});

test("what is out of sight, and an empty mask, give no picture", () => {
  const bitmap = new Bitmap(4, 4);
  const display = { viewport: { zoom: 1, offsetX: 0, offsetY: 0 }, canvas: { width: 20, height: 20 }, pixelRatio: 1 };
  expect(paintBitmap(bitmap, display, paint)).toBeNull();
  bitmap.data[0] = 1;
  expect(paintBitmap(bitmap, { ...display, viewport: { zoom: 1, offsetX: 900, offsetY: 0 } }, paint)).toBeNull();
});

test("painted logits are the pixels of the accepted mask at any zoom", () => {
  const frame = modelFrame(70, 50, 32, 8);
  const logits = Float32Array.from({ length: 64 }, (_, index) => Math.sin(index * 1.7) * 4);
  const { bitmap } = materialise(frame, logits);
  for (const zoom of [0.4, 1, 3.3]) {
    const display = {
      viewport: { zoom, offsetX: 5.5, offsetY: -2 },
      canvas: { width: 90, height: 60 },
      pixelRatio: 1.5,
    };
    const fromLogits = paintLogits(frame, logits, display, plain)!;
    const fromBitmap = paintBitmap(bitmap, display, plain)!;
    let painted = 0;
    for (let y = 0; y < fromBitmap.height; y++) {
      for (let x = 0; x < fromBitmap.width; x++) {
        const colour = colourAt(fromBitmap, fromBitmap.x + x, fromBitmap.y + y);
        expect(colourAt(fromLogits, fromBitmap.x + x, fromBitmap.y + y)).toEqual(colour);
        painted += colour[3] === 40 ? 1 : 0;
      }
    }
    expect(painted).toBeGreaterThan(50);
  }
});
