// What crosses between the page and the server over HTTP, word for word. Types only.

export type Role = "annotator" | "manager" | "admin";
export type TimeLimitPolicy = "off" | "remind" | "advance";

/** ISO 8601 in UTC. */
export type Instant = string;
export type Uuid = string;
/** Lower-case hexadecimal. */
export type Sha256 = string;

export interface User {
  readonly id: number;
  readonly username: string;
  readonly role: Role;
}

/** What a person chose for themselves. */
export interface Preferences {
  /** The keys of the annotate page's commands that have others than their own, by the command's id. */
  readonly keys: Readonly<Record<string, readonly string[]>>;
}

export interface ProjectOut {
  readonly id: number;
  readonly name: string;
  readonly guidelines: string;
  readonly time_limit_policy: TimeLimitPolicy;
  readonly time_limit_seconds: number;
  readonly max_extensions: number;
  readonly idle_seconds: number;
  readonly annotators_per_image: number;
  readonly images: number;
  readonly images_ready: number;
  readonly images_failed: number;
  readonly images_done: number;
  readonly masks: number;
  readonly members: number;
}

export interface ProjectIn {
  readonly name: string;
  readonly guidelines?: string;
  readonly time_limit_policy?: TimeLimitPolicy;
  readonly time_limit_seconds?: number;
  readonly max_extensions?: number;
  readonly idle_seconds?: number;
  readonly annotators_per_image?: number;
}

export interface Member {
  readonly user_id: number;
  readonly username: string;
  readonly role: Role;
}

/** Shown as queued, encoding, ready, failed. */
export type JobState = "queued" | "running" | "done" | "failed";

export interface ImageOut {
  readonly id: number;
  readonly file_name: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly state: JobState;
  readonly reason: string;
  readonly encode_ms: number | null;
  readonly masks: number;
  readonly thumbnail_url: string;
  readonly display_url: string;
  readonly created_at: Instant;
}

export interface RefusedFile {
  readonly file_name: string;
  readonly code: string;
  readonly reason: string;
}

export interface UploadResult {
  readonly accepted: readonly ImageOut[];
  readonly refused: readonly RefusedFile[];
}

export interface ImagePage {
  readonly count: number;
  readonly states: Readonly<Record<JobState, number>>;
  readonly items: readonly ImageOut[];
}

/** 0 background, 1 foreground. Box corners and padding never leave the decoder. */
export type PointLabel = 0 | 1;
/** Image pixels and label. */
export type PromptPoint = readonly [x: number, y: number, label: PointLabel];

export interface Prompts {
  readonly points: readonly PromptPoint[];
  readonly box: readonly [x0: number, y0: number, x1: number, y1: number] | null;
  /** The candidate chosen for the first prompt's mask, of which the later ones were made. */
  readonly first_token?: 1 | 2 | 3 | null;
  /** The part of the image whose own embedding they were decoded with; null for the whole image's. */
  readonly crop_box?: CropBox | null;
}

/** A rectangle of image pixels. */
export type CropBox = readonly [x: number, y: number, width: number, height: number];

/** 0 the single mask, 1 to 3 the multimask output: whole, part, subpart in no fixed order. */
export type MaskToken = 0 | 1 | 2 | 3;

export type TimeLimitOutcome = "within" | "kept" | "dropped" | "extended" | "ignored";

export interface MaskIn {
  readonly session_id: number;
  readonly lease_token: Uuid;
  readonly image_sha256: Sha256;
  readonly model_version: string;
  readonly size: readonly [height: number, width: number];
  /** Compressed COCO RLE. */
  readonly counts: string;
  readonly prompts: Prompts;
  /** Null: brush only. */
  readonly chosen_token: MaskToken | null;
  readonly predicted_iou: number | null;
  readonly stability_score: number | null;
  readonly brush_pixels_added: number;
  readonly brush_pixels_removed: number;
  /** Whole milliseconds. */
  readonly active_ms: number;
  readonly time_limit_outcome: TimeLimitOutcome;
  /** The mask that this one takes the place of. */
  readonly replaces: Uuid | null;
}

