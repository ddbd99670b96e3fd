// At the limit: a card beside the picture, never over it, with one key per answer. Work may go on as if it were not there.

import { keyOf } from "../../tools/keys";
import { keepFocus } from "./button";
import type { Editor } from "./editor";

export function LimitCard({ editor }: { editor: Editor }) {
  const { store } = editor;
  const { prompt, mayExtend, advanceIn, limitSeconds } = store.limit.value;
  if (!prompt || store.phase.value.kind !== "working") return null;
  return (
    <section class="limit-card" aria-label="Time limit">
      <p class="limit-words">
        <strong>{limitSeconds} seconds on this mask.</strong> <span>{sentence(advanceIn)}</span>
      </p>
      <div class="limit-answers">
        <Answer
          label="Keep and go on"
          shortcut={keyOf("keepAndNext")}
          act={() => editor.perform({ act: "keepAndNext" })}
        />
        <Answer
          label="Drop and go on"
          shortcut={keyOf("dropAndNext")}
          act={() => editor.perform({ act: "dropAndNext" })}
        />
        {mayExtend && (
          <Answer
            label="Five more seconds"
            shortcut={keyOf("moreTime")}
            act={() => editor.perform({ act: "moreTime" })}
          />
        )}
        {advanceIn === null && <Answer label="Stay with this mask" act={() => editor.dismissLimit()} />}
      </div>
    </section>
  );
}

function sentence(advanceIn: number | null): string {
  if (advanceIn === null) return "Time for the next image?";
  const seconds = Math.ceil(advanceIn);
  if (seconds === 0) return "The next image comes when you let go; the mask is kept.";
  return `The next image comes in ${seconds} ${seconds === 1 ? "second" : "seconds"}; the mask is kept.`;
}

function Answer({ label, shortcut, act }: { label: string; shortcut?: string; act: () => void }) {
  return (
    <button
      type="button"
      class="button button-small limit-answer"
      aria-label={label}
      aria-keyshortcuts={shortcut}
      onMouseDown={keepFocus}
      onClick={act}
    >
      {label}
      {shortcut && <kbd>{shortcut}</kbd>}
    </button>
  );
}
