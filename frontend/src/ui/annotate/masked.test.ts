import { expect, test } from "vitest";
import { percentOf } from "./masked";

test("a share is rounded, but never to nothing or all", () => {
  expect([0, 0.001, 0.254, 0.999, 1].map(percentOf)).toEqual([0, 1, 25, 99, 100]);
});
