// A chord is a key with what is held beside it, as text: "Ctrl+Shift+z". From a press to its chord, and from the chord to what
// is shown. Keyboards differ: letters are what is typed, signs need Shift or AltGr on some and not on others, and the row of
// digits types signs in France.

/** A press as it matters here. */
export interface Press {
  /** As `KeyboardEvent.key`. */
  readonly key: string;
  /** As `KeyboardEvent.code`; "" where it is not known. */
  readonly code: string;
  /** Ctrl, or Cmd on a Mac. */
  readonly ctrl: boolean;
  readonly shift: boolean;
  readonly alt: boolean;
}

const MODIFIERS = new Set(["Control", "Shift", "Alt", "Meta", "AltGraph", "CapsLock", "Fn", "OS", "NumLock"]);
/** A key that only begins a letter, or that an input method has taken. */
const UNFINISHED = new Set(["Dead", "Process", "Unidentified", "Compose"]);

/** The chords a press may mean, the likeliest first; none for a modifier alone. */
export function chordsOf(press: Press): string[] {
  const { key, code } = press;
  if (MODIFIERS.has(key) || UNFINISHED.has(key) || key === "") return [];
  if (key === " ") return [chord(press, "Space")];
  if (key.length > 1) return [chord(press, key)];
  const digit = /^Digit(\d)$/.exec(code)?.[1];
  const typed = /^\d$/.test(key);
  if (isLetter(key)) return lettersOf(press);
  if (typed) return digit ? [chord(press, digit), chord(press, key, false)] : [chord(press, key)];
  // A sign that was typed; where it comes from the row of digits it may mean the digit ("&" is on the French 1).
  const sign = chord({ ...press, alt: false }, key, false);
  return digit ? [sign, chord(press, digit)] : [sign];
}

function lettersOf(press: Press): string[] {
  const letter = press.key.toLowerCase();
  const place = /^Key([A-Z])$/.exec(press.code)?.[1]?.toLowerCase();
  // Cyrillic, Greek and other alphabets have no q: there the place on the keyboard speaks for it. É on the French 2 is a digit.
  const digit = /^Digit(\d)$/.exec(press.code)?.[1];
  const foreign = letter.charCodeAt(0) > 127;
  if (foreign && place) return [chord(press, letter), chord(press, place)];
  if (foreign && digit) return [chord(press, letter), chord(press, digit)];
  return [chord(press, letter)];
}

/** Has a small and a capital form, or belongs to an alphabet: Shift is then a key of its own. */
function isLetter(key: string): boolean {
  return /^\p{L}$/u.test(key);
}

function chord({ ctrl, shift, alt }: Press, name: string, shifted = shift): string {
  return `${ctrl ? "Ctrl+" : ""}${alt ? "Alt+" : ""}${shifted ? "Shift+" : ""}${name}`;
}

/** The parts of a chord: "Ctrl", "Alt" and "Shift", then the key, which may itself be "+". */
export function partsOf(text: string): { modifiers: string[]; key: string } {
  const modifiers: string[] = [];
  let key = text;
  for (const name of ["Ctrl", "Alt", "Shift"]) {
    if (key.length > name.length + 1 && key.startsWith(`${name}+`)) {
      modifiers.push(name);
      key = key.slice(name.length + 1);
    }
  }
  return { modifiers, key };
}

const NAMES: Record<string, string> = {
  Escape: "Esc",
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Delete: "Del",
  PageUp: "Page up",
  PageDown: "Page down",
  "-": "−",
};

/** As it is printed on a button: "Ctrl Shift Z". */
export function shownChord(text: string): string {
  const { modifiers, key } = partsOf(text);
  return [...modifiers, NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key)].join(" ");
}

/** As `aria-keyshortcuts` spells it. */
export function ariaChord(text: string): string {
  const { modifiers, key } = partsOf(text);
  return [...modifiers.map((name) => (name === "Ctrl" ? "Control" : name)), key === "+" ? "Plus" : key].join("+");
}

/** Ctrl with these belongs to the browser: windows and tabs, search, printing, copying, the zoom of the page. */
const CTRL_OF_BROWSER = new Set([
  ..."wntqrldfghjkopsuacvxmb0123456789+-=_",
  "Tab",
  "PageUp",
  "PageDown",
  "F4",
  "Escape",
]);
const SHIFT_CTRL_OF_BROWSER = new Set([..."wntqricjpmobka", "Tab", "Delete", "PageUp", "PageDown"]);
const ALT_OF_BROWSER = new Set([..."deft", "ArrowLeft", "ArrowRight", "Home", "F4", "Tab", "Space", "Escape"]);
/** Without a modifier: leaving and reloading, going through the page, and what closes every dialog. */
const PLAIN_OF_BROWSER = new Set(["Tab", "F1", "F3", "F5", "F6", "F7", "F10", "F11", "F12", "Escape", "ContextMenu"]);

/** Why a chord can't be chosen as a key, for the person who pressed it; null when it can. */
export function objectionTo(text: string): string | null {
  const { modifiers, key } = partsOf(text);
  const [ctrl, alt, shift] = ["Ctrl", "Alt", "Shift"].map((name) => modifiers.includes(name));
  const taken = ctrl
    ? alt || (shift ? SHIFT_CTRL_OF_BROWSER.has(key) : CTRL_OF_BROWSER.has(key))
    : alt
      ? ALT_OF_BROWSER.has(key)
      : PLAIN_OF_BROWSER.has(key);
  return taken ? `${shownChord(text)} belongs to the browser or the system. Press another key.` : null;
}
