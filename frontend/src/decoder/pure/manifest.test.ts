import { expect, test } from "vitest";
import { DecoderError } from "./failure";
import { parseManifest } from "./manifest";

const graph = {
  file: "decode.onnx",
  sha256: "ab".repeat(32),
  bytes: 12,
  inputs: [{ name: "point_coords", shape: [1, "N", 2], dtype: "float32" }],
  outputs: [{ name: "low_res_logits", shape: [1, 4, 256, 256], dtype: "float32" }],
};
const odd = { name: "a", shape: [1], dtype: "string" };
const good = {
  format: 4,
  form: "absorbed",
  model_version: "builtin-0123",
  image_size: 1024,
  low_res_size: 256,
  mask_threshold: 0,
  graphs: {
    prepare: { ...graph, file: "prepare.onnx" },
    decode: graph,
    decode_rows: { ...graph, file: "decode_rows.onnx" },
    prompt_mask: { ...graph, file: "prompt_mask.onnx" },
    first: { ...graph, file: "first.onnx" },
  },
  weights: { file: "weights.bin", sha256: "cd".repeat(32), bytes: 34 },
};

test("a manifest is read, and what it says beyond that is left alone", () => {
  expect(parseManifest(JSON.stringify({ ...good, notes: "made on Monday" }))).toEqual(good);
});

test("the plain form has two graphs", () => {
  const { prepare, decode } = good.graphs;
  const graphs = { prepare, decode };
  const plain = { ...good, form: "plain", graphs };
  expect(parseManifest(JSON.stringify(plain))).toEqual({
    ...plain,
    graphs: { ...graphs, decode_rows: null, prompt_mask: null, first: null },
  });
});

test.each([
  ["no JSON", "<html>"],
  ["a list", "[]"],
  ["an older format", { ...good, format: 3 }],
  ["a newer format", { ...good, format: 5 }],
  ["an unknown form", { ...good, form: "folded" }],
  ["no mask prompt", { ...good, graphs: { ...good.graphs, prompt_mask: undefined } }],
  ["nothing for the first click", { ...good, graphs: { ...good.graphs, first: undefined } }],
  ["no weights", { ...good, weights: undefined }],
  ["no version", { ...good, model_version: "" }],
  ["a broken size", { ...good, low_res_size: 12.5 }],
  ["no threshold", { ...good, mask_threshold: null }],
  ["no graph", { ...good, graphs: { decode: graph } }],
  ["no inputs", { ...good, graphs: { ...good.graphs, decode: { ...graph, inputs: [] } } }],
  ["an unknown type", { ...good, graphs: { prepare: graph, decode: { ...graph, inputs: [odd] } } }],
])("refused: %s", (_, manifest) => {
  const text = typeof manifest === "string" ? manifest : JSON.stringify(manifest);
  expect(() => parseManifest(text)).toThrow(DecoderError);
});
