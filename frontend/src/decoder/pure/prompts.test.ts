import { describe, expect, test } from "vitest";
import vectors from "../../../../tests/contract/prompts.json";
import { modelFrame } from "../../geometry/model_frame";
import type { Prompts } from "../../protocol/api";
import { DecoderError } from "./failure";
import { encodePrompts, tokenToShow } from "./prompts";

const frame = modelFrame(200, 100, 1024, 256);

describe("vectors shared with Python", () => {
  test.each(vectors.cases)("$name", (vector) => {
    const prompts = { points: vector.points, box: vector.box } as unknown as Prompts;
    const [height, width] = vector.image as [number, number];
    const { count, coords, labels } = encodePrompts(modelFrame(width, height, vector.image_size, 256), prompts);
    expect(count).toBe(vector.labels.length);
    expect([...labels]).toEqual(vector.labels);
    for (const [index, value] of vector.coords.flat().entries()) expect(coords[index]).toBeCloseTo(value, 3);
    expect(tokenToShow(prompts, vector.predicted_ious as [number, number, number, number])).toBe(vector.token);
  });
});

test("nothing, and places that are none, are refused", () => {
  expect(() => encodePrompts(frame, { points: [], box: null })).toThrow(DecoderError);
  expect(() => encodePrompts(frame, { points: [[Number.NaN, 1, 1]], box: null })).toThrow(DecoderError);
  expect(() => encodePrompts(frame, { points: [], box: [0, 0, Number.POSITIVE_INFINITY, 1] })).toThrow(DecoderError);
});
