// The accepted mask that is pointed at, in the list, by its keys or on the picture, and what can be done with it; and several that
// are selected, to be deleted at once.

import { between, inOrder, MASK_ORDERS, type MaskOrder } from "../../state/mask_order";
import type { SavedMask } from "../../state/saved";
import { showRect } from "../../state/view";
import type { AcceptedMasks } from "./accepted_masks";
import type { Store } from "./store";

export const ORDER_WORDS: Record<MaskOrder, string> = {
  made: "Newest",
  area: "Largest",
  iou: "Least certain",
};

export class ChosenMask {
  /** Where a range of the list begins: the mask that was selected last. */
  private anchor: string | null = null;

  constructor(
    private readonly store: Store,
    private readonly masks: Pick<AcceptedMasks, "delete">,
    /** The mask under the pointer, where none is pointed at otherwise. */
    private readonly under: () => string | null,
  ) {}

  /** Points at the next mask of the list, or at the one before; round at its ends. */
  step(direction: 1 | -1): void {
    const { store } = this;
    const { saved, pointedAt } = store.list.value;
    if (saved.length === 0) {
      store.notify({ tone: "plain", text: "No mask is accepted yet." });
      return;
    }
    const listed = inOrder(saved, store.maskOrder.value);
    const at = listed.findIndex(({ id }) => id === pointedAt);
    const next = at < 0 ? (direction > 0 ? 0 : -1) : (at + direction) % listed.length;
    const mask = listed.at(next);
    if (!mask) return;
    store.dispatch({ kind: "pointAt", id: mask.id });
    const selected = store.several.value.has(mask.id) ? ", selected" : "";
    store.announcement.value = `Mask ${saved.indexOf(mask) + 1} of ${saved.length}, ${mask.area} pixels${selected}`;
  }

  sortNext(): void {
    const { maskOrder, announcement } = this.store;
    maskOrder.value = MASK_ORDERS[(MASK_ORDERS.indexOf(maskOrder.value) + 1) % MASK_ORDERS.length] ?? "made";
    announcement.value = `${ORDER_WORDS[maskOrder.value]} first`;
  }

  /** Takes a mask to those selected, or from them; `range` takes all from the one selected last to this one. */
  select(id: string, range = false): void {
    const { several, list, maskOrder, announcement } = this.store;
    const next = new Set(this.several().map((mask) => mask.id));
    if (range)
      for (const other of between(inOrder(list.value.saved, maskOrder.value), this.anchor, id)) next.add(other);
    else if (!next.delete(id)) next.add(id);
    this.anchor = id;
    several.value = next;
    announcement.value = next.size === 1 ? "1 mask selected" : `${next.size} masks selected`;
  }

  selectPointed(): void {
    const mask = this.mask();
    if (mask) this.select(mask.id);
  }

  selectNone(): void {
    this.anchor = null;
    this.store.several.value = new Set();
  }

  /** The selected masks of the image at hand, in the order of making. */
  several(): SavedMask[] {
    const { several, list } = this.store;
    return list.value.saved.filter(({ id }) => several.value.has(id));
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

  /** Those selected; where none is, the one pointed at. */
  delete(): void {
    const several = this.several();
    const one = several.length === 0 ? this.mask() : null;
    const masks = one ? [one] : several;
    if (masks.length > 0) void this.masks.delete(...masks);
    this.selectNone();
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
