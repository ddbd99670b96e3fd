import { expect, test } from "vitest";
import { ZoomPace } from "./zoom_stretch";

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
