// Which key does what: the table of commands with the changes a person made, as one value. Nothing here knows of the browser.

import { ariaChord, chordsOf, objectionTo, type Press, shownChord } from "./chords";
import { COMMANDS, type CommandId, type CommandRow, commandOf } from "./commands";

export interface KeyInput extends Press {
  readonly repeat: boolean;
  /** Where the focus is: in a field no key is ours, on a control Enter, Space and Tab are its own. */
  readonly focus: "canvas" | "control" | "field";
}

export interface KeyContext {
  /** The 30-second card is up, and its keys answer it. */
  readonly limitAsks: boolean;
  /** Whole, part and subpart are on offer: Tab goes through them instead of through the page. */
  readonly candidatesOffered: boolean;
  /** A prompt is selected, and there is one to remove. */
  readonly promptSelected: boolean;
  /** A dialog is open and has the keys. */
  readonly dialogOpen: boolean;
}

/** The keys a person chose, by the command's id; commands that are not named have their own. */
export type KeyChanges = Readonly<Record<string, readonly string[]>>;

export class Keymap {
  private readonly byId = new Map<string, readonly string[]>();
  private readonly byChord = new Map<string, CommandRow>();

  /**
   * No key ever means two things: what a person chose comes before what a command has by itself, which may be of a later
   * release than the choice. Unknown ids and what can't be chosen are passed over.
   */
  constructor(readonly changes: KeyChanges = {}) {
    const changed = COMMANDS.filter(({ id }) => Object.hasOwn(changes, id));
    for (const row of changed)
      this.give(
        row,
        (changes[row.id] ?? []).filter((chord) => mayHave(row, chord)),
      );
    for (const row of COMMANDS) if (!changed.includes(row)) this.give(row, row.keys);
  }

  private give(row: CommandRow, wanted: readonly string[]): void {
    const free = [...new Set(wanted)].filter((chord) => !this.byChord.has(chord));
    this.byId.set(row.id, free);
    for (const chord of free) this.byChord.set(chord, row);
  }

  keysOf(id: CommandId): readonly string[] {
    return this.byId.get(id) ?? [];
  }

  /** The key on a command's button, "" when it has none. */
  shown(id: CommandId): string {
    return shownChord(this.keysOf(id)[0] ?? "");
  }

  aria(id: CommandId): string | undefined {
    return this.keysOf(id).map(ariaChord).join(" ") || undefined;
  }

  isChanged(id: CommandId): boolean {
    return Object.hasOwn(this.changes, id);
  }

  /**
   * The chord to keep for a press. Where it may mean several, that which is taken already; else the last, which is the digit
   * printed on the key, or the place of a letter of another alphabet. Null for half a press.
   */
  chordFor(press: Press): string | null {
    const chords = chordsOf(press);
    return chords.find((chord) => this.byChord.has(chord)) ?? chords.at(-1) ?? null;
  }

  /** Why a command can't have this key, for the person who pressed it; null when it can. */
  objection(id: CommandId, chord: string): string | null {
    const owner = this.byChord.get(chord);
    if (owner && owner.id !== id) {
      return `${shownChord(chord)} is the key of “${owner.title}” already. Press another key, or change that one first.`;
    }
    return mayHave(commandOf(id), chord) ? null : objectionTo(chord);
  }

  /** The command with this key instead of those it had. Throws a RangeError for a key that `objection` speaks against. */
  with(id: CommandId, chord: string): Keymap {
    const objection = this.objection(id, chord);
    if (objection) throw new RangeError(objection);
    return new Keymap({ ...this.changes, [id]: [chord] });
  }

  /** Why a command can't have its own keys again; null when it can. */
  objectionToReset(id: CommandId): string | null {
    const row = commandOf(id);
    const taken = row.keys.map((chord) => [chord, this.byChord.get(chord)] as const);
    const [chord, owner] = taken.find(([, has]) => has && has.id !== id) ?? [];
    return chord && owner ? `${shownChord(chord)} is the key of “${owner.title}” now. Change that one first.` : null;
  }

  /** The command with its own keys. */
  without(id: CommandId): Keymap {
    const { [id]: _, ...rest } = this.changes;
    return new Keymap(rest);
  }

  /** The command a key press means, or null when it is not ours. */
  commandFor(input: KeyInput, context: KeyContext): CommandRow | null {
    if (input.focus === "field" || context.dialogOpen) return null;
    for (const chord of chordsOf(input)) {
      const row = this.byChord.get(chord);
      if (!row || (row.when && !context[row.when])) continue;
      if (row.notOnControls && input.focus === "control") continue;
      return input.repeat && !row.repeats && !row.held ? null : row;
    }
    return null;
  }
}

/** Its own keys a command may always have, though the browser has a use for some of them too. */
function mayHave(row: CommandRow, chord: string): boolean {
  return row.keys.includes(chord) || objectionTo(chord) === null;
}
