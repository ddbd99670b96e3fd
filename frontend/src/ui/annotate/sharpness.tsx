// Whether what is looked at closely has an embedding of its own. It asks for nothing: calm words in a corner.

import type { Editor } from "./editor";
import type { Sharpness as Kind } from "./store";

const WORDS: Record<Kind, string> = {
  none: "",
  preparing: "Preparing sharper masks here",
  sharp: "Sharper masks here",
  returning: "Preparing this mask's sharper part",
  lost: "This mask's sharper part is gone: the whole image serves",
};

export function Sharpness({ editor }: { editor: Editor }) {
  const { sharpness } = editor.store;
  const words = WORDS[sharpness.value];
  return (
    <p class="sharpness" role="status">
      {words && <span class={`sharpness-${sharpness.value}`}>{words}</span>}
    </p>
  );
}
