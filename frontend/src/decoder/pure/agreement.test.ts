import { expect, test } from "vitest";
import type { TrialRun } from "../../protocol/worker";
import { betterBackend } from "./agreement";

function run(ms: number, change: (index: number, value: number) => number = (_, value) => value): TrialRun {
  const logits = [0, 1, 2, 3].map((token) =>
    Float32Array.from({ length: 10_000 }, (_, index) => change(index, index < 4000 + token ? 3 : -3)),
  );
  return { logits, ious: [0.5, 0.6, 0.7, 0.8], ms };
}

const noise = (index: number, value: number) => value + 0.01 * Math.sin(index);

test("WebGPU takes WASM's place where it gives the same masks sooner", () => {
  expect(betterBackend(run(50), run(9, noise))).toBe("webgpu");
});

test.each([
  ["slower", run(51)],
  ["as fast", run(50)],
  ["another mask", run(9, (index, value) => (index < 8 ? -value : value))],
  ["no numbers", run(9, () => Number.NaN)],
  ["another predicted IoU", { ...run(9), ious: [0.5, 0.6, 0.7, 0.82] }],
  ["a missing mask", { ...run(9), logits: [] }],
])("it does not where it is or gives %s", (_, webgpu) => {
  expect(betterBackend(run(50), webgpu)).toBe("wasm");
});

test("two empty masks are the same", () => {
  const empty = (ms: number) => run(ms, () => -1);
  expect(betterBackend(empty(50), empty(9))).toBe("webgpu");
});
