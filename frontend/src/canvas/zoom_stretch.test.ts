import { expect, test } from "vitest";
import { stretchBetween, ZoomPace } from "./zoom_stretch";

test("a single zoom is no succession, nor are two with a pause between them", () => {
  const pace = new ZoomPace();
  expect(pace.isHurried(1, 0)).toBe(false);
  expect(pace.isHurried(2, 1000)).toBe(false);
  expect(pace.isHurried(3, 2000)).toBe(false);
});

test("zooms one after the other are one until the hand rests, also while the picture is moved meanwhile", () => {
  const pace = new ZoomPace();
  pace.isHurried(1, 0);
  pace.isHurried(1.1, 1000);
  expect(pace.isHurried(1.2, 1016)).toBe(true);
  expect(pace.isHurried(1.3, 1150)).toBe(true);
  expect(pace.isHurried(1.3, 1200)).toBe(true);
  expect(pace.isHurried(1.3, 1260)).toBe(false);
  expect(pace.isHurried(1.3, 1270)).toBe(false);
});

test("the time that drawing took is no pause", () => {
  const pace = new ZoomPace();
  pace.isHurried(1, 0);
  pace.isHurried(1.1, 1000);
  pace.drawn(1400);
  expect(pace.isHurried(1.2, 1410)).toBe(true);
});

test("what is stretched lies where it would be drawn", () => {
  const before = { scale: 0.5, shiftX: 40, shiftY: -20 };
  const now = { scale: 0.75, shiftX: -10, shiftY: 30 };
  const [a, , , d, e, f] = numbersIn(stretchBetween(before, now, 2));
  for (const [x, y] of [
    [0, 0],
    [640, 480],
  ] as const) {
    // In CSS pixels, of which each has two of the device.
    const drawn = { x: (x * before.scale + before.shiftX) / 2, y: (y * before.scale + before.shiftY) / 2 };
    expect(drawn.x * a! + e!).toBeCloseTo((x * now.scale + now.shiftX) / 2, 9);
    expect(drawn.y * d! + f!).toBeCloseTo((y * now.scale + now.shiftY) / 2, 9);
  }
});

function numbersIn(matrix: string): number[] {
  return matrix.slice("matrix(".length, -1).split(",").map(Number);
}
