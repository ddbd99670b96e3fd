// How the image is looked at: what of it is shown, and how. Nothing of this is saved with a mask, and none of it is part of undo.

import { isEmptyDraft } from "./draft";
import type { EditorState } from "./editor_state";
import type { SavedMask } from "./saved";

export interface Look {
  /** Of the masks' insides, 0 to 1; outlines are always drawn in full. */
  readonly opacity: number;
  readonly outlinesOnly: boolean;
  /** Only the mask under work or the one pointed at is shown, while there is one. */
  readonly isolate: boolean;
  /** Of the photo, on the display alone: 1 is as it is. */
  readonly brightness: number;
  readonly contrast: number;
}

export const USUAL_LOOK: Look = { opacity: 0.4, outlinesOnly: false, isolate: false, brightness: 1, contrast: 1 };
export const OPACITY_STEP = 0.1;
export const LEAST_LIGHT = 0.25;
export const MOST_LIGHT = 3;

/** The next image is another photo with light of its own, and other masks. */
export function lookAtNext(look: Look): Look {
  return { ...withUsualLight(look), isolate: false };
}

export function withUsualLight(look: Look): Look {
  return { ...look, brightness: USUAL_LOOK.brightness, contrast: USUAL_LOOK.contrast };
}

export function hasUsualLight({ brightness, contrast }: Look): boolean {
  return brightness === USUAL_LOOK.brightness && contrast === USUAL_LOOK.contrast;
}

export function withOpacity(look: Look, opacity: number): Look {
  const percent = Math.round(opacity * 100);
  return { ...look, opacity: Math.min(100, Math.max(0, percent)) / 100, outlinesOnly: false };
}

export type ShownState = Pick<EditorState, "allHidden" | "hidden" | "accepting" | "draft" | "pointedAt">;

/** Tells which accepted masks are drawn. One that is open again is not: the mask under work takes its place. */
export function shownMasks(
  state: ShownState,
  { isolate }: Pick<Look, "isolate">,
): (mask: Pick<SavedMask, "id">) => boolean {
  if (state.allHidden) return () => false;
  const replaced = new Set([state.draft.replaces, ...state.accepting.map(({ draft }) => draft.replaces)]);
  const alone = isolate && (state.pointedAt !== null || !isEmptyDraft(state.draft));
  return ({ id }) => !state.hidden.has(id) && !replaced.has(id) && (!alone || id === state.pointedAt);
}
