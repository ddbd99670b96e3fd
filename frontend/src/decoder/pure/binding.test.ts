import { expect, test } from "vitest";
import type { ImageKey } from "../../protocol/worker";
import { checkBinding } from "./binding";
import { nameOf } from "./scheduler";

const whole: ImageKey = { imageSha256: "ab", modelVersion: "tiny", width: 400, height: 300 };
const part: ImageKey = { ...whole, crop: [100, 50, 200, 100] };
const ofWhole = { model_version: "tiny", image_sha256: "ab", width: "400", height: "300" };
const ofPart = { ...ofWhole, width: "200", height: "100", crop_box: "100,50,200,100" };

test("an embedding is taken for what it says it is of", () => {
  checkBinding(whole, { metadata: ofWhole });
  checkBinding({ ...whole, crop: null }, { metadata: ofWhole });
  checkBinding(part, { metadata: ofPart });
});

test.each([
  ["a part for the whole", whole, ofPart],
  ["the whole for a part", part, ofWhole],
  ["another part of the same size", part, { ...ofPart, crop_box: "101,50,200,100" }],
  ["a part that has the whole's size", whole, { ...ofWhole, crop_box: "0,0,400,300" }],
  ["another image", whole, { ...ofWhole, image_sha256: "cd" }],
  ["another model", part, { ...ofPart, model_version: "other" }],
])("%s is refused", (_, key, metadata) => {
  expect(() => checkBinding(key, { metadata })).toThrow("is of another");
});

test("parts have names of their own", () => {
  expect(nameOf({ ...whole, crop: null })).toBe(nameOf(whole));
  expect(nameOf(part)).not.toBe(nameOf(whole));
  expect(nameOf(part)).not.toBe(nameOf({ ...part, crop: [100, 50, 200, 101] }));
});
