import { expect, test } from "vitest";
import { sizeOf } from "./readout";

test("a mask's size is that of its box, and its pixels", () => {
  expect(sizeOf([5, 6, 120, 80], 6210)).toBe("120 × 80, 6,210 px");
});
