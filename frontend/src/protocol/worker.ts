// What crosses between the page and the decoder's worker: requests carry an id, each gets one reply with that id. Types only.

import type { CropBox, MaskToken, ModelRef, PromptPoint, Sha256 } from "./api";
import type { Manifest } from "./manifest";

/** Names an image, or a part of it, under a model. Embedding and decoder are bound to each other by it, never by shape. */
export interface ImageKey {
  readonly imageSha256: Sha256;
  readonly modelVersion: string;
  /** Of the whole image. */
  readonly height: number;
  readonly width: number;
  /** The part that is encoded by itself; absent for the whole image. Prompts and masks are in the image's pixels all the same. */
  readonly crop?: CropBox | null;
}

export interface DecodePrompts {
  /** Image pixels. */
  readonly points: readonly PromptPoint[];
  readonly box: readonly [x0: number, y0: number, x1: number, y1: number] | null;
  /** Low-res logits of the mask to refine, [low_res_size²]; null for none. */
  readonly maskInput: Float32Array | null;
}

export type Planes = readonly [Float32Array, Float32Array, Float32Array, Float32Array];

export interface Decoded {
  /** Low-res logits of each of the four tokens, [low_res_size²] each. */
  readonly logits: Planes;
  /** The rows and columns of them that were made, from the top left: those that the image lies in. Null for all. */
  readonly made: { readonly rows: number; readonly columns: number } | null;
  readonly lowResSize: number;
  /** Predicted IoU of each token. */
  readonly ious: readonly [number, number, number, number];
  /** The token to show by the reference's rule. */
  readonly shown: MaskToken;
  readonly ms: number;
}

/** What a click would give, to be looked at while the pointer is over it. */
export interface Previewed {
  /** Low-res logits of the token that would be shown, [low_res_size²]. */
  readonly logits: Float32Array;
  /** The whole answer to that click, where all of it was made. */
  readonly decoded: Decoded | null;
}

export interface Materialised {
  /** Row-major 0 and 1, [height × width]. */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Null where the mask is empty even at the lower threshold. */
  readonly stabilityScore: number | null;
}

/** What runs the decoder's graphs. */
export type Backend = "wasm" | "webgpu";

/** What the worker that compares backends is asked, and answers. */
export interface TrialRequest {
  readonly model: ModelRef;
  readonly threads: number;
}

export interface TrialRun {
  /** Low-res logits of each token. */
  readonly logits: readonly Float32Array[];
  readonly ious: readonly number[];
  /** Median of a few decodes. */
  readonly ms: number;
}

export interface TrialReply {
  readonly backend: Backend;
  readonly wasm?: TrialRun;
  readonly webgpu?: TrialRun;
  /** Why there was nothing to compare. */
  readonly why?: string;
}

export type WorkerRequestBody =
  | { readonly type: "load"; readonly model: ModelRef; readonly threads: number; readonly backend: Backend }
  | {
      readonly type: "setImage";
      readonly key: ImageKey;
      /** A safetensors file. */
      readonly embedding: ArrayBuffer;
      /** Of the file, as the server named it; null where it was checked before. */
      readonly sha256: Sha256 | null;
      /** True for an image that is not yet looked at: it waits until nothing else is to be done. */
      readonly ahead: boolean;
    }
  /** The image's part of the work, done once. Clicks go between its steps, and need not wait for it. */
  | { readonly type: "prepare"; readonly key: ImageKey; readonly ahead: boolean }
  /** Frees what is held of it. */
  | { readonly type: "forget"; readonly key: ImageKey }
  | ({ readonly type: "decode"; readonly key: ImageKey } & DecodePrompts)
  /** The same answer with the logits outside of the image, which count where the logits become a prompt. */
  | ({ readonly type: "complete"; readonly key: ImageKey } & DecodePrompts)
  /** `whole`: the answer with all its tokens, so that a click at this place need not be decoded. */
  | { readonly type: "preview"; readonly key: ImageKey; readonly point: PromptPoint; readonly whole: boolean }
  | { readonly type: "materialise"; readonly key: ImageKey; readonly logits: Float32Array }
  /** Forget the request `target` if it has not begun; a run inside ONNX Runtime can't be broken off. */
  | { readonly type: "cancel"; readonly target: number };

export type WorkerRequest = { readonly id: number } & WorkerRequestBody;
export type WorkerRequestType = WorkerRequestBody["type"];

export interface WorkerResults {
  readonly load: { readonly manifest: Manifest; readonly loadMs: number };
  readonly setImage: null;
  readonly prepare: null;
  readonly forget: null;
  readonly decode: Decoded;
  readonly complete: Decoded;
  readonly preview: Previewed;
  readonly materialise: Materialised;
  readonly cancel: null;
}

export type DecoderErrorCode =
  /** A newer request took this one's place: nothing went wrong. */
  | "superseded"
  | "no_model"
  | "no_image"
  /** The embedding is of another image, or was made by another model. */
  | "wrong_embedding"
  /** The file is not what the server named: broken off, or changed on the way. */
  | "bad_hash"
  | "bad_manifest"
  | "bad_embedding"
  | "bad_request"
  | "fetch_failed"
  /** The worker ended and could not be brought back. */
  | "crashed"
  | "failed";

export interface WorkerFailure {
  readonly code: DecoderErrorCode;
  readonly message: string;
}

/** A sign of life while an answer takes long: more of a file is there (`id` 0), or all files of a `load` and they are being opened. */
export interface WorkerProgress {
  readonly id: number;
  readonly progress: "fetching" | "opening";
}

export type WorkerReply =
  | { readonly id: number; readonly ok: true; readonly result: WorkerResults[WorkerRequestType] }
  | { readonly id: number; readonly ok: false; readonly failure: WorkerFailure };
