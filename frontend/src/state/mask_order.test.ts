import { expect, test } from "vitest";
import { between, inOrder } from "./mask_order";

const masks = [
  { id: "a", area: 50, predictedIou: 0.9 },
  { id: "b", area: 200, predictedIou: null },
  { id: "c", area: 100, predictedIou: 0.4 },
];
const ids = (listed: readonly { id: string }[]) => listed.map(({ id }) => id).join("");

test("the newest, the largest, or the least certain come first", () => {
  expect(ids(inOrder(masks, "made"))).toBe("cba");
  expect(ids(inOrder(masks, "area"))).toBe("bca");
  expect(ids(inOrder(masks, "iou"))).toBe("cab");
});

test("a range goes either way, and is one mask where its beginning is gone", () => {
  expect(between(masks, "a", "c")).toEqual(["a", "b", "c"]);
  expect(between(masks, "c", "b")).toEqual(["b", "c"]);
  expect(between(masks, "gone", "b")).toEqual(["b"]);
  expect(between(masks, null, "b")).toEqual(["b"]);
});
