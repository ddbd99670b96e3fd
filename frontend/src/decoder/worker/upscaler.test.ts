// The kernel against the same maths in plain numbers; against torch it is held in tests/e2e/test_decoder.py.
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildKernel, KERNEL } from "../../../kernel.ts";
import { type HelperStart, Upscaler, type Upscaling } from "./upscaler";

const HELPER = `const { workerData: { module, memory } } = require("node:worker_threads");
new WebAssembly.Instance(module, { env: { memory } }).exports.help();`;

const helpers: Worker[] = [];
let alone: Upscaler;
let helped: Upscaler;

beforeAll(async () => {
  await buildKernel();
  const code = readFileSync(KERNEL);
  alone = await Upscaler.open(code, null);
  helped = await Upscaler.open(code, (start: HelperStart) => {
    helpers.push(new Worker(HELPER, { eval: true, workerData: start }));
  });
});

afterAll(async () => {
  for (const helper of helpers) await helper.terminate();
});

interface Sizes {
  readonly cells: { readonly rows: number; readonly columns: number };
  readonly mid: number;
  readonly channels: number;
  readonly step: 1 | 2;
  readonly planes: number;
}

const SMALL: Sizes = { cells: { rows: 5, columns: 7 }, mid: 12, channels: 8, step: 2, planes: 3 };
const OFFICIAL: Sizes = { cells: { rows: 43, columns: 64 }, mid: 64, channels: 32, step: 2, planes: 4 };

/** Evenly spread numbers within `spread` of 0, the same each time. */
function numbers(count: number, spread: number): Float32Array {
  let state = count;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return spread * (state / 2 ** 31 - 1);
  });
}

function madeUp({ cells, mid, channels, step, planes }: Sizes): Upscaling {
  return {
    rows: numbers(4 * cells.rows * cells.columns * mid, 3),
    // After the layer norm GELU sees numbers of up to some twenty.
    norm: numbers(2 * mid, 12),
    eps: Float32Array.of(0.01),
    second: numbers(step * step * channels * mid, 0.5),
    second_bias: numbers(channels, 2),
    plane_weights: numbers(planes * channels, 1),
  };
}

/** By the series, or the continued fraction where it converges sooner. */
function normalDistribution(x: number): number {
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (Math.abs(x) < 4) {
    let [term, total] = [x, x];
    for (let n = 3; n < 120; n += 2) {
      term *= (x * x) / n;
      total += term;
    }
    return 0.5 + density * total;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / (Math.abs(x) + fraction);
  const tail = density / (Math.abs(x) + fraction);
  return x < 0 ? tail : 1 - tail;
}

const gelu = (x: number) => x * normalDistribution(x);

function reference({ rows, norm, eps, second, second_bias, plane_weights }: Upscaling, sizes: Sizes): number[] {
  const { cells, mid, channels, step, planes } = sizes;
  const across = 2 * step * cells.columns;
  const size = across * 2 * step * cells.rows;
  const logits = new Array<number>(planes * size).fill(0);
  for (let row = 0; row < rows.length / mid; row++) {
    const x = [...rows.subarray(row * mid, (row + 1) * mid)];
    const inverse = 1 / Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / mid + eps[0]!);
    const normed = x.map((value, i) => gelu(value * inverse * norm[i]! + norm[mid + i]!));
    const [place, dy, dx] = [row >> 2, (row >> 1) & 1, row & 1];
    const [top, left] = [Math.floor(place / cells.columns), place % cells.columns];
    for (let column = 0; column < step * step * channels; column++) {
      const [sub, channel] = [Math.floor(column / channels), column % channels];
      const [panel, lane] = [column >> 3, column & 7];
      const product = normed.reduce((sum, value, i) => sum + value * second[(panel * mid + i) * 8 + lane]!, 0);
      const upscaled = gelu(product + second_bias[channel]!);
      const [y, z] = step === 2 ? [sub >> 1, sub & 1] : [0, 0];
      const at = ((2 * top + dy) * step + y) * across + (2 * left + dx) * step + z;
      for (let plane = 0; plane < planes; plane++) {
        logits[plane * size + at]! += upscaled * plane_weights[plane * channels + channel]!;
      }
    }
  }
  return logits;
}

function largestDifference(found: Float32Array, wanted: readonly number[]): number {
  expect(found.length).toBe(wanted.length);
  return found.reduce((most, value, index) => Math.max(most, Math.abs(value - wanted[index]!)), 0);
}

test.each([
  ["all sub-pixels", SMALL],
  ["every second row and column of one plane", { ...SMALL, step: 1, planes: 1 }],
  ["a part that fills no chunk", { ...SMALL, cells: { rows: 1, columns: 3 } }],
] as const)("the kernel computes %s", (_, sizes) => {
  const made = madeUp(sizes);
  const wanted = reference(made, sizes);
  expect(Math.max(...wanted.map(Math.abs))).toBeGreaterThan(10);
  expect(largestDifference(alone.planes(made, sizes.cells, sizes.step), wanted)).toBeLessThan(1e-4);
});

test("GELU is right at every size of number", () => {
  // One channel carries the number through the first GELU to the only plane; the second GELU is linear so far from 0.
  const sizes: Sizes = { cells: { rows: 1, columns: 1 }, mid: 4, channels: 8, step: 1, planes: 1 };
  const far = 8;
  for (let x = -30; x < 30; x += 0.0371) {
    const made: Upscaling = {
      rows: new Float32Array(16),
      norm: Float32Array.of(0, 0, 0, 0, x, 0, 0, 0),
      eps: Float32Array.of(1),
      second: Float32Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0)),
      second_bias: Float32Array.of(far, 0, 0, 0, 0, 0, 0, 0),
      plane_weights: Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0),
    };
    const found = alone.planes(made, sizes.cells, 1)[0]! - far;
    // Both GELUs' own errors, and float32's.
    expect(Math.abs(found - gelu(Math.fround(x)))).toBeLessThan(3e-6 + 4e-7 * Math.abs(x));
  }
});

test("a helper changes nothing but the time, whatever was computed before", () => {
  for (const sizes of [SMALL, OFFICIAL, { ...OFFICIAL, step: 1, planes: 1 }, SMALL] as const) {
    const made = madeUp(sizes);
    const wanted = alone.planes(made, sizes.cells, sizes.step);
    for (let run = 0; run < 20; run++) {
      const found = helped.planes(made, sizes.cells, sizes.step);
      expect(Buffer.compare(Buffer.from(found.buffer), Buffer.from(wanted.buffer))).toBe(0);
    }
  }
});

test("rows of another part than was asked for are refused", () => {
  expect(() => alone.planes(madeUp(SMALL), { rows: 5, columns: 6 }, 2)).toThrow("other sizes");
  expect(() => alone.planes(madeUp(SMALL), SMALL.cells, 1)).toThrow("other sizes");
});
