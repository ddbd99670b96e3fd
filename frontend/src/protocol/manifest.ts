// The decoder's manifest: what sam_core's ONNX export says about its two graphs. Types only.

import type { Sha256 } from "./api";

export type TensorType = "float16" | "float32" | "int64" | "int32" | "bool";

export interface TensorSpec {
  readonly name: string;
  /** "N" where the size is the caller's. */
  readonly shape: readonly (number | string)[];
  readonly dtype: TensorType;
}

export interface GraphSpec {
  /** File name beside the manifest. */
  readonly file: string;
  readonly sha256: Sha256;
  readonly bytes: number;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

export interface Manifest {
  readonly format: number;
  readonly model_version: string;
  /** Side of the model's square input frame: 1024 for the official models. */
  readonly image_size: number;
  /** Side of the low-res logits: 256 for the official models. */
  readonly low_res_size: number;
  readonly mask_threshold: number;
  readonly graphs: {
    /** Run once per image: the embedding's tensors in, what `decode` takes of the image out. */
    readonly prepare: GraphSpec;
    /** Run at every click: the outputs of `prepare` and the prompts in, logits and predicted IoUs out. */
    readonly decode: GraphSpec;
  };
}
