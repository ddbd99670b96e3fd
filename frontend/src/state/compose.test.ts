import { expect, test } from "vitest";
import { Bitmap } from "../geometry/bitmap";
import { imagePoint } from "../geometry/points";
import { anyAdded, compareToPaint, composeMask } from "./compose";
import { ADDED, emptyPaint, paintSegment, REMOVED } from "./paint";

const WIDTH = 150;
const HEIGHT = 100;

function half(): Bitmap {
  const bitmap = new Bitmap(WIDTH, HEIGHT);
  for (let y = 0; y < HEIGHT; y++) bitmap.data.fill(1, y * WIDTH, y * WIDTH + WIDTH / 2);
  return bitmap;
}

test("paint wins over the model's mask, and only real changes count", () => {
  const model = half();
  let paint = paintSegment(emptyPaint(WIDTH, HEIGHT), imagePoint(70, 50), imagePoint(80, 50), 1, ADDED);
  paint = paintSegment(paint, imagePoint(10, 20), imagePoint(10, 29), 1, REMOVED);
  paint = paintSegment(paint, imagePoint(140, 20), imagePoint(140, 29), 1, REMOVED);
  const { bitmap, added, removed } = composeMask(model, paint);
  expect([added, removed]).toEqual([6, 10]);
  expect(bitmap.area()).toBe(model.area() + 6 - 10);
  expect([bitmap.has(80, 50), bitmap.has(10, 25), bitmap.has(140, 25)]).toEqual([true, false, false]);
  expect(model.equals(half())).toBe(true);
});

test("without a model's mask all that was added counts", () => {
  const paint = paintSegment(emptyPaint(WIDTH, HEIGHT), imagePoint(5, 5), imagePoint(9, 5), 1, ADDED);
  expect(composeMask(null, paint)).toMatchObject({ added: 5, removed: 0 });
  expect(anyAdded(paint)).toBe(true);
  expect(anyAdded(paintSegment(emptyPaint(9, 9), imagePoint(5, 5), imagePoint(5, 5), 3, REMOVED))).toBe(false);
});

test("the paint between two bitmaps turns one into the other", () => {
  const target = new Bitmap(WIDTH, HEIGHT);
  for (let index = 0; index < target.data.length; index += 7) target.data[index] = 1;
  const empty = emptyPaint(WIDTH, HEIGHT);
  expect(composeMask(half(), compareToPaint(empty, half(), target)).bitmap.equals(target)).toBe(true);
  expect(composeMask(null, compareToPaint(empty, null, target)).bitmap.equals(target)).toBe(true);
  expect(compareToPaint(empty, half(), half()).tiles.size).toBe(0);
});