export interface MaskOut {
  readonly id: Uuid;
  readonly image_id: number;
  readonly annotator: string;
  readonly size: readonly [height: number, width: number];
  readonly counts: string;
  readonly bbox: readonly [x: number, y: number, width: number, height: number];
  readonly area: number;
  readonly prompts: Prompts;
  readonly chosen_token: MaskToken | null;
  readonly predicted_iou: number | null;
  readonly stability_score: number | null;
  readonly brush_pixels_added: number;
  readonly brush_pixels_removed: number;
  readonly active_ms: number;
  readonly time_limit_outcome: TimeLimitOutcome;
  readonly replaces: Uuid | null;
  readonly created_at: Instant;
}

export interface SessionImage {
  readonly id: number;
  readonly sha256: Sha256;
  readonly file_name: string;
  readonly width: number;
  readonly height: number;
  readonly display_url: string;
  readonly thumbnail_url: string;
}

export interface ModelRef {
  readonly version: string;
  readonly manifest_url: string;
  readonly manifest_sha256: Sha256;
}

export interface SessionEmbedding {
  readonly id: number;
  readonly state: JobState;
  /** Null until it is encoded. */
  readonly url: string | null;
  readonly sha256: Sha256 | null;
  readonly bytes: number;
}

export interface TimeLimit {
  readonly policy: TimeLimitPolicy;
  readonly seconds: number;
  readonly max_extensions: number;
}

export type SessionState = "reserved" | "active" | "finished" | "skipped" | "released";

export interface SessionOut {
  readonly id: number;
  readonly state: SessionState;
  readonly lease_token: Uuid;
  readonly lease_seconds: number;
  readonly project_id: number;
  readonly image: SessionImage;
  readonly model: ModelRef;
  readonly embedding: SessionEmbedding;
  readonly time_limit: TimeLimit;
  /** So long after the last input time no longer counts as active. */
  readonly idle_seconds: number;
  /** All undeleted masks of the image. */
  readonly masks: readonly MaskOut[];
}

export type NoSessionReason = "no_images" | "encoding" | "all_done";

export type SessionAnswer =
  | { readonly session: SessionOut; readonly reason: null }
  /** No reason: enough is reserved. */
  | { readonly session: null; readonly reason: NoSessionReason | null };

export type SkipReason = "unclear" | "low_quality" | "inappropriate" | "time_limit" | "other";

export interface LeaseIn {
  readonly lease_token: Uuid;
}

export interface SkipIn extends LeaseIn {
  readonly reason: SkipReason;
  readonly note?: string;
}

/** Either of the two. */
export interface CropIn extends LeaseIn {
  /** The image's pixels that are in sight. */
  readonly view?: CropBox;
  /** The very part that a mask was decoded in. */
  readonly crop_box?: CropBox;
}

/** A part of the image that is encoded by itself. */
export interface CropOut {
  readonly id: number;
  readonly crop_box: CropBox;
  readonly state: JobState;
  readonly reason: string;
  /** Null until it is encoded. */
  readonly url: string | null;
  readonly sha256: Sha256 | null;
}

export interface DeleteMaskIn extends LeaseIn {
  readonly session_id: number;
}

export type TimeLimitAnswer = "keep_next" | "drop_next" | "extend" | "ignored";

/** What happened, and what belongs to it. */
export type EventData =
  | { readonly kind: "session_shown"; readonly data: Record<string, never> }
  /** An interval of active time on the page's monotonic clock, at most 5 s long. */
  | { readonly kind: "activity"; readonly data: { readonly from_ms: number; readonly to_ms: number } }
  | {
      readonly kind:
        | "mask_started"
        | "prompt"
        | "stroke"
        | "undo"
        | "redo"
        | "mask_accepted"
        | "mask_dropped"
        | "mask_deleted"
        | "time_limit_reached"
        | "skip"
        | "finish";
      readonly data: Readonly<Record<string, string | number | boolean | null>>;
    }
  | { readonly kind: "decode"; readonly data: { readonly ms: number } }
  | { readonly kind: "time_limit_answer"; readonly data: { readonly answer: TimeLimitAnswer } };

export type EventKind = EventData["kind"];

export interface EventHead {
  readonly id: Uuid;
  readonly session_id: number;
  /** One per page load: the origin of its monotonic clock. */
  readonly page_id: Uuid;
  readonly sequence: number;
  readonly monotonic_ms: number;
  readonly mask_id: Uuid | null;
}

