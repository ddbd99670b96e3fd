// Beside the tools while one that paints is in the hand: how it paints, and what tidies the mask up.

import { erasedLast } from "../../state/background";
import { isEmptyDraft } from "../../state/draft";
import { LARGEST_BRUSH, LEAST_BRUSH } from "../../state/editor_state";
import { ActButton } from "./button";
import type { Editor } from "./editor";

export function PaintOptions({ editor }: { editor: Editor }) {
  const { store } = editor;
  const { tool, brushShape, draft, history } = store.state.value;
  if (tool === "click" || tool === "box") return null;
  const none = isEmptyDraft(draft);
  const round = brushShape === "round";
  return (
    <div class="paint-options" role="toolbar" aria-label="Painting" aria-orientation="vertical">
      {tool !== "lasso" && <BrushSize editor={editor} />}
      {tool !== "lasso" && (
        <ActButton
          editor={editor}
          command="brush.shape"
          label={round ? "Round brush" : "Square brush"}
          icon={round ? "round" : "square"}
          look="icon"
        />
      )}
      <ActButton editor={editor} command="protect" icon="protect" look="icon" pressed={store.protect.value} />
      <ActButton editor={editor} command="pen.paints" icon="brush" look="icon" pressed={store.penPaints.value} />
      <ActButton editor={editor} command="pen.pressure" icon="pressure" look="icon" pressed={store.pressure.value} />
      <span class="paint-line" aria-hidden="true" />
      <ActButton
        editor={editor}
        command="background"
        icon="background"
        look="icon"
        disabled={erasedLast({ history, draft }) === null}
      />
      <ActButton editor={editor} command="holes" icon="holes" look="icon" disabled={none} />
      <ActButton editor={editor} command="smooth" icon="smooth" look="icon" disabled={none} />
      <ActButton
        editor={editor}
        command="islands"
        label={`Drop islands under ${store.islandSize.value} pixels`}
        icon="islands"
        look="icon"
        disabled={none}
      />
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
    </div>
  );
}

function BrushSize({ editor }: { editor: Editor }) {
  const { brushSize } = editor.store.state.value;
  const keys = editor.store.keys.value;
  return (
    <label
      class="rail-size"
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
