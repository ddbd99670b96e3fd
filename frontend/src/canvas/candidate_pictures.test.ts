import { expect, test } from "vitest";
import { modelFrame } from "../geometry/model_frame";
import { imagePoint } from "../geometry/points";
import { toCanvas } from "../geometry/viewport";
import { candidateViewport } from "./candidate_pictures";

const frame = modelFrame(160, 120, 16, 4);

/** Logits above 0 in one low-res sample only. */
function spot(index: number): Float32Array {
  const logits = new Float32Array(16).fill(-9);
  logits[index] = 9;
  return logits;
}

test("the picture shows the whole of every candidate", () => {
  const viewport = candidateViewport({ frame, logits: [null, spot(0), spot(2), spot(0)] }, 48);
  const first = toCanvas(viewport, imagePoint(0, 0));
  const last = toCanvas(viewport, imagePoint(120, 40));
  for (const { x, y } of [first, last]) {
    expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
    expect(Math.max(x, y)).toBeLessThanOrEqual(48);
  }
});

test("without a pixel in any candidate the picture is of the image", () => {
  const none = new Float32Array(16).fill(-9);
  const viewport = candidateViewport({ frame, logits: [null, none, none, none] }, 48);
  const middle = toCanvas(viewport, imagePoint(80, 60));
  expect([middle.x, middle.y]).toEqual([24, 24]);
});
