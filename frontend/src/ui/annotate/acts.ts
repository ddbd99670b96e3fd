// What each act does. A row for every act there is: the compiler misses none, so a command of tools/commands.ts can't lead nowhere.

import { fitView, zoomView } from "../../state/view";
import type { Act } from "../../tools/commands";
import { resizedBrush } from "../../tools/wheel";
import type { Editor } from "./editor";

type Doing = { readonly [Name in Act["act"]]: (editor: Editor, act: Extract<Act, { act: Name }>) => void };

const ZOOM_STEP = 1.25;

const ACTS: Doing = {
  tool: ({ store }, { tool }) => store.dispatch({ kind: "setTool", tool }),
  brush: (editor, { direction }) => editor.setBrushSize(resizedBrush(editor.store.state.value.brushSize, direction)),

  accept: ({ mask }) => void mask.accept(),
  drop: ({ mask }) => mask.drop(),
  undo: ({ mask }) => mask.travel("undo"),
  redo: ({ mask }) => mask.travel("redo"),
  candidate: ({ mask }, { candidate }) => mask.choose(candidate),

  next: ({ leaving }) => void leaving.next(),
  skip: (editor) => editor.openSkip(),
  keepAndNext: ({ leaving }) => void leaving.answerLimit("keep_next"),
  dropAndNext: ({ leaving }) => void leaving.answerLimit("drop_next"),
  moreTime: ({ leaving }) => void leaving.answerLimit("extend"),

  hideMasks: ({ store }) => store.dispatch({ kind: "toggleAllMasks" }),
  hover: ({ store }) => store.toggleHover(),
  unmasked: ({ prominence }) => prominence.goOn(),
  grab: ({ store }, { on }) => {
    store.grabbing.value = on;
  },
  fit: ({ store }) => {
    const { image } = store.state.value;
    if (image) store.view.value = fitView(store.view.value, image);
  },
  zoom: ({ store }, { direction }) => {
    const { image } = store.state.value;
    const factor = direction > 0 ? ZOOM_STEP : 1 / ZOOM_STEP;
    if (image) store.view.value = zoomView(store.view.value, factor, image);
  },
  help: ({ store }) => {
    store.dialog.value = "help";
  },
  changeKeys: ({ store }) => {
    store.dialog.value = "keys";
  },
};

export function doAct(editor: Editor, act: Act): void {
  // The row is the act's own, which the compiler can't see through the union.
  (ACTS[act.act] as (editor: Editor, act: Act) => void)(editor, act);
}
