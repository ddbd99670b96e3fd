// One list of what each key does; the help dialog is made from it, so it cannot say anything else.

import type { Candidate } from "../state/draft";
import type { Tool } from "../state/editor_state";

/** What a person can do besides pointing. Buttons and keys name the same acts. */
export type Act =
  | { readonly act: "tool"; readonly tool: Tool }
  | { readonly act: "candidate"; readonly candidate: Candidate | "next" }
  | { readonly act: "brush"; readonly direction: 1 | -1 }
  | { readonly act: "zoom"; readonly direction: 1 | -1 }
  | {
      readonly act:
        | "accept"
        | "drop"
        | "undo"
        | "redo"
        | "next"
        | "skip"
        | "hideMasks"
        | "hover"
        | "fit"
        | "help"
        | "keepAndNext"
        | "dropAndNext"
        | "moreTime";
    };

export interface KeyInput {
  readonly key: string;
  readonly ctrl: boolean;
  readonly shift: boolean;
  readonly alt: boolean;
  readonly repeat: boolean;
  /** Where the focus is: in a field no key is ours, on a control Enter, Space and Tab are its own. */
  readonly focus: "canvas" | "control" | "field";
}

export interface KeyContext {
  /** The 30-second card is up: K, D and F answer it. */
  readonly limitAsks: boolean;
  /** Whole, part and subpart are on offer: Tab goes through them instead of through the page. */
  readonly candidatesOffered: boolean;
  /** A dialog is open and has the keys. */
  readonly dialogOpen: boolean;
}

interface Binding {
  readonly keys: readonly string[];
  /** As shown in the help dialog and on buttons; empty where another line of the dialog speaks for it. */
  readonly shown: string;
  readonly says: string;
  readonly group: "Tools" | "Mask" | "Image" | "View";
  readonly act: Act;
  readonly ctrl?: boolean;
  readonly shift?: boolean;
  readonly repeats?: boolean;
  readonly when?: "limitAsks" | "candidatesOffered";
  /** Not while a button has the focus: there the key presses the button. */
  readonly notOnControls?: boolean;
}

/** The three are one line of the help dialog: the first one's. */
function candidateKey(place: Candidate, shown = "", says = ""): Binding {
  const act = { act: "candidate", candidate: place } as const;
  return { keys: [String(place)], shown, says, group: "Mask", act, when: "candidatesOffered" };
}

export const BINDINGS: readonly Binding[] = [
  { keys: ["q"], shown: "Q", says: "Click", group: "Tools", act: { act: "tool", tool: "click" } },
  { keys: ["w"], shown: "W", says: "Box", group: "Tools", act: { act: "tool", tool: "box" } },
  { keys: ["b"], shown: "B", says: "Brush", group: "Tools", act: { act: "tool", tool: "brush" } },
  { keys: ["e"], shown: "E", says: "Eraser", group: "Tools", act: { act: "tool", tool: "eraser" } },
  {
    keys: ["["],
    shown: "[",
    says: "Smaller brush",
    group: "Tools",
    act: { act: "brush", direction: -1 },
    repeats: true,
  },
  { keys: ["]"], shown: "]", says: "Larger brush", group: "Tools", act: { act: "brush", direction: 1 }, repeats: true },
  { keys: ["Enter"], shown: "Enter", says: "Accept mask", group: "Mask", act: { act: "accept" }, notOnControls: true },
  { keys: ["Escape"], shown: "Esc", says: "Drop mask", group: "Mask", act: { act: "drop" } },
  {
    keys: ["Tab"],
    shown: "Tab",
    says: "Next candidate after one prompt",
    group: "Mask",
    act: { act: "candidate", candidate: "next" },
    when: "candidatesOffered",
    notOnControls: true,
    repeats: true,
  },
  candidateKey(1, "1, 2, 3", "First, second, third candidate"),
  candidateKey(2),
  candidateKey(3),
  { keys: ["z"], shown: "Ctrl Z", says: "Undo", group: "Mask", act: { act: "undo" }, ctrl: true, repeats: true },
  {
    keys: ["z"],
    shown: "Ctrl Shift Z",
    says: "Redo",
    group: "Mask",
    act: { act: "redo" },
    ctrl: true,
    shift: true,
    repeats: true,
  },
  { keys: ["y"], shown: "Ctrl Y", says: "Redo", group: "Mask", act: { act: "redo" }, ctrl: true, repeats: true },
  { keys: ["n"], shown: "N", says: "Next image", group: "Image", act: { act: "next" } },
  { keys: ["s"], shown: "S", says: "Skip image", group: "Image", act: { act: "skip" } },
  {
    keys: ["k"],
    shown: "K",
    says: "At the limit: keep and next",
    group: "Image",
    act: { act: "keepAndNext" },
    when: "limitAsks",
  },
  {
    keys: ["d"],
    shown: "D",
    says: "At the limit: drop and next",
    group: "Image",
    act: { act: "dropAndNext" },
    when: "limitAsks",
  },
  {
    keys: ["f"],
    shown: "F",
    says: "At the limit: five more seconds",
    group: "Image",
    act: { act: "moreTime" },
    when: "limitAsks",
  },
  { keys: ["h"], shown: "H", says: "Hide or show masks", group: "View", act: { act: "hideMasks" } },
  {
    keys: ["p"],
    shown: "P",
    says: "Preview under the pointer, on or off",
    group: "View",
    act: { act: "hover" },
  },
  { keys: ["+", "="], shown: "+", says: "Zoom in", group: "View", act: { act: "zoom", direction: 1 }, repeats: true },
  { keys: ["-", "_"], shown: "−", says: "Zoom out", group: "View", act: { act: "zoom", direction: -1 }, repeats: true },
  { keys: ["0"], shown: "0", says: "Fit to window", group: "View", act: { act: "fit" } },
  { keys: ["?"], shown: "?", says: "Show keys", group: "View", act: { act: "help" } },
];

/** Signs whose place on the keyboard differs from country to country: whether Shift was needed to type them says nothing. */
const SHIFT_IS_LAYOUT = new Set(["?", "+", "=", "-", "_", "[", "]", "0"]);

/** The act a key press means, or null when it is not ours. */
export function actFor(input: KeyInput, context: KeyContext): Act | null {
  if (input.focus === "field" || context.dialogOpen) return null;
  for (const binding of BINDINGS) {
    if (!binding.keys.includes(input.key.length === 1 ? input.key.toLowerCase() : input.key)) continue;
    if (Boolean(binding.ctrl) !== input.ctrl) continue;
    if (Boolean(binding.shift) !== input.shift && !SHIFT_IS_LAYOUT.has(input.key)) continue;
    // AltGr types brackets on many keyboards.
    if (input.alt && !SHIFT_IS_LAYOUT.has(input.key)) continue;
    if (input.repeat && !binding.repeats) continue;
    if (binding.when && !context[binding.when]) continue;
    if (binding.notOnControls && input.focus === "control") continue;
    return binding.act;
  }
  return null;
}

/** The key shown on an act's button. */
export function keyOf(wanted: Act["act"], tool?: Tool): string {
  const found = BINDINGS.find(({ act }) => act.act === wanted && (act.act !== "tool" || act.tool === tool));
  return found?.shown ?? "";
}
