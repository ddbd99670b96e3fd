// The decoder's manifest: what sam_core's ONNX export says about its graphs. Types only.

import type { Sha256 } from "./api";

export type TensorType = "float16" | "float32" | "int64" | "int32" | "bool";

export interface TensorSpec {
  readonly name: string;
  /** A letter where the size is the caller's: N points, R rows of a mask prompt, P planes, S steps per 2 × 2 sub-pixels; for outputs what follows. */
  readonly shape: readonly (number | string)[];
  readonly dtype: TensorType;
}

export interface FileSpec {
  /** File name beside the manifest. */
  readonly file: string;
  readonly sha256: Sha256;
  readonly bytes: number;
}

export interface GraphSpec extends FileSpec {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

export interface Manifest {
  readonly format: number;
  /** The model's decoder as it stands, or re-associated (sam_core/modeling/absorbed). */
  readonly form: "plain" | "absorbed";
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
    /** Of the absorbed form, where its sizes allow: `decode` without its last part, which our own kernel does (decoder/kernel). */
    readonly decode_rows: GraphSpec | null;
    /** Of the absorbed form: previous logits and three prepared tensors in, the mask's rows and the tensors with it out. */
    readonly prompt_mask: GraphSpec | null;
    /** Of the absorbed form: `decode` of an image that is not prepared; takes the embedding, and no mask. */
    readonly first: GraphSpec | null;
  };
  /** Of all graphs, which refer to it by its name. */
  readonly weights: FileSpec;
}
