// Where a person gives commands other keys: press a command's key, then the new one.

import { useState } from "preact/hooks";
import { keyInputOf } from "../../tools/attach";
import { shownChord } from "../../tools/chords";
import { COMMANDS, type CommandId, commandOf, GROUPS } from "../../tools/commands";
import { closeDialog, Frame } from "./dialogs";
import type { Editor } from "./editor";
import { Icon } from "./icons";
import { Keys } from "./keys_shown";

/** What happened last, for the line at the bottom. */
interface Told {
  readonly text: string;
  readonly refused?: boolean;
}

export function KeySettings({ editor }: { editor: Editor }) {
  const { keys: own, store } = editor;
  const keymap = store.keys.value;
  /** The command that waits for its new key. */
  const [waiting, setWaiting] = useState<CommandId | null>(null);
  const [told, setTold] = useState<Told | null>(null);

  const ask = (id: CommandId) => {
    setWaiting(id);
    setTold({ text: `${commandOf(id).title}: press the new key, or Esc to leave it as it is.` });
  };
  const take = (event: KeyboardEvent) => {
    if (!waiting || event.repeat) return;
    // Tab goes on through the dialog, as everywhere; losing the focus ends the waiting.
    if (event.key === "Tab") return;
    event.preventDefault();
    if (event.key === "Escape") {
      setWaiting(null);
      setTold(null);
      return;
    }
    const chord = keymap.chordFor(keyInputOf(event));
    if (!chord) return;
    const objection = own.change(waiting, chord);
    if (objection === null) setWaiting(null);
    setTold(objection ? { text: objection, refused: true } : { text: newKeyOf(editor, waiting) });
  };
  const reset = (id: CommandId) => {
    const objection = own.reset(id);
    setTold(objection ? { text: objection, refused: true } : { text: newKeyOf(editor, id) });
  };
  const resetAll = () => {
    own.resetAll();
    setTold({ text: "All commands have their own keys again." });
  };

  return (
    <Frame editor={editor} name="keys" title="Change keys" returns>
      <p class="muted">Choose a command, then press the key that it shall have. No key can have two commands.</p>
      <div class="help-groups">
        {GROUPS.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <ul class="key-rows">
              {COMMANDS.filter((row) => row.group === group).map(({ id, title }) => (
                <li class="key-row" key={id}>
                  <button
                    type="button"
                    class="key-choice"
                    aria-pressed={waiting === id}
                    onClick={() => ask(id)}
                    onKeyDown={take}
                    onBlur={() => setWaiting((now) => (now === id ? null : now))}
                  >
                    <span class="key-title">{title}</span>
                    {waiting === id ? <span class="key-waits">Press a key</span> : <Keys keymap={keymap} id={id} />}
                  </button>
                  {keymap.isChanged(id) && (
                    <button
                      type="button"
                      class="act act-icon key-reset"
                      aria-label={`Reset ${title}`}
                      title={`Reset to ${shownChord(commandOf(id).keys[0] ?? "")}`}
                      onClick={(event) => {
                        // This button goes away; the command's own stays, and takes the focus.
                        const choice = event.currentTarget.previousElementSibling;
                        if (choice instanceof HTMLElement) choice.focus();
                        reset(id);
                      }}
                    >
                      <Icon name="undo" small />
                    </button>
                  )}
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
      <div class="dialog-actions key-actions">
        <Line told={told} editor={editor} />
        <button
          type="button"
          class="button button-quiet"
          aria-disabled={Object.keys(keymap.changes).length === 0 || undefined}
          onClick={resetAll}
        >
          Reset all
        </button>
        <button type="button" class="button" onClick={closeDialog}>
          Close
        </button>
      </div>
    </Frame>
  );
}

function newKeyOf(editor: Editor, id: CommandId): string {
  return `${commandOf(id).title} has the key ${editor.store.keys.value.shown(id)} now.`;
}

/** What happened, and whether it is kept. */
function Line({ told, editor }: { told: Told | null; editor: Editor }) {
  const keeping = editor.keys.keeping.value;
  return (
    <>
      <p class="key-line small" role="status" data-refused={told?.refused || undefined}>
        {told?.text}
        {keeping.kind === "failed" && ` Not kept for the next visit: ${keeping.message}`}
      </p>
      {keeping.kind === "failed" && (
        <button type="button" class="button button-small" onClick={() => editor.keys.saveAgain()}>
          Try again
        </button>
      )}
    </>
  );
}
