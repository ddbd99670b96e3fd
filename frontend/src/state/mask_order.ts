// In which order the list shows the accepted masks, and which of them a hand selects in it.

import type { SavedMask } from "./saved";

/** `made`: the newest first; `area`: the largest first; `iou`: first what the model was least sure of. */
export type MaskOrder = "made" | "area" | "iou";
export const MASK_ORDERS: readonly MaskOrder[] = ["made", "area", "iou"];

type Ordered = Pick<SavedMask, "id" | "area" | "predictedIou">;

/** From the top of the list down. `saved` is in the order of making. */
export function inOrder<T extends Ordered>(saved: readonly T[], order: MaskOrder): T[] {
  const newestFirst = [...saved].reverse();
  if (order === "area") return newestFirst.sort((a, b) => b.area - a.area);
  // What was painted by hand has no predicted IoU: nobody was unsure of it.
  if (order === "iou") return newestFirst.sort((a, b) => (a.predictedIou ?? 1) - (b.predictedIou ?? 1));
  return newestFirst;
}

/** The masks of the list from one to another, whichever comes first; the second alone where the first is not there. */
export function between(listed: readonly Ordered[], from: string | null, to: string): string[] {
  const [a, b] = [listed.findIndex(({ id }) => id === from), listed.findIndex(({ id }) => id === to)];
  if (a < 0 || b < 0) return [to];
  return listed.slice(Math.min(a, b), Math.max(a, b) + 1).map(({ id }) => id);
}
