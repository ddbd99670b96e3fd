// The accepted mask that is pointed at, in the list, by its keys or on the picture, and what can be done with it.

import type { SavedMask } from "../../state/saved";
import { showRect } from "../../state/view";
import type { AcceptedMasks } from "./accepted_masks";
import type { Store } from "./store";

export class ChosenMask {
  constructor(
    private readonly store: Store,
    private readonly masks: Pick<AcceptedMasks, "delete">,
    /** The mask under the pointer, where none is pointed at otherwise. */
    private readonly under: () => string | null,
  ) {}

  /** Points at the next mask of the list, which has the newest first, or at the one before; round at its ends. */
  step(direction: 1 | -1): void {
    const { store } = this;
    const { saved, pointedAt } = store.list.value;
    if (saved.length === 0) {
      store.notify({ tone: "plain", text: "No mask is accepted yet." });
      return;
    }
    const at = saved.findIndex(({ id }) => id === pointedAt);
    // The list runs against the order in which the masks were made.
    const next = at < 0 ? (direction > 0 ? saved.length - 1 : 0) : (at - direction + saved.length) % saved.length;
    const mask = saved[next];
    if (!mask) return;
    store.dispatch({ kind: "pointAt", id: mask.id });
    store.announcement.value = `Mask ${next + 1} of ${saved.length}, ${mask.area} pixels`;
  }

  zoom(): void {
    const mask = this.mask();
    if (mask) this.zoomTo(mask);
  }

  zoomTo(mask: SavedMask): void {
    const { store } = this;
    const { image } = store.state.value;
    if (!image) return;
    const [x, y, width, height] = mask.bbox;
    store.view.value = showRect(store.view.value, { x0: x, y0: y, x1: x + width, y1: y + height }, image);
  }

  toggle(): void {
    const mask = this.mask();
    if (mask) this.store.dispatch({ kind: "toggleMask", id: mask.id });
  }

  delete(): void {
    const mask = this.mask();
    if (mask) void this.masks.delete(mask);
  }

  /** Null when none is pointed at, which is told. */
  private mask(): SavedMask | null {
    const { saved, pointedAt } = this.store.list.value;
    const wanted = pointedAt ?? this.under();
    const mask = saved.find(({ id }) => id === wanted);
    if (mask) return mask;
    const keys = this.store.keys.value;
    this.store.notify({
      tone: "plain",
      text: `Point at a mask first, or go to one with ${keys.shown("masks.next")}.`,
    });
    return null;
  }
}
