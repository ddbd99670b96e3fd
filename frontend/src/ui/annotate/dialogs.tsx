// The page's dialogs: native, modal, one at a time. Esc closes each without doing anything.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { SkipReason } from "../../protocol/api";
import { isEmptyDraft } from "../../state/draft";
import { COMMANDS, type CommandId, type CommandRow, GROUPS, type Group } from "../../tools/commands";
import type { Editor } from "./editor";
import { KeySettings } from "./key_settings";
import { Keys } from "./keys_shown";

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
  const opener = useRef<Element | null>(null);
  useEffect(() => {
    opener.current = document.activeElement;
    dialog.current?.showModal();
  }, []);
  const close = () => {
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
      // A press on the backdrop, which belongs to the dialog itself, closes it too.
      onPointerDown={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <div class="dialog-body">
        <h2 id={`dialog-${name}`}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

export function closeDialog(event: Event): void {
  if (event.currentTarget instanceof HTMLElement) event.currentTarget.closest("dialog")?.close();
}

interface HelpLine {
  readonly text: string;
  readonly ids: CommandId[];
}

/** Neighbours that share a line are one. */
function linesOf(group: Group): HelpLine[] {
  const lines: HelpLine[] = [];
  for (const row of COMMANDS as readonly (CommandRow & { readonly id: CommandId })[]) {
    if (row.group !== group) continue;
    const text = row.line ?? row.title;
    const last = lines.at(-1);
    if (row.line && last?.text === text) last.ids.push(row.id);
    else lines.push({ text, ids: [row.id] });
  }
  return lines;
}

function Help({ editor }: { editor: Editor }) {
  const keys = editor.store.keys.value;
  const pointer = [
    ["Click", "Add to the mask"],
    ["Right click or Alt click", "Take away from the mask"],
    ["Drag a prompt, or a side or corner of the box", "Move it; the mask follows"],
    [`Click a prompt, then ${keys.shown("prompt.remove")}; or right click it`, "Remove it"],
    ["Wheel", "Zoom; with brush or eraser their size"],
    ["Ctrl wheel or pinch", "Zoom"],
    [`${keys.shown("hand")} and drag, or middle button`, "Move the picture"],
  ] as const;
  return (
    <Frame editor={editor} name="help" title="Keys" returns>
      <div class="help-groups">
        {GROUPS.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl class="help-list">
              {linesOf(group).map(({ text, ids }) => (
                <div key={text}>
                  <dt>
                    {ids.map((id) => (
                      <Keys key={id} keymap={keys} id={id} />
                    ))}
                  </dt>
                  <dd>{text}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <section class="help-pointer">
          <h3>Pointer</h3>
          <dl class="help-list">
            {pointer.map(([how, what]) => (
              <div key={how}>
                <dt>{how}</dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
        </section>
      </div>
      <div class="dialog-actions">
        <button type="button" class="button button-quiet" onClick={() => editor.perform({ act: "changeKeys" })}>
          Change keys
        </button>
        <button type="button" class="button" onClick={closeDialog}>
          Close
        </button>
      </div>
    </Frame>
  );
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
