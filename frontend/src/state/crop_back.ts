// The part of the image that a mask was begun in may be gone: the page was loaded anew, or the mask is an accepted one that is open
// again. The whole image serves until the part is back; then the mask is decoded in it once more.

import { holdsPrompts, sameCrop } from "../geometry/crop";
import type { CropBox } from "../protocol/api";
import { type Draft, outOfCrop, visibleSource } from "./draft";
import type { EditorState } from "./editor_state";
import { isUnpainted } from "./paint";
import { promptCount } from "./prompts";

/** The draft in the whole image's frame until its part is back. */
export function withoutCrop(draft: Draft): Draft {
  return { ...outOfCrop(draft), awaits: draft.crop };
}

/** The part that the mask at hand would be in if it were there; null where none is missed, or a prompt has left it meanwhile. */
export function awaitedCrop({ draft, image }: Pick<EditorState, "draft" | "image">): CropBox | null {
  const { awaits, crop } = draft;
  const fits = awaits && !crop && image && promptCount(draft) > 0 && holdsPrompts(awaits, draft, image);
  return fits ? awaits : null;
}

/** What was painted lies on the mask as it is: under it nothing may change. Nor may it under the hand. */
export function mayEnterCrop(state: EditorState): boolean {
  return isUnpainted(state.draft.paint) && state.stroke === null && state.moving === null;
}

/** The part is back: the masks are decoded in it, from the first prompt on, and what is in sight stays until then. */
export function enterCrop(state: EditorState, crop: CropBox): EditorState {
  const { draft } = state;
  if (!sameCrop(awaitedCrop(state), crop) || !mayEnterCrop(state)) return state;
  return { ...state, draft: { ...draft, crop, awaits: null, answers: new Map(), standIn: visibleSource(draft) } };
}
