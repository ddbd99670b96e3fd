import { partsOf, shownChord } from "../../tools/chords";
import type { CommandId } from "../../tools/commands";
import type { Keymap } from "../../tools/keys";

/** A command's keys as they are printed on a keyboard. */
export function Keys({ keymap, id }: { keymap: Keymap; id: CommandId }) {
  const chords = keymap.keysOf(id);
  return chords.length > 0 ? <Chords chords={chords} /> : <span class="muted">no key</span>;
}

/** The keys of commands that share a line: of several the first one each, and what is held with all of them once. */
export function KeysOfLine({ keymap, ids }: { keymap: Keymap; ids: readonly CommandId[] }) {
  const [only, ...others] = ids;
  if (only && others.length === 0) return <Keys keymap={keymap} id={only} />;
  const chords = ids.map((id) => keymap.keysOf(id)[0] ?? "").filter((chord) => chord !== "");
  const held = new Set(chords.map((chord) => partsOf(chord).modifiers.join(" ")));
  const [modifiers] = held;
  if (held.size !== 1 || !modifiers) return <Chords chords={chords} />;
  return (
    <span class="keys">
      <kbd>{modifiers}</kbd>
      <Chords chords={chords.map((chord) => partsOf(chord).key)} />
    </span>
  );
}

function Chords({ chords }: { chords: readonly string[] }) {
  return (
    <span class="keys">
      {chords.map((chord) => (
        <kbd key={chord}>{shownChord(chord)}</kbd>
      ))}
    </span>
  );
}
