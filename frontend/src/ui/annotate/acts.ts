// What each act does. A row for every act there is: the compiler misses none, so a command of tools/commands.ts can't lead nowhere.

import { OPACITY_STEP, withOpacity } from "../../state/look";
import { fitView, panView, zoomView } from "../../state/view";
import type { Act } from "../../tools/commands";
import { resizedBrush } from "../../tools/wheel";
import type { Editor } from "./editor";

/** The canvas does these itself, where the cursor is: tools/key_pointer.ts. */
type OfCanvas = "cursor" | "press";
type Done = Exclude<Act, { act: OfCanvas }>;
type Doing = { readonly [Name in Done["act"]]: (editor: Editor, act: Extract<Done, { act: Name }>) => void };

const ZOOM_STEP = 1.25;
/** Of the canvas's width or height, each time. */
const PAN_SHARE = 1 / 8;

const ACTS: Doing = {
  tool: ({ store }, { tool }) => store.dispatch({ kind: "setTool", tool }),
  brush: (editor, { direction }) => editor.setBrushSize(resizedBrush(editor.store.state.value.brushSize, direction)),

  brushShape: ({ store }) => {
    const round = store.state.value.brushShape === "round";
    store.dispatch({ kind: "setBrushShape", shape: round ? "square" : "round" });
    store.announcement.value = round ? "Square brush" : "Round brush";
  },
  switch: ({ store }, { name }) => store.toggle(name),
  redoAsBackground: ({ mask }) => mask.redoAsBackground(),
  fillHoles: ({ tidying }) => void tidying.fillHoles(),
  dropIslands: ({ tidying }) => void tidying.dropIslands(),
  smooth: ({ tidying }) => void tidying.smooth(),

  accept: ({ mask }) => void mask.accept(),
  drop: ({ mask }) => mask.drop(),
  removePrompt: ({ mask }) => mask.removeSelected(),
  undo: ({ mask }) => mask.travel("undo"),
  redo: ({ mask }) => mask.travel("redo"),
  candidate: ({ mask }, { candidate }) => mask.choose(candidate),

  next: ({ leaving }) => void leaving.next(),
  skip: (editor) => editor.openSkip(),
  keepAndNext: ({ leaving }) => void leaving.answerLimit("keep_next"),
  dropAndNext: ({ leaving }) => void leaving.answerLimit("drop_next"),
  stay: (editor) => editor.dismissLimit(),
  moreTime: ({ leaving }) => void leaving.answerLimit("extend"),

  chooseMask: ({ chosen }, { direction }) => chosen.step(direction),
  zoomToMask: ({ chosen }) => chosen.zoom(),
  toggleMask: ({ chosen }) => chosen.toggle(),
  selectMask: ({ chosen }) => chosen.selectPointed(),
  sortMasks: ({ chosen }) => chosen.sortNext(),
  deleteMask: ({ chosen }) => chosen.delete(),

  hideMasks: ({ store }) => store.dispatch({ kind: "toggleAllMasks" }),
  outlines: ({ store }) => {
    const look = store.look.value;
    store.changeLook({ ...look, outlinesOnly: !look.outlinesOnly });
    store.announcement.value = look.outlinesOnly ? "Masks are filled" : "Outlines only";
  },
  isolate: ({ store }) => {
    const look = store.look.value;
    store.changeLook({ ...look, isolate: !look.isolate });
    store.announcement.value = look.isolate ? "All masks are shown" : "Only the mask at hand is shown";
  },
  opacity: ({ store }, { direction }) => {
    const look = withOpacity(store.look.value, store.look.value.opacity + direction * OPACITY_STEP);
    store.changeLook(look);
    store.announcement.value = `Opacity ${Math.round(look.opacity * 100)} %`;
  },
  photoOnly: ({ store }, { on }) => {
    store.photoOnly.value = on;
  },
  viewPanel: (editor) => {
    const { viewPanel } = editor.store;
    viewPanel.value = !viewPanel.value;
    if (!viewPanel.value) editor.focusCanvas();
  },
  reopenUnder: (editor) => {
    const { store } = editor;
    const id = store.state.value.pointedAt ?? editor.maskUnder();
    const mask = store.state.value.saved.find((saved) => saved.id === id);
    if (mask) editor.masks.reopen(mask);
    else store.notify({ tone: "plain", text: "No accepted mask is under the pointer." });
  },
  hover: ({ store }) => store.toggleHover(),
  unmasked: ({ prominence }) => prominence.goOn(),
  grab: ({ store }, { on }) => {
    store.grabbing.value = on;
  },
  pan: ({ store }, { dx, dy }) => {
    const { image } = store.state.value;
    const { width, height } = store.view.value.canvas;
    // One looks further to the right where the picture goes to the left.
    if (image) store.view.value = panView(store.view.value, -dx * width * PAN_SHARE, -dy * height * PAN_SHARE, image);
  },
  focusCanvas: (editor) => editor.focusCanvas(),
  fit: ({ store }) => {
    const { image } = store.state.value;
    if (image) store.view.value = fitView(store.view.value, image);
  },
  zoom: ({ store }, { direction }) => {
    const { image } = store.state.value;
    const factor = direction > 0 ? ZOOM_STEP : 1 / ZOOM_STEP;
    if (image) store.view.value = zoomView(store.view.value, factor, image);
  },
  takeOffer: (editor) => editor.takeOffer(),
  guidelines: ({ store }) => {
    if (store.page.project.guidelines) store.dialog.value = "guidelines";
  },
  help: ({ store }) => {
    store.dialog.value = "help";
  },
  changeKeys: ({ store }) => {
    store.dialog.value = "keys";
  },
};

export function doAct(editor: Editor, act: Act): void {
  if (act.act === "cursor" || act.act === "press") return;
  // The row is the act's own, which the compiler can't see through the union.
  (ACTS[act.act] as (editor: Editor, act: Done) => void)(editor, act);
}
