// A person's own keys: what is asked for is told at once, holds at once, and is kept on the server.

import { type Signal, signal } from "@preact/signals";
import type { Preferences } from "../../protocol/api";
import type { CommandId } from "../../tools/commands";
import { Keymap } from "../../tools/keys";

export interface OwnKeysParts {
  readonly keys: Signal<Keymap>;
  readonly save: (preferences: Preferences) => Promise<unknown>;
}

export type Keeping =
  | { readonly kind: "kept" }
  | { readonly kind: "saving" }
  | { readonly kind: "failed"; readonly message: string };

export class OwnKeys {
  readonly keeping: Signal<Keeping> = signal({ kind: "kept" });
  private running: Promise<void> | null = null;

  constructor(private readonly parts: OwnKeysParts) {}

  /** Gives a command this key; the reason why not, for the person who pressed it, or null when it is done. */
  change(id: CommandId, chord: string): string | null {
    const { keys } = this.parts;
    const objection = keys.value.objection(id, chord);
    if (objection === null) this.hold(keys.value.with(id, chord));
    return objection;
  }

  /** Gives a command its own keys back; the reason why not, or null when it is done. */
  reset(id: CommandId): string | null {
    const { keys } = this.parts;
    const objection = keys.value.objectionToReset(id);
    if (objection === null) this.hold(keys.value.without(id));
    return objection;
  }

  resetAll(): void {
    this.hold(new Keymap());
  }

  /** After a failure; also what was changed since. */
  saveAgain(): void {
    this.hold(this.parts.keys.value);
  }

  /** One request at a time, so that an older one never arrives last; each carries everything. */
  private hold(keymap: Keymap): void {
    this.parts.keys.value = keymap;
    this.keeping.value = { kind: "saving" };
    this.running ??= this.saveUntilSame().finally(() => {
      this.running = null;
    });
  }

  private async saveUntilSame(): Promise<void> {
    const { keys, save } = this.parts;
    for (let saved: Keymap | null = null; saved !== keys.value; ) {
      saved = keys.value;
      try {
        await save({ keys: saved.changes });
        this.keeping.value = { kind: "kept" };
      } catch (error) {
        this.keeping.value = { kind: "failed", message: error instanceof Error ? error.message : String(error) };
      }
    }
  }
}
