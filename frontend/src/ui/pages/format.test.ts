import { expect, test } from "vitest";
import { bytes, counted, decimal, duration, percent, seconds } from "./format";

test("sizes in the unit that reads best", () => {
  expect([0, 1, 999, 1000, 9_949, 12_400, 999_999, 3_200_000, 2_147_483_648].map(bytes)).toEqual([
    "0 bytes",
    "1 byte",
    "999 bytes",
    "1.0 kB",
    "9.9 kB",
    "12 kB",
    "1,000 kB",
    "3.2 MB",
    "2.1 GB",
  ]);
});

test("nothing measured is a dash, not a zero", () => {
  expect([seconds(null), decimal(null), percent(null)]).toEqual(["–", "–", "–"]);
  expect([seconds(0), decimal(0), percent(0)]).toEqual(["0.0 s", "0.0", "0 %"]);
});

test("durations", () => {
  expect([40, 60, 59 * 60 + 31, 3600, 7500].map(duration)).toEqual([
    "40 s",
    "1 min",
    "1 h 0 min",
    "1 h 0 min",
    "2 h 5 min",
  ]);
});

test("one and many", () => {
  expect([counted(1, "image"), counted(0, "image"), counted(1200, "image")]).toEqual([
    "1 image",
    "0 images",
    "1,200 images",
  ]);
});
