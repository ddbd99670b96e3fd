// Where the pointer is, in pixels of the image, and how large the mask is that it points at in the list.

import { pixelAt, toImage } from "../../geometry/viewport";
import type { Editor } from "./editor";

export function Readout({ editor }: { editor: Editor }) {
  const { store } = editor;
  const { saved, pointedAt } = store.list.value;
  const mask = saved.find(({ id }) => id === pointedAt);
  return (
    <p class="readout number" aria-hidden="true">
      {mask ? <span>{sizeOf(mask.bbox, mask.area)}</span> : <Place editor={editor} />}
    </p>
  );
}

/** "120 × 80, 6,210 px" */
export function sizeOf([, , width, height]: readonly [number, number, number, number], area: number): string {
  return `${width} × ${height}, ${area.toLocaleString("en")} px`;
}

function Place({ editor }: { editor: Editor }) {
  const { store } = editor;
  const at = store.cursor.value;
  const { image } = store.state.value;
  const pixel = at && image && pixelAt(toImage(store.view.value.viewport, at), image);
  return pixel && <span>{`${pixel.x}, ${pixel.y}`}</span>;
}
