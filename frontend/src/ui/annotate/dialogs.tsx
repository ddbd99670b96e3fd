// The page's dialogs: native, modal, one at a time. Esc closes each without doing anything.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { SkipReason } from "../../protocol/api";
import { isEmptyDraft } from "../../state/draft";
import type { Editor } from "./editor";
import { Help } from "./help";
import { KeySettings } from "./key_settings";

export function Dialogs({ editor }: { editor: Editor }) {
  switch (editor.store.dialog.value) {
    case "help":
      return <Help editor={editor} />;
    case "keys":
      return <KeySettings editor={editor} />;
    case "guidelines":
      return <Guidelines editor={editor} />;
    case "skip":
      return <Skip editor={editor} />;
    case "leave":
      return <Leave editor={editor} />;
    default:
      return null;
  }
}

interface FrameProps {
  readonly editor: Editor;
  readonly name: string;
  readonly title: string;
  /** It was only looked at: closed, it leaves the focus where it was. */
  readonly returns?: boolean;
  readonly children: ComponentChildren;
}

export function Frame({ editor, name, title, returns = false, children }: FrameProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const opener = useRef<Element | null>(null);
  useEffect(() => {
    opener.current = document.activeElement;
    dialog.current?.showModal();
    // What is there to be read is read from its beginning.
    if (returns) heading.current?.focus();
  }, [returns]);
  const closed = useRef(false);
  const close = () => {
    if (closed.current) return;
    closed.current = true;
    editor.store.dialog.value = null;
    // Who came from a button by the keyboard goes on from there; everybody else goes on with the picture.
    const { current: from } = opener;
    if (returns && from instanceof HTMLButtonElement && from.isConnected) from.focus();
    else editor.focusCanvas();
  };
  return (
    <dialog
      class={`dialog-${name}`}
      ref={dialog}
      aria-labelledby={`dialog-${name}`}
      onClose={close}
      // Esc: the browser tells later that the dialog is closed, and the next key may come before.
      onCancel={close}
      // A press on the backdrop, which belongs to the dialog itself, closes it too.
      onPointerDown={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <div class="dialog-body">
        <h2 id={`dialog-${name}`} ref={heading} tabIndex={-1}>
          {title}
        </h2>
        {children}
      </div>
    </dialog>
  );
}

export function closeDialog(event: Event): void {
  if (event.currentTarget instanceof HTMLElement) event.currentTarget.closest("dialog")?.close();
}

function Guidelines({ editor }: { editor: Editor }) {
  return (
    <Frame editor={editor} name="guidelines" title="Guidelines" returns>
      <p class="preserve-lines">{editor.store.page.project.guidelines}</p>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={closeDialog}>
          Close
        </button>
      </div>
    </Frame>
  );
}

const REASONS: readonly (readonly [SkipReason, string])[] = [
  ["unclear", "Unclear what to annotate"],
  ["low_quality", "The photo is too poor"],
  ["inappropriate", "The photo is inappropriate"],
  ["time_limit", "It takes too long"],
  ["other", "Another reason"],
];

function Skip({ editor }: { editor: Editor }) {
  const [reason, setReason] = useState<SkipReason>("unclear");
  const [note, setNote] = useState("");
  const { draft, saved } = editor.store.state.value;
  const skip = (event: Event) => {
    event.preventDefault();
    closeDialog(event);
    editor.skip(reason, note.trim());
  };
  return (
    <Frame editor={editor} name="skip" title="Skip this image?">
      <form onSubmit={skip}>
        <fieldset class="field">
          <legend>Reason</legend>
          <div class="choices">
            {REASONS.map(([value, label]) => (
              <label class="choice" key={value}>
                <input type="radio" name="reason" checked={reason === value} onChange={() => setReason(value)} />
                <span class="choice-name">{label}</span>
              </label>
            ))}
          </div>
        </fieldset>
        <label class="field skip-note">
          <span class="label">Note, if it helps</span>
          <input class="input" maxLength={500} value={note} onInput={(event) => setNote(event.currentTarget.value)} />
        </label>
        {saved.length > 0 && <p class="muted small skip-note">Masks you accepted on it stay saved.</p>}
        {!isEmptyDraft(draft) && (
          <p class="muted small skip-note">The open mask is not accepted; it will be dropped.</p>
        )}
        <div class="dialog-actions">
          <button type="button" class="button" onClick={closeDialog}>
            Cancel
          </button>
          <button type="submit" class="button button-primary">
            Skip
          </button>
        </div>
      </form>
    </Frame>
  );
}

function Leave({ editor }: { editor: Editor }) {
  const choose = (event: Event, act: () => void) => {
    closeDialog(event);
    act();
  };
  return (
    <Frame editor={editor} name="leave" title="One mask is not accepted">
      <p class="muted">What should become of it before the next image?</p>
      <div class="dialog-actions">
        <button type="button" class="button button-quiet" onClick={closeDialog}>
          Stay here
        </button>
        <button type="button" class="button" onClick={(event) => choose(event, () => editor.dropAndNext())}>
          Drop and go on
        </button>
        <button
          type="button"
          class="button button-primary"
          // biome-ignore lint/a11y/noAutofocus: in a dialog that a key opened, Enter must be able to answer.
          autoFocus
          onClick={(event) => choose(event, () => editor.acceptAndNext())}
        >
          Accept and go on
        </button>
      </div>
    </Frame>
  );
}
