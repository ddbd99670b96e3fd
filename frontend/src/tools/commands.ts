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
  | { readonly act: "switch"; readonly name: SwitchName }
  | { readonly act: "zoom"; readonly direction: 1 | -1 }
  | { readonly act: "pan"; readonly dx: -1 | 0 | 1; readonly dy: -1 | 0 | 1 }
  | { readonly act: "chooseMask"; readonly direction: 1 | -1 }
  | CursorAct
  | { readonly act: "opacity"; readonly direction: 1 | -1 }
  | HeldAct
  | {
      readonly act:
        | "accept"
        | "removePrompt"
        | "brushShape"
        | "redoAsBackground"
        | "fillHoles"
        | "dropIslands"
        | "smooth"
        | "drop"
        | "undo"
        | "redo"
        | "next"
        | "skip"
        | "hideMasks"
        | "outlines"
        | "isolate"
        | "viewPanel"
        | "reopenUnder"
        | "hover"
        | "fit"
        | "help"
        | "changeKeys"
        | "unmasked"
        | "deleteMask"
        | "toggleMask"
        | "selectMask"
        | "sortMasks"
        | "zoomToMask"
        | "guidelines"
        | "takeOffer"
        | "focusCanvas"
        | "keepAndNext"
        | "dropAndNext"
        | "moreTime"
        | "stay";
    };

/** What is on or off. */
export type SwitchName = "protect" | "pressure" | "penPaints" | "sharper";

/** Moves the keys' cursor; done on the canvas itself (tools/key_pointer.ts). */
export interface CursorAct {
  readonly act: "cursor";
  readonly dx: -1 | 0 | 1;
  readonly dy: -1 | 0 | 1;
  readonly far: boolean;
}

/** Lasts while the key is down: done with `on` true when it goes down, false when it comes up. */
export type HeldAct =
  | { readonly act: "grab" | "photoOnly"; readonly on: boolean }
  /** A press at the keys' cursor, done there; `other` takes away. */
  | { readonly act: "press"; readonly other: boolean; readonly on: boolean };

/** The order in which the dialogs show them. */
export const GROUPS = ["Tools", "Mask", "Accepted masks", "Image", "View", "Pointing"] as const;
export type Group = (typeof GROUPS)[number];

