// What crosses on the project's socket. Whatever it tells can also be read by GET. Types only.

import type { ErrorBody, JobState } from "./api";

export type HintBody =
  | { readonly kind: "image_added"; readonly payload: { readonly image_id: number } }
  | {
      readonly kind: "embedding_state";
      readonly payload: {
        readonly image_id: number;
        readonly embedding_id: number;
        readonly state: JobState;
        readonly reason: string;
      };
    }
  | {
      readonly kind: "crop_state";
      readonly payload: {
        readonly image_id: number;
        readonly crop_id: number;
        readonly state: JobState;
        readonly reason: string;
      };
    }
  | { readonly kind: "mask_saved"; readonly payload: { readonly image_id: number } }
  | {
      readonly kind: "export_state";
      readonly payload: { readonly export_id: number; readonly state: JobState; readonly progress: number };
    };

export type HintKind = HintBody["kind"];

/** Sequences grow within a project, not always by one. */
export type Hint = { readonly sequence: number } & HintBody;

export type ServerMessage =
  | { readonly type: "hello"; readonly sequence: number }
  | { readonly type: "pong" }
  | ({ readonly type: "error" } & ErrorBody)
  | ({ readonly type: "hint" } & Hint);

export type ClientMessage = { readonly type: "ping" };
