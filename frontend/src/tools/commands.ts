// What a person can do besides pointing: one table. Keys, the `?` dialog, the key settings, buttons and their tooltips are all
// made from it, so that none of them can say anything else.
//
// To add a command: give its act to `Act`, a row to COMMANDS, and what it does to ACTS in ui/annotate/acts.ts. Nothing else
// has to know: a button shows its words and its key by `<ActButton editor={editor} command="its.id" icon="…" />`.

import type { Candidate } from "../state/draft";
import type { Tool } from "../state/editor_state";

export type Act =
  | { readonly act: "tool"; readonly tool: Tool }
  | { readonly act: "candidate"; readonly candidate: Candidate | "next" }
  | { readonly act: "brush"; readonly direction: 1 | -1 }
  | { readonly act: "zoom"; readonly direction: 1 | -1 }
  | HeldAct
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
        | "changeKeys"
        | "unmasked"
        | "keepAndNext"
        | "dropAndNext"
        | "moreTime";
    };

/** Lasts while the key is down: done with `on` true when it goes down, false when it comes up. */
export type HeldAct = { readonly act: "grab"; readonly on: boolean };

/** The order in which the dialogs show them. */
export const GROUPS = ["Tools", "Mask", "Image", "View"] as const;
export type Group = (typeof GROUPS)[number];

export interface CommandRow {
  /** Kept on the server with the keys a person chose: never changed once it was released. */
  readonly id: string;
  /** The button's words, and the line in the list of keys. */
  readonly title: string;
  /** What else the tooltip says. */
  readonly hint?: string;
  readonly group: Group;
  /**
   * The keys it has until a person changes them, the first one shown on its button. Written as "Ctrl+Shift+z": letters small,
   * signs as they are typed and without Shift (whether a keyboard needs it differs from country to country), other keys as
   * `KeyboardEvent.key` names them, the space bar "Space".
   */
  readonly keys: readonly string[];
  readonly act: Act;
  /** Goes on while the key is held. */
  readonly repeats?: boolean;
  /** Lasts while the key is down; its act is a `HeldAct`. */
  readonly held?: boolean;
  /** Only then; at other times the key is left to the browser. */
  readonly when?: "limitAsks" | "candidatesOffered";
  /** Not while a button has the focus: there the key presses the button, or goes on through the page. */
  readonly notOnControls?: boolean;
}

export const COMMANDS = [
  {
    id: "tool.click",
    title: "Click",
    hint: "left adds to the mask, right or Alt takes away",
    group: "Tools",
    keys: ["q"],
    act: { act: "tool", tool: "click" },
  },
  {
    id: "tool.box",
    title: "Box",
    hint: "drag around the object",
    group: "Tools",
    keys: ["w"],
    act: { act: "tool", tool: "box" },
  },
  {
    id: "tool.brush",
    title: "Brush",
    hint: "paint pixels into the mask",
    group: "Tools",
    keys: ["b"],
    act: { act: "tool", tool: "brush" },
  },
  {
    id: "tool.eraser",
    title: "Eraser",
    hint: "take pixels out of the mask",
    group: "Tools",
    keys: ["e"],
    act: { act: "tool", tool: "eraser" },
  },
  {
    id: "brush.smaller",
    title: "Smaller brush",
    group: "Tools",
    keys: ["["],
    act: { act: "brush", direction: -1 },
    repeats: true,
  },
  {
    id: "brush.larger",
    title: "Larger brush",
    group: "Tools",
    keys: ["]"],
    act: { act: "brush", direction: 1 },
    repeats: true,
  },

  { id: "accept", title: "Accept mask", group: "Mask", keys: ["Enter"], act: { act: "accept" }, notOnControls: true },
  { id: "drop", title: "Drop mask", group: "Mask", keys: ["Escape"], act: { act: "drop" } },
  {
    id: "candidate.next",
    title: "Next candidate after one prompt",
    group: "Mask",
    keys: ["Tab"],
    act: { act: "candidate", candidate: "next" },
    when: "candidatesOffered",
    notOnControls: true,
    repeats: true,
  },
  {
    id: "candidate.1",
    title: "First candidate",
    group: "Mask",
    keys: ["1"],
    act: { act: "candidate", candidate: 1 },
    when: "candidatesOffered",
  },
  {
    id: "candidate.2",
    title: "Second candidate",
    group: "Mask",
    keys: ["2"],
    act: { act: "candidate", candidate: 2 },
    when: "candidatesOffered",
  },
  {
    id: "candidate.3",
    title: "Third candidate",
    group: "Mask",
    keys: ["3"],
    act: { act: "candidate", candidate: 3 },
    when: "candidatesOffered",
  },
  { id: "undo", title: "Undo", group: "Mask", keys: ["Ctrl+z"], act: { act: "undo" }, repeats: true },
  { id: "redo", title: "Redo", group: "Mask", keys: ["Ctrl+Shift+z", "Ctrl+y"], act: { act: "redo" }, repeats: true },

  { id: "next", title: "Next image", group: "Image", keys: ["n"], act: { act: "next" } },
  { id: "skip", title: "Skip image", group: "Image", keys: ["s"], act: { act: "skip" } },
  {
    id: "limit.keep",
    title: "At the limit: keep and go on",
    group: "Image",
    keys: ["k"],
    act: { act: "keepAndNext" },
    when: "limitAsks",
  },
  {
    id: "limit.drop",
    title: "At the limit: drop and go on",
    group: "Image",
    keys: ["d"],
    act: { act: "dropAndNext" },
    when: "limitAsks",
  },
  {
    id: "limit.extend",
    title: "At the limit: five more seconds",
    group: "Image",
    keys: ["f"],
    act: { act: "moreTime" },
    when: "limitAsks",
  },

  {
    id: "unmasked",
    title: "Go to the largest unmasked region",
    hint: "again, to the next largest",
    group: "View",
    keys: ["u"],
    act: { act: "unmasked" },
  },
  { id: "masks.hide", title: "Hide or show masks", group: "View", keys: ["h"], act: { act: "hideMasks" } },
  { id: "hover", title: "Preview under the pointer", group: "View", keys: ["p"], act: { act: "hover" } },
  {
    id: "zoom.in",
    title: "Zoom in",
    group: "View",
    keys: ["+", "="],
    act: { act: "zoom", direction: 1 },
    repeats: true,
  },
  {
    id: "zoom.out",
    title: "Zoom out",
    group: "View",
    keys: ["-", "_"],
    act: { act: "zoom", direction: -1 },
    repeats: true,
  },
  {
    id: "hand",
    title: "Hold to move the picture",
    group: "View",
    keys: ["Space"],
    act: { act: "grab", on: true },
    held: true,
    notOnControls: true,
  },
  { id: "fit", title: "Fit to window", group: "View", keys: ["0"], act: { act: "fit" } },
  { id: "help", title: "Show keys", group: "View", keys: ["?"], act: { act: "help" } },
  { id: "keys.change", title: "Change keys", group: "View", keys: ["F2"], act: { act: "changeKeys" } },
] as const satisfies readonly CommandRow[];

export type CommandId = (typeof COMMANDS)[number]["id"];

export function commandOf(id: CommandId): CommandRow {
  return COMMANDS.find((row) => row.id === id) as CommandRow;
}
