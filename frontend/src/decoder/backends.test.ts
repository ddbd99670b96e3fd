import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ModelRef } from "../protocol/api";
import type { TrialReply } from "../protocol/worker";
import { Backends, type BackendsOptions } from "./backends";

const model: ModelRef = { version: "m-1", manifest_url: "/manifest", manifest_sha256: "00" };
const real = { requestAdapter: async () => ({ info: { isFallbackAdapter: false } }) };

let kept: Map<string, string>;
let trials: FakeTrial[];

class FakeTrial {
  onmessage: ((event: { data: TrialReply }) => void) | null = null;
  onerror: (() => void) | null = null;
  asked: unknown = null;
  ended = false;
  constructor() {
    trials.push(this);
  }
  postMessage(request: unknown): void {
    this.asked = request;
  }
  terminate(): void {
    this.ended = true;
  }
}

const page = (options: BackendsOptions = {}) =>
  new Backends({
    gpu: real,
    storage: { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) },
    browser: "Chromium 156",
    createWorker: () => new FakeTrial() as unknown as Worker,
    delayMs: 10,
    ...options,
  });
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  kept = new Map();
  trials = [];
});

afterEach(() => {
  vi.useRealTimers();
});

test("WASM runs a model until a trial was won, and then WebGPU does, from the next page on", async () => {
  const first = page();
  expect(first.backendOf("m-1")).toBe("wasm");
  first.tryLater(model, 2);
  first.tryLater(model, 2);
  await pass(20);
  expect(trials.map(({ asked }) => asked)).toEqual([{ model, threads: 2 }]);
  trials[0]?.onmessage?.({ data: { backend: "webgpu" } });
  await pass(0);
  expect(trials[0]?.ended).toBe(true);
  const next = page();
  expect(next.backendOf("m-1")).toBe("webgpu");
  expect(next.backendOf("m-2")).toBe("wasm");
  expect(page({ browser: "Chromium 157" }).backendOf("m-1")).toBe("wasm");
  expect(page({ gpu: undefined }).backendOf("m-1")).toBe("wasm");
  next.tryLater(model, 2);
  await pass(20);
  expect(trials).toHaveLength(1);
});

test.each([
  ["is lost", (trial: FakeTrial) => trial.onmessage?.({ data: { backend: "wasm" } })],
  ["breaks", (trial: FakeTrial) => trial.onerror?.()],
  ["hangs", () => {}],
])("a trial that %s leaves WASM, and is not made again", async (_, end) => {
  page().tryLater(model, 1);
  await pass(20);
  end(trials[0] as FakeTrial);
  await pass(130_000);
  expect(trials[0]?.ended).toBe(true);
  const next = page();
  expect(next.backendOf("m-1")).toBe("wasm");
  next.tryLater(model, 1);
  await pass(20);
  expect(trials).toHaveLength(1);
});

test.each([
  ["no WebGPU", { gpu: undefined }],
  ["no adapter", { gpu: { requestAdapter: async () => null } }],
  ["a software adapter", { gpu: { requestAdapter: async () => ({ info: { isFallbackAdapter: true } }) } }],
  ["an adapter that fails", { gpu: { requestAdapter: () => Promise.reject(new Error("lost")) } }],
  ["nowhere to keep the outcome", { storage: undefined }],
])("with %s there is no trial", async (_, options) => {
  const backends = page(options);
  backends.tryLater(model, 1);
  await pass(20);
  expect(trials).toHaveLength(0);
  expect(backends.backendOf("m-1")).toBe("wasm");
});
