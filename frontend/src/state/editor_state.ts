// Everything the annotate page knows about the image at hand, and the named commands that change it. Keys, buttons and tests
// give the same commands.

import type { Bitmap } from "../geometry/bitmap";
import type { Box, ImagePoint } from "../geometry/points";
import type { CropBox, PointLabel } from "../protocol/api";
import type { BrushShape } from "./brush_shapes";
import type { Answer, Candidate, Draft } from "./draft";
import { newDraft } from "./draft";
import { type History, NO_HISTORY } from "./history";
import type { KeptDraft } from "./kept_draft";
import type { PaintLayer } from "./paint";
import type { OpenMove } from "./prompting";
import type { Prompt, PromptRef } from "./prompts";
import type { SavedMask } from "./saved";

export type Tool = "click" | "box" | "brush" | "eraser" | "lasso";
export type PaintMode = "brush" | "eraser";

export interface ImageInfo {
  readonly id: number;
  readonly width: number;
  readonly height: number;
}

/** A stroke under way: the layer before it, to make its delta from when the pen goes up. */
export interface OpenStroke {
  readonly mode: PaintMode;
  readonly before: PaintLayer;
  readonly last: ImagePoint;
  /** Pixels of other masks, which it leaves alone; null when it may paint everywhere. */
  readonly blocked: Bitmap | null;
}

/** An accepted mask whose pixels are being worked out and put into the outbox. */
export interface AcceptingMask {
  readonly draft: Draft;
  readonly colour: number;
  readonly failure: string | null;
}

export interface EditorState {
  readonly image: ImageInfo | null;
  readonly tool: Tool;
  /** Diameter in image pixels. */
  readonly brushSize: number;
  readonly brushShape: BrushShape;
  readonly draft: Draft;
  readonly history: History;
  readonly stroke: OpenStroke | null;
  /** The prompt that the hand moves. */
  readonly moving: OpenMove | null;
  /** The prompt that Delete removes. */
  readonly selected: PromptRef | null;
  readonly nextRevision: number;
  readonly accepting: readonly AcceptingMask[];
  readonly saved: readonly SavedMask[];
  readonly hidden: ReadonlySet<string>;
  readonly allHidden: boolean;
  /** The mask that the list points at. */
  readonly pointedAt: string | null;
  readonly nextColour: number;
}

export type Command =
  | {
      readonly kind: "showImage";
      readonly image: ImageInfo;
      readonly saved: readonly SavedMask[];
      readonly maskId: string;
    }
  | { readonly kind: "leaveImage" }
  /** A half-made mask of an earlier page comes back, onto an empty draft. */
  | { readonly kind: "restoreDraft"; readonly kept: KeptDraft }
  | { readonly kind: "setTool"; readonly tool: Tool }
  | { readonly kind: "setBrushSize"; readonly size: number }
  | { readonly kind: "setBrushShape"; readonly shape: BrushShape }
  /** `crop`: the part of the image that is looked at and can be decoded in by itself. */
  | {
      readonly kind: "addPoint";
      readonly at: ImagePoint;
      readonly label: PointLabel;
      readonly crop?: CropBox | null;
    }
  | { readonly kind: "setBox"; readonly box: Box; readonly crop?: CropBox | null }
  /** The part of the image that the mask at hand is in cannot be decoded in (any more); with `comesBack` it may be again. */
  | { readonly kind: "leaveCrop"; readonly crop: CropBox; readonly comesBack?: boolean }
  /** The part that the mask at hand was decoded in is back. */
  | { readonly kind: "enterCrop"; readonly crop: CropBox }
  | { readonly kind: "selectPrompt"; readonly prompt: PromptRef | null }
  | { readonly kind: "removePrompt"; readonly prompt: PromptRef }
  | { readonly kind: "beginMove"; readonly prompt: PromptRef }
  | { readonly kind: "movePrompt"; readonly to: Prompt }
  | { readonly kind: "endMove" }
  | { readonly kind: "cancelMove" }
  | { readonly kind: "decoded"; readonly revision: number; readonly answer: Answer }
  | { readonly kind: "chooseCandidate"; readonly candidate: Candidate | "next" }
  /** `blocked`: pixels of other masks that are left alone. `sizes`: the brush's at each place, where a pen's pressure changes it. */
  | {
      readonly kind: "beginStroke";
      readonly mode: PaintMode;
      readonly at: ImagePoint;
      readonly blocked?: Bitmap | null;
      readonly sizes?: readonly number[];
    }
  | { readonly kind: "extendStroke"; readonly through: readonly ImagePoint[]; readonly sizes?: readonly number[] }
  | { readonly kind: "endStroke" }
  /** As if it had not begun. */
  | { readonly kind: "cancelStroke" }
  | {
      readonly kind: "fillPolygon";
      readonly mode: PaintMode;
      readonly points: readonly ImagePoint[];
      readonly blocked?: Bitmap | null;
    }
  /** What a command made of the paint, which must still be as it was when the command began. */
  | { readonly kind: "repaint"; readonly from: PaintLayer; readonly paint: PaintLayer }
  | { readonly kind: "redoAsBackground" }
  | { readonly kind: "undo" }
  | { readonly kind: "redo" }
  | { readonly kind: "accept"; readonly nextMaskId: string }
  | { readonly kind: "accepted"; readonly mask: Omit<SavedMask, "colour"> }
  | { readonly kind: "acceptFailed"; readonly maskId: string; readonly reason: string }
  | { readonly kind: "retryAccept"; readonly maskId: string }
  | { readonly kind: "discardAccepting"; readonly maskId: string }
  | { readonly kind: "drop"; readonly nextMaskId: string }
  | { readonly kind: "reopen"; readonly id: string; readonly bitmap: Bitmap; readonly maskId: string }
  | { readonly kind: "rebase"; readonly maskId: string; readonly paint: PaintLayer }
  | { readonly kind: "deleteMask"; readonly id: string }
  /** A deleted mask was saved again, under an id of its own. */
  | { readonly kind: "restoreMask"; readonly mask: SavedMask }
  | { readonly kind: "toggleMask"; readonly id: string }
  | { readonly kind: "toggleAllMasks" }
  | { readonly kind: "pointAt"; readonly id: string | null }
  | { readonly kind: "extendLimit" }
  | { readonly kind: "answerLimit"; readonly answer: "keep_next" | "drop_next" }
  | { readonly kind: "dismissLimit" };

export const LEAST_BRUSH = 1;
export const LARGEST_BRUSH = 400;

export const NOTHING_OPEN: EditorState = {
  image: null,
  tool: "click",
  brushSize: 24,
  brushShape: "round",
  draft: newDraft("", { width: 0, height: 0 }),
  history: NO_HISTORY,
  stroke: null,
  moving: null,
  selected: null,
  nextRevision: 1,
  accepting: [],
  saved: [],
  hidden: new Set(),
  allHidden: false,
  pointedAt: null,
  nextColour: 0,
};
