// Whether what is looked at closely has an embedding of its own. It asks for nothing: calm words in a corner.

import type { Editor } from "./editor";

export function Sharpness({ editor }: { editor: Editor }) {
  const { sharpness } = editor.store;
  const words = { none: "", preparing: "Preparing sharper masks here", sharp: "Sharper masks here" }[sharpness.value];
  return (
    <p class="sharpness" role="status">
      {words && <span class={`sharpness-${sharpness.value}`}>{words}</span>}
    </p>
  );
}
