// One worker of benchmarks.decoder: opens graphs with onnxruntime-web and times single runs of them, inputs and outputs copied as
// between a page and its decoder.
import * as ort from "/ort/ort.wasm.min.mjs";
import { Upscaler } from "./upscaler.js";

const sessions = {};
const floats = (data, shape) => new ort.Tensor("float32", Float32Array.from(data), shape);
const whole = (data, shape) => new ort.Tensor("int64", BigInt64Array.from(data.map(BigInt)), shape);
let prepared = {};
let embedding;
let stored;
let upscaler;

/** Evenly spread numbers below 1, the same on every machine. */
function numbers(seed) {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

function points(count, width, height) {
  const next = numbers(count * 7 + 1);
  const coords = [];
  for (let i = 0; i < count; i++) coords.push(next() * width, next() * height);
  const labels = Array.from({ length: count }, (_, i) => (i === 0 || next() > 0.3 ? 1 : 0));
  return {
    point_coords: floats([...coords, 0, 0], [1, count + 1, 2]),
    point_labels: floats([...labels, -1], [1, count + 1]),
  };
}

function feedsFor(session, { count, image, frame, cells, shown, half }) {
  const places = 64 * 64;
  const known = {
    ...points(count, frame[1], frame[0]),
    ...prepared,
    image_embeddings: embedding,
    image_embedding: stored,
    mask_input: new ort.Tensor("float32", new Float32Array(256 * 256), [1, 1, 256, 256]),
    has_mask_input: floats([0], [1]),
    orig_im_size: floats(image, [2]),
    mask_rows: new ort.Tensor("float32", new Float32Array(places), [1, places]),
    mask_cross: new ort.Tensor("float32", new Float32Array(2 * places), [2, 1, places]),
    shown: whole(shown, [shown.length]),
    crop: whole(cells, [2]),
    steps: half ? whole([0], [1, 1]) : whole([0, 1, 2, 3], [2, 2]),
  };
  return Object.fromEntries(session.inputNames.map((name) => [name, known[name]]));
}

const acts = {
  async open({ threads, graphs, weights }) {
    ort.env.wasm.wasmPaths = "/ort/";
    ort.env.wasm.numThreads = threads;
    ort.env.logLevel = "error";
    const read = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());
    const externalData = [{ path: "weights.bin", data: await read(weights) }];
    const options = { executionProviders: ["wasm"], graphOptimizationLevel: "all", externalData };
    for (const [name, url] of Object.entries(graphs)) {
      sessions[name] = await ort.InferenceSession.create(await read(url), options);
    }
    const helper = (start) => new Worker("/upscaler_helper.js", { type: "module" }).postMessage(start);
    upscaler = await Upscaler.open(await read("/upscaler.wasm"), threads > 1 ? helper : null);
    return { isolated: self.crossOriginIsolated };
  },
  /** The embedding as float16 for ours and as float32 for the official decoder. */
  async prepare({ bits, values }) {
    embedding = new ort.Tensor("float32", new Float32Array(values), [1, 256, 64, 64]);
    stored = new ort.Tensor("float16", new Uint16Array(bits), [1, 256, 64, 64]);
    const started = performance.now();
    prepared = await sessions.prepare.run({ image_embedding: stored });
    return { ms: performance.now() - started };
  },
  async decode({ graph, ...how }) {
    const session = sessions[graph];
    const outputs = await session.run(feedsFor(session, how));
    const answer = {};
    if (outputs.rows) {
      const parts = Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data]));
      const [rows, columns] = how.cells;
      answer.low_res_logits = upscaler.planes(parts, { rows, columns }, how.half ? 1 : 2);
      answer.predicted_ious = parts.predicted_ious.slice();
      return answer;
    }
    for (const [name, { data }] of Object.entries(outputs)) answer[name] = data.slice();
    return answer;
  },
};

self.onmessage = async ({ data: { id, act, ...rest } }) => {
  try {
    const answer = await acts[act](rest);
    const buffers = Object.values(answer).filter((value) => ArrayBuffer.isView(value)).map(({ buffer }) => buffer);
    self.postMessage({ id, answer }, buffers);
  } catch (error) {
    self.postMessage({ id, error: String(error?.stack ?? error) });
  }
};
