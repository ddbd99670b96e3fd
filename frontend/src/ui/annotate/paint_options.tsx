// Beside the picture, not on it, while a tool that paints is in the hand: how it paints, and what tidies the mask up.

import { useMemo } from "preact/hooks";
import { mayRedoAsBackground } from "../../state/background";
import { isEmptyDraft } from "../../state/draft";
import { type EditorState, LARGEST_BRUSH, LEAST_BRUSH } from "../../state/editor_state";
import { ActButton } from "./button";
import type { Editor } from "./editor";
import { partOf } from "./part_of";

export function PaintOptions({ editor }: { editor: Editor }) {
  const { store } = editor;
  const shown = useMemo(() => partOf(store.state, shownOf), [store]);
  const { tool, brushShape, brushSize, none, erased } = shown.value;
  if (tool === "click" || tool === "box") return null;
  const round = brushShape === "round";
  return (
    <div class="paint-options" role="toolbar" aria-label="Painting">
      {tool !== "lasso" && (
        <div class="paint-row">
          <ActButton
            editor={editor}
            command="brush.shape"
            label={round ? "Round brush" : "Square brush"}
            icon={round ? "round" : "square"}
            look="icon"
          />
          <BrushSize editor={editor} brushSize={brushSize} />
        </div>
      )}
      <div class="paint-row">
        <ActButton editor={editor} command="protect" icon="protect" look="icon" pressed={store.protect.value} />
        <ActButton editor={editor} command="pen.paints" icon="brush" look="icon" pressed={store.penPaints.value} />
        <ActButton editor={editor} command="pen.pressure" icon="pressure" look="icon" pressed={store.pressure.value} />
      </div>
      <div class="paint-row">
        <ActButton editor={editor} command="background" icon="background" look="icon" disabled={!erased} />
        <ActButton editor={editor} command="holes" icon="holes" look="icon" disabled={none} />
        <ActButton editor={editor} command="smooth" icon="smooth" look="icon" disabled={none} />
        <div class="paint-row">
          <ActButton
            editor={editor}
            command="islands"
            label={`Drop islands under ${store.islandSize.value} pixels`}
            icon="islands"
            look="icon"
            disabled={none}
          />
          <IslandSize editor={editor} />
        </div>
      </div>
    </div>
  );
}

function IslandSize({ editor }: { editor: Editor }) {
  const { store } = editor;
  return (
    <label class="paint-number" title="Parts of fewer pixels are islands">
      <span class="visually-hidden">Islands have fewer pixels than</span>
      <input
        type="number"
        min={1}
        max={999999}
        value={store.islandSize.value}
        onChange={(event) => store.setIslandSize(event.currentTarget.valueAsNumber)}
        onKeyDown={(event) => event.key === "Enter" && editor.focusCanvas()}
      />
      <span aria-hidden="true">px</span>
    </label>
  );
}

function shownOf(state: EditorState) {
  const { tool, brushShape, brushSize, draft } = state;
  return { tool, brushShape, brushSize, none: isEmptyDraft(draft), erased: mayRedoAsBackground(state) };
}

function BrushSize({ editor, brushSize }: { editor: Editor; brushSize: number }) {
  const keys = editor.store.keys.value;
  return (
    <label
      class="paint-size"
      title={`Size in image pixels (${keys.shown("brush.smaller")} and ${keys.shown("brush.larger")}, or the wheel)`}
    >
      <span class="visually-hidden">Size in image pixels</span>
      <input
        type="range"
        min={LEAST_BRUSH}
        max={LARGEST_BRUSH / 2}
        value={brushSize}
        onInput={(event) => editor.setBrushSize(event.currentTarget.valueAsNumber)}
        onChange={() => editor.focusCanvas()}
      />
      <span class="number" aria-hidden="true">
        {brushSize} px
      </span>
    </label>
  );
}
