// A button of the annotate page: icon, words, key, all of a command. Pressed with the mouse it leaves the focus on the canvas,
// so that Enter still accepts the mask; reached with Tab it is an ordinary button.

import { type CommandId, commandOf } from "../../tools/commands";
import type { Editor } from "./editor";
import { Icon, type IconName } from "./icons";

interface Look {
  readonly icon: IconName;
  readonly look?: "plain" | "primary" | "icon" | "tool";
  readonly disabled?: boolean;
  readonly pressed?: boolean;
}

export interface ActButtonProps extends Look {
  readonly editor: Editor;
  readonly command: CommandId;
  /** Where the command's title would not say what a press does just now. */
  readonly label?: string;
}

/** A button for a command of the table: its words, tooltip and key come from there. */
export function ActButton({ editor, command, label, ...look }: ActButtonProps) {
  const keys = editor.store.keys.value;
  const { title, hint, act } = commandOf(command);
  const words = label ?? title;
  return (
    <PlainButton
      {...look}
      label={words}
      title={hint ? `${words}: ${hint}` : words}
      shortcut={keys.shown(command)}
      aria={keys.aria(command)}
      onPress={() => editor.perform(act)}
    />
  );
}

export interface PlainButtonProps extends Look {
  readonly label: string;
  readonly title?: string;
  readonly shortcut?: string;
  readonly aria?: string | undefined;
  readonly onPress: () => void;
}

/** The same button for what is no command: an act on one row of a list. */
export function PlainButton(props: PlainButtonProps) {
  const { label, icon, shortcut, onPress, look = "plain", disabled = false, pressed } = props;
  const words = look === "plain" || look === "primary";
  return (
    <button
      type="button"
      class={`act act-${look}`}
      // With words beside it the icon needs no name: who speaks to the page says what they see.
      aria-label={words ? undefined : label}
      aria-keyshortcuts={props.aria}
      aria-pressed={pressed}
      // A disabled button would lose the focus of whoever tabs; this one stays and does nothing.
      aria-disabled={disabled || undefined}
      title={`${props.title ?? label}${shortcut ? ` (${shortcut})` : ""}`}
      onMouseDown={keepFocus}
      onClick={() => !disabled && onPress()}
    >
      <Icon name={icon} />
      {words && <span class="act-words">{label}</span>}
      {words && shortcut && (
        <span class="act-keys" aria-hidden="true">
          <kbd class="act-key">{shortcut}</kbd>
        </span>
      )}
      {look === "tool" && shortcut && (
        <span class="act-corner" aria-hidden="true">
          {shortcut}
        </span>
      )}
    </button>
  );
}

export function keepFocus(event: Event): void {
  event.preventDefault();
}
