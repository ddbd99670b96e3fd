import { computed, type ReadonlySignal } from "@preact/signals";
import type { EditorState } from "../../state/editor_state";

/** A part of the state, the same object as long as nothing in it changed: what shows it is not drawn anew at every move of a brush. */
export function partOf<Part extends object>(
  state: ReadonlySignal<EditorState>,
  pick: (state: EditorState) => Part,
): ReadonlySignal<Part> {
  let last: Part | null = null;
  return computed(() => {
    const next = pick(state.value);
    const same = last !== null && (Object.keys(next) as (keyof Part)[]).every((key) => last?.[key] === next[key]);
    last = same && last ? last : next;
    return last;
  });
}
