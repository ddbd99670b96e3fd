// A button of the annotate page: icon, words, key. Pressed with the mouse it leaves the focus on the canvas, so that Enter
// still accepts the mask; reached with Tab it is an ordinary button.

import { Icon, type IconName } from "./icons";

export interface ActButtonProps {
  readonly label: string;
  readonly icon: IconName;
  readonly shortcut?: string;
  readonly onPress: () => void;
  readonly look?: "plain" | "primary" | "icon" | "tool";
  readonly disabled?: boolean;
  readonly pressed?: boolean;
  readonly title?: string;
}

export function keepFocus(event: Event): void {
  event.preventDefault();
}

export function ActButton(props: ActButtonProps) {
  const { label, icon, shortcut, onPress, look = "plain", disabled = false, pressed } = props;
  const words = look === "plain" || look === "primary";
  return (
    <button
      type="button"
      class={`act act-${look}`}
      // With words beside it the icon needs no name: who speaks to the page says what they see.
      aria-label={words ? undefined : label}
      aria-keyshortcuts={shortcut ? ariaKeys(shortcut) : undefined}
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

/** As aria-keyshortcuts spells keys. */
function ariaKeys(shown: string): string {
  return shown.replace("Ctrl", "Control").replace("Esc", "Escape").replace("−", "-").replaceAll(" ", "+");
}
