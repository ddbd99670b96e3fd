import { shownChord } from "../../tools/chords";
import type { CommandId } from "../../tools/commands";
import type { Keymap } from "../../tools/keys";

/** A command's keys as they are printed on a keyboard. */
export function Keys({ keymap, id }: { keymap: Keymap; id: CommandId }) {
  const chords = keymap.keysOf(id);
  if (chords.length === 0) return <span class="muted">no key</span>;
  return (
    <span class="keys">
      {chords.map((chord) => (
        <kbd key={chord}>{shownChord(chord)}</kbd>
      ))}
    </span>
  );
}
