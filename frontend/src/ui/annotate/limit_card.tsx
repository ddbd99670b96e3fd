// At the limit: a card beside the picture, never over it, with one key per answer. Work may go on as if it were not there.

import type { CommandId } from "../../tools/commands";
import { keepFocus } from "./button";
import type { Editor } from "./editor";

export function LimitCard({ editor }: { editor: Editor }) {
  const { store } = editor;
  const { prompt, mayExtend, advanceIn, limitSeconds } = store.limit.value;
  if (!prompt || store.phase.value.kind !== "working") return null;
  const answer = (act: "keepAndNext" | "dropAndNext" | "moreTime" | "stay") => {
    editor.perform({ act });
    // The card is gone, and the focus with it.
    editor.focusCanvas();
  };
  return (
    <section class="limit-card" aria-label="Time limit">
      <p class="limit-words">
        <strong>{limitSeconds} seconds on this mask.</strong> <span>{sentence(advanceIn)}</span>
      </p>
      <div class="limit-answers">
        <Answer editor={editor} label="Keep and go on" command="limit.keep" act={() => answer("keepAndNext")} />
        <Answer editor={editor} label="Drop and go on" command="limit.drop" act={() => answer("dropAndNext")} />
        {mayExtend && (
          <Answer editor={editor} label="Five more seconds" command="limit.extend" act={() => answer("moreTime")} />
        )}
        {advanceIn === null && (
          <Answer editor={editor} label="Stay with this mask" command="limit.stay" act={() => answer("stay")} />
        )}
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

interface AnswerProps {
  readonly editor: Editor;
  readonly label: string;
  readonly command: CommandId;
  readonly act: () => void;
}

function Answer({ editor, label, command, act }: AnswerProps) {
  const keys = editor.store.keys.value;
  const shortcut = keys.shown(command);
  return (
    <button
      type="button"
      class="button button-small limit-answer"
      aria-keyshortcuts={keys.aria(command)}
      onMouseDown={keepFocus}
      onClick={act}
    >
      {label}
      {shortcut && (
        <span class="act-keys" aria-hidden="true">
          <kbd>{shortcut}</kbd>
        </span>
      )}
    </button>
  );
}
