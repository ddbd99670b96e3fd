import { LARGEST_BRUSH, LEAST_BRUSH, type Tool } from "../../state/editor_state";
import { keyOf } from "../../tools/keys";
import { ActButton } from "./button";
import type { Editor } from "./editor";
import type { IconName } from "./icons";

const TOOLS: readonly {
  readonly tool: Tool;
  readonly label: string;
  readonly icon: IconName;
  readonly hint: string;
}[] = [
  { tool: "click", label: "Click", icon: "click", hint: "Click: left adds to the mask, right or Alt takes away" },
  { tool: "box", label: "Box", icon: "box", hint: "Box: drag around the object" },
  { tool: "brush", label: "Brush", icon: "brush", hint: "Brush: paint pixels into the mask" },
  { tool: "eraser", label: "Eraser", icon: "eraser", hint: "Eraser: take pixels out of the mask" },
];

export function ToolRail({ editor }: { editor: Editor }) {
  const { tool, brushSize, allHidden } = editor.store.state.value;
  const zoom = editor.store.view.value.viewport.zoom;
  const painting = tool === "brush" || tool === "eraser";
  return (
    <div class="rail" role="toolbar" aria-label="Tools" aria-orientation="vertical">
      {TOOLS.map((entry) => (
        <ActButton
          key={entry.tool}
          label={entry.label}
          title={entry.hint}
          icon={entry.icon}
          look="tool"
          shortcut={keyOf("tool", entry.tool)}
          pressed={tool === entry.tool}
          onPress={() => editor.perform({ act: "tool", tool: entry.tool })}
        />
      ))}
      {painting && (
        <label class="rail-size" title="Size in image pixels ([ and ], or the wheel)">
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
      )}
      <span class="rail-space" />
      <ActButton
        label={allHidden ? "Show masks" : "Hide masks"}
        icon={allHidden ? "eyeOff" : "eye"}
        look="icon"
        shortcut={keyOf("hideMasks")}
        onPress={() => editor.perform({ act: "hideMasks" })}
      />
      <ActButton
        label="Preview under the pointer"
        icon="hover"
        look="icon"
        shortcut={keyOf("hover")}
        pressed={editor.store.hover.value}
        onPress={() => editor.perform({ act: "hover" })}
      />
      <ActButton
        label="Zoom in"
        icon="zoomIn"
        look="icon"
        shortcut="+"
        onPress={() => editor.perform({ act: "zoom", direction: 1 })}
      />
      <ActButton
        label="Zoom out"
        icon="zoomOut"
        look="icon"
        shortcut="−"
        onPress={() => editor.perform({ act: "zoom", direction: -1 })}
      />
      <ActButton
        label="Fit to window"
        icon="fit"
        look="icon"
        shortcut={keyOf("fit")}
        onPress={() => editor.perform({ act: "fit" })}
      />
      <span class="rail-zoom number" title="Zoom">
        {Math.round(zoom * 100)} %
      </span>
    </div>
  );
}