export type EventIn = EventHead & EventData;

export interface EventsResult {
  readonly stored: number;
  readonly known: number;
  /** Events of sessions that are not (or no longer) this person's: never stored. */
  readonly refused: number;
}

export interface ExportOut {
  readonly id: number;
  readonly state: JobState;
  /** 0 to 1. */
  readonly progress: number;
  readonly reason: string;
  readonly bytes: number;
  readonly images: number;
  readonly masks: number;
  readonly url: string | null;
  readonly created_at: Instant;
  readonly requested_by: string;
}

export interface ThroughputFigures {
  readonly masks: number;
  readonly median_seconds: number | null;
  readonly mean_seconds: number | null;
  readonly images: number;
  readonly masks_per_image: number | null;
  readonly skips: number;
  readonly over_limit_share: number | null;
  readonly active_seconds: number;
}

export interface ThroughputRow extends ThroughputFigures {
  readonly user_id: number;
  readonly username: string;
}

export interface ThroughputDay extends ThroughputRow {
  /** YYYY-MM-DD in UTC. */
  readonly day: string;
}

export interface Throughput {
  readonly limit_seconds: number;
  readonly annotators: readonly ThroughputRow[];
  readonly days: readonly ThroughputDay[];
  readonly total: ThroughputFigures;
}

/** A registered model version. */
export interface ModelVersionOut {
  readonly id: number;
  readonly version: string;
  readonly name: string;
  /** The known model whose layout it has; "" for none. */
  readonly preset: string;
  readonly state: "candidate" | "active" | "retired";
  /** Whether every file of it is in the store. */
  readonly complete: boolean;
  readonly bytes: number | null;
  readonly checkpoint_sha256: Sha256;
  readonly source_kind: "builtin" | "official" | "file";
  readonly source_name: string;
  /** Of the file as it came; "" where nobody wrote it down. */
  readonly source_sha256: Sha256;
  /** Whether the source is a published file, by its hash. */
  readonly published: boolean;
  readonly registered_by: string | null;
  readonly created_at: Instant;
  readonly activated_at: Instant | null;
  readonly images_encoded: number;
  readonly images_waiting: number;
  readonly images_failed: number;
  /** Of an image, on average; null before the first. */
  readonly encode_ms: number | null;
}

/** A published model that can be downloaded. */
export interface OfficialModelOut {
  readonly name: string;
  readonly title: string;
  readonly publisher: string;
  readonly licence: string;
  readonly address: string;
  readonly sha256: Sha256;
  readonly bytes: number;
  /** False: the size was not published, and `bytes` is about right. */
  readonly exact: boolean;
  /** Of the disk, for downloading and importing it. */
  readonly needed_bytes: number;
  /** The version that was made of it, if any. */
  readonly version: string | null;
}

export type ImportStep = "fetching" | "checking" | "reading" | "exporting" | "verifying" | "registering";

/** A checkpoint on its way to be a version. */
export interface ModelImportOut {
  readonly id: number;
  readonly kind: "official" | "upload";
  readonly source: string;
  readonly file_name: string;
  readonly name: string;
  readonly url: string;
  readonly state: JobState;
  /** "" before the worker has begun. */
  readonly step: ImportStep | "";
  readonly bytes_done: number;
  readonly bytes_total: number | null;
  readonly bytes_per_second: number | null;
  readonly reason: string;
  readonly cancelled: boolean;
  readonly version: string | null;
  readonly requested_by: string;
  readonly created_at: Instant;
}

export interface ModelsOut {
  readonly versions: readonly ModelVersionOut[];
  readonly official: readonly OfficialModelOut[];
  readonly imports: readonly ModelImportOut[];
  readonly images: number;
  readonly free_bytes: number;
}

export interface OfficialIn {
  readonly model: string;
  /** Another address than the publisher's. */
  readonly url?: string;
}

export interface UploadedIn {
  readonly upload_id: Uuid;
  readonly file_name: string;
  readonly bytes: number;
  readonly name?: string;
}

export interface UploadedPart {
  readonly received: number;
}

/** The one shape of every error. `message` says what to do; `fields` what is wrong with which field of a form. */
export interface ErrorBody {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly fields?: Readonly<Record<string, string>>;
  };
}
