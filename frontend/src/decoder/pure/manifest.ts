import type { FileSpec, GraphSpec, Manifest, TensorSpec } from "../../protocol/manifest";
import { DecoderError } from "./failure";

/** The one version of the manifest that this decoder understands. */
const FORMAT = 4;
const TYPES = new Set(["float16", "float32", "int64", "int32", "bool"]);

/** Throws a DecoderError "bad_manifest" naming the first thing that is missing. */
export function parseManifest(text: string): Manifest {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw refused("it is no JSON");
  }
  const manifest = record(data, "manifest");
  if (manifest.format !== FORMAT) throw refused(`its format is ${String(manifest.format)}, not ${FORMAT}`);
  const graphs = record(manifest.graphs, "graphs");
  return {
    format: FORMAT,
    form: form(manifest.form),
    model_version: string(manifest.model_version, "model_version"),
    image_size: size(manifest.image_size, "image_size"),
    low_res_size: size(manifest.low_res_size, "low_res_size"),
    mask_threshold: number(manifest.mask_threshold, "mask_threshold"),
    graphs: {
      prepare: graph(graphs.prepare, "prepare"),
      decode: graph(graphs.decode, "decode"),
      decode_rows: graphs.decode_rows === undefined ? null : graph(graphs.decode_rows, "decode_rows"),
      prompt_mask: manifest.form === "absorbed" ? graph(graphs.prompt_mask, "prompt_mask") : null,
      first: manifest.form === "absorbed" ? graph(graphs.first, "first") : null,
    },
    weights: file(manifest.weights, "weights"),
  };
}

function refused(why: string): DecoderError {
  return new DecoderError("bad_manifest", `The model's manifest can't be used: ${why}. Ask your administrator.`);
}

function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refused(`${name} is missing`);
  return value as Record<string, unknown>;
}

function string(value: unknown, name: string): string {
  if (typeof value !== "string" || value === "") throw refused(`${name} is missing`);
  return value;
}

function number(value: unknown, name: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw refused(`${name} is missing`);
  return value;
}

function size(value: unknown, name: string): number {
  const side = number(value, name);
  if (!Number.isInteger(side) || side < 1) throw refused(`${name} is no size`);
  return side;
}

function form(value: unknown): Manifest["form"] {
  if (value !== "plain" && value !== "absorbed") throw refused(`its form is ${String(value)}`);
  return value;
}

function file(value: unknown, name: string): FileSpec {
  const entry = record(value, name);
  return {
    file: string(entry.file, `${name}.file`),
    sha256: string(entry.sha256, `${name}.sha256`),
    bytes: number(entry.bytes, `${name}.bytes`),
  };
}

function graph(value: unknown, name: string): GraphSpec {
  const entry = record(value, name);
  return {
    ...file(value, name),
    inputs: tensors(entry.inputs, `${name}.inputs`),
    outputs: tensors(entry.outputs, `${name}.outputs`),
  };
}

function tensors(value: unknown, name: string): TensorSpec[] {
  if (!Array.isArray(value) || value.length === 0) throw refused(`${name} is missing`);
  return value.map((item, index) => {
    const entry = record(item, `${name}[${index}]`);
    const dtype = string(entry.dtype, `${name}[${index}].dtype`);
    if (!TYPES.has(dtype) || !Array.isArray(entry.shape))
      throw refused(`${name}[${index}] has no known type and shape`);
    return {
      name: string(entry.name, `${name}[${index}].name`),
      shape: entry.shape,
      dtype: dtype as TensorSpec["dtype"],
    };
  });
}