export interface CommandRow {
  /** Kept on the server with the keys a person chose: never changed once it was released. */
  readonly id: string;
  /** The button's words, and the line in the list of keys. */
  readonly title: string;
  /** The line of the `?` dialog that it shares with its neighbours in the table, where each has a key of its own. */
  readonly line?: string;
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
  readonly when?: "limitAsks" | "candidatesOffered" | "promptSelected";
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
    id: "tool.lasso",
    title: "Lasso",
    hint: "draw around what belongs to the mask or click its corners, with right or Alt what does not",
    group: "Tools",
    keys: ["l"],
    act: { act: "tool", tool: "lasso" },
  },
  {
    id: "brush.smaller",
    title: "Smaller brush",
    line: "Smaller, larger brush",
    group: "Tools",
    keys: ["["],
    act: { act: "brush", direction: -1 },
    repeats: true,
  },
  {
    id: "brush.larger",
    title: "Larger brush",
    line: "Smaller, larger brush",
    group: "Tools",
    keys: ["]"],
    act: { act: "brush", direction: 1 },
    repeats: true,
  },

  {
    id: "brush.shape",
    title: "Round or square brush",
    group: "Tools",
    keys: ["x"],
    act: { act: "brushShape" },
  },
  {
    id: "protect",
    title: "Do not paint over other masks",
    hint: "nor accept what lies on them",
    group: "Tools",
    keys: ["y"],
    act: { act: "switch", name: "protect" },
  },
  {
    id: "pen.paints",
    title: "Pen always paints",
    hint: "and fingers use the tool",
    group: "Tools",
    keys: ["Shift+b"],
    act: { act: "switch", name: "penPaints" },
  },
  {
    id: "pen.pressure",
    title: "Pen pressure sets the size",
    group: "Tools",
    keys: ["Shift+p"],
    act: { act: "switch", name: "pressure" },
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
    line: "First, second, third candidate",
    group: "Mask",
    keys: ["1"],
    act: { act: "candidate", candidate: 1 },
    when: "candidatesOffered",
  },
  {
    id: "candidate.2",
    title: "Second candidate",
    line: "First, second, third candidate",
    group: "Mask",
    keys: ["2"],
    act: { act: "candidate", candidate: 2 },
    when: "candidatesOffered",
  },
  {
    id: "candidate.3",
    title: "Third candidate",
    line: "First, second, third candidate",
    group: "Mask",
    keys: ["3"],
    act: { act: "candidate", candidate: 3 },
    when: "candidatesOffered",
  },
  {
    id: "prompt.remove",
    title: "Remove prompt",
    hint: "the one that was clicked",
    group: "Mask",
    keys: ["Delete", "Backspace"],
    act: { act: "removePrompt" },
    when: "promptSelected",
  },
  {
    id: "background",
    title: "Redo with what was erased as background",
    hint: "after the eraser: the model makes the mask anew without it",
    group: "Mask",
    keys: ["t"],
    act: { act: "redoAsBackground" },
  },
  { id: "holes", title: "Fill holes", group: "Mask", keys: ["Shift+f"], act: { act: "fillHoles" } },
  { id: "islands", title: "Drop small islands", group: "Mask", keys: ["Shift+i"], act: { act: "dropIslands" } },
  { id: "smooth", title: "Smooth the border", group: "Mask", keys: ["Shift+s"], act: { act: "smooth" } },
  { id: "undo", title: "Undo", group: "Mask", keys: ["Ctrl+z"], act: { act: "undo" }, repeats: true },
  { id: "redo", title: "Redo", group: "Mask", keys: ["Ctrl+Shift+z", "Ctrl+y"], act: { act: "redo" }, repeats: true },

  {
    id: "masks.next",
    title: "Next mask of the list",
    line: "Next, previous mask of the list",
    group: "Accepted masks",
    keys: ["PageDown"],
    act: { act: "chooseMask", direction: 1 },
    repeats: true,
  },
  {
    id: "masks.previous",
    title: "Previous mask of the list",
    line: "Next, previous mask of the list",
    group: "Accepted masks",
    keys: ["PageUp"],
    act: { act: "chooseMask", direction: -1 },
    repeats: true,
  },
  { id: "mask.zoom", title: "Zoom to that mask", group: "Accepted masks", keys: ["m"], act: { act: "zoomToMask" } },
  {
    id: "mask.toggle",
    title: "Hide or show that mask",
    group: "Accepted masks",
    keys: ["Shift+h"],
    act: { act: "toggleMask" },
  },
  {
    id: "mask.select",
    title: "Select that mask, or not",
    hint: "several are deleted at once; Ctrl- and Shift-click in the list select, too",
    group: "Accepted masks",
    keys: ["Shift+m"],
    act: { act: "selectMask" },
  },
  {
    id: "masks.sort",
    title: "Sort the list of masks",
    hint: "newest, largest or least certain first",
    group: "Accepted masks",
    keys: ["Shift+l"],
    act: { act: "sortMasks" },
  },
  {
    id: "mask.delete",
    title: "Delete that mask, or those selected",
    group: "Accepted masks",
    keys: ["Shift+Delete", "Shift+Backspace"],
    act: { act: "deleteMask" },
  },
  {
    id: "mask.reopen",
    title: "Reopen that mask, or the one under the pointer",
    group: "Accepted masks",
    keys: ["r"],
    act: { act: "reopenUnder" },
  },

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
    id: "limit.stay",
    title: "At the limit: stay with this mask",
    group: "Image",
    keys: ["j"],
    act: { act: "stay" },
    when: "limitAsks",
  },
  { id: "guidelines", title: "Guidelines", group: "Image", keys: ["g"], act: { act: "guidelines" } },

  {
    id: "unmasked",
    title: "Go to the largest unmasked region",
    hint: "again, to the next largest",
    group: "View",
    keys: ["u"],
    act: { act: "unmasked" },
  },
  { id: "masks.hide", title: "Hide or show masks", group: "View", keys: ["h"], act: { act: "hideMasks" } },
  { id: "view.outlines", title: "Outlines only", group: "View", keys: ["o"], act: { act: "outlines" } },
  {
    id: "view.isolate",
    title: "Isolate the mask at hand",
    group: "View",
    keys: ["i"],
    act: { act: "isolate" },
  },
  {
    id: "opacity.less",
    title: "Masks fainter",
    group: "View",
    keys: [","],
    act: { act: "opacity", direction: -1 },
    repeats: true,
  },
  {
    id: "opacity.more",
    title: "Masks stronger",
    group: "View",
    keys: ["."],
    act: { act: "opacity", direction: 1 },
    repeats: true,
  },
  {
    id: "view.photo",
    title: "Hold to see the photo alone",
    group: "View",
    keys: ["v"],
    act: { act: "photoOnly", on: true },
    held: true,
  },
  {
    id: "view.panel",
    title: "View",
    hint: "masks and light",
    group: "View",
    keys: ["Shift+v"],
    act: { act: "viewPanel" },
  },
  { id: "hover", title: "Preview under the pointer", group: "View", keys: ["p"], act: { act: "hover" } },
  {
    id: "zoom.sharper",
    title: "Sharper masks when zoomed in",
    hint: "encodes what is in sight by itself",
    group: "View",
    keys: ["Shift+z"],
    act: { act: "switch", name: "sharper" },
  },
  {
    id: "zoom.in",
    title: "Zoom in",
    line: "Zoom in, zoom out",
    group: "View",
    keys: ["+", "="],
    act: { act: "zoom", direction: 1 },
    repeats: true,
  },
  {
    id: "zoom.out",
    title: "Zoom out",
    line: "Zoom in, zoom out",
    group: "View",
    keys: ["-", "_"],
    act: { act: "zoom", direction: -1 },
    repeats: true,
  },
  { id: "fit", title: "Fit to window", group: "View", keys: ["0"], act: { act: "fit" } },
  { id: "help", title: "Show keys", group: "View", keys: ["?"], act: { act: "help" } },
  {
    id: "offer",
    title: "Do what the message offers",
    group: "View",
    keys: ["a"],
    act: { act: "takeOffer" },
  },
  { id: "focus.canvas", title: "Back to the canvas", group: "View", keys: ["c"], act: { act: "focusCanvas" } },
  { id: "keys.change", title: "Change keys", group: "View", keys: ["F2"], act: { act: "changeKeys" } },

  {
    id: "cursor.left",
    title: "Cursor left",
    line: "Move the cursor",
    group: "Pointing",
    keys: ["ArrowLeft"],
    act: { act: "cursor", dx: -1, dy: 0, far: false },
    repeats: true,
    notOnControls: true,
  },
  {
    id: "cursor.right",
    title: "Cursor right",
    line: "Move the cursor",
    group: "Pointing",
    keys: ["ArrowRight"],
    act: { act: "cursor", dx: 1, dy: 0, far: false },
    repeats: true,
    notOnControls: true,
  },
  {
    id: "cursor.up",
    title: "Cursor up",
    line: "Move the cursor",
    group: "Pointing",
    keys: ["ArrowUp"],
    act: { act: "cursor", dx: 0, dy: -1, far: false },
    repeats: true,
    notOnControls: true,
  },
  {
    id: "cursor.down",
    title: "Cursor down",
    line: "Move the cursor",
    group: "Pointing",
    keys: ["ArrowDown"],
    act: { act: "cursor", dx: 0, dy: 1, far: false },
    repeats: true,
    notOnControls: true,
  },
  {
    id: "cursor.far.left",
    title: "Cursor far left",
    line: "Move it far",
    group: "Pointing",
    keys: ["Shift+ArrowLeft"],
    act: { act: "cursor", dx: -1, dy: 0, far: true },
    repeats: true,
    notOnControls: true,
  },
  {
    id: "cursor.far.right",
    title: "Cursor far right",
    line: "Move it far",
    group: "Pointing",
    keys: ["Shift+ArrowRight"],
    act: { act: "cursor", dx: 1, dy: 0, far: true },
    repeats: true,
    notOnControls: true,
  },
  {
    id: "cursor.far.up",
    title: "Cursor far up",
    line: "Move it far",
    group: "Pointing",
    keys: ["Shift+ArrowUp"],
    act: { act: "cursor", dx: 0, dy: -1, far: true },
    repeats: true,
    notOnControls: true,
  },
  {
    id: "cursor.far.down",
    title: "Cursor far down",
    line: "Move it far",
    group: "Pointing",
    keys: ["Shift+ArrowDown"],
    act: { act: "cursor", dx: 0, dy: 1, far: true },
    repeats: true,
    notOnControls: true,
  },
  {
    id: "hand",
    title: "Hold to press at the cursor; without one, to move the picture",
    group: "Pointing",
    keys: ["Space"],
    act: { act: "grab", on: true },
    held: true,
    notOnControls: true,
  },
  {
    id: "press.other",
    title: "Press at the cursor to take away",
    group: "Pointing",
    keys: ["Shift+Space"],
    act: { act: "press", other: true, on: true },
    held: true,
    notOnControls: true,
  },
  {
    id: "pan.left",
    title: "Look further left",
    line: "Move the picture",
    group: "Pointing",
    keys: ["Ctrl+ArrowLeft"],
    act: { act: "pan", dx: -1, dy: 0 },
    repeats: true,
    notOnControls: true,
  },
  {
    id: "pan.right",
    title: "Look further right",
    line: "Move the picture",
    group: "Pointing",
    keys: ["Ctrl+ArrowRight"],
    act: { act: "pan", dx: 1, dy: 0 },
    repeats: true,
    notOnControls: true,
  },
  {
    id: "pan.up",
    title: "Look further up",
    line: "Move the picture",
    group: "Pointing",
    keys: ["Ctrl+ArrowUp"],
    act: { act: "pan", dx: 0, dy: -1 },
    repeats: true,
    notOnControls: true,
  },
  {
    id: "pan.down",
    title: "Look further down",
    line: "Move the picture",
    group: "Pointing",
    keys: ["Ctrl+ArrowDown"],
    act: { act: "pan", dx: 0, dy: 1 },
    repeats: true,
    notOnControls: true,
  },
] as const satisfies readonly CommandRow[];

export type CommandId = (typeof COMMANDS)[number]["id"];

export function commandOf(id: CommandId): CommandRow {
  return COMMANDS.find((row) => row.id === id) as CommandRow;
}
