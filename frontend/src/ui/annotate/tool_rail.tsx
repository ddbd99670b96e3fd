import type { Tool } from "../../state/editor_state";
import type { CommandId } from "../../tools/commands";
import { ActButton } from "./button";
import type { Editor } from "./editor";
import type { IconName } from "./icons";

const TOOLS: readonly { readonly tool: Tool; readonly command: CommandId; readonly icon: IconName }[] = [
  { tool: "click", command: "tool.click", icon: "click" },
  { tool: "box", command: "tool.box", icon: "box" },
  { tool: "brush", command: "tool.brush", icon: "brush" },
  { tool: "eraser", command: "tool.eraser", icon: "eraser" },
  { tool: "lasso", command: "tool.lasso", icon: "lasso" },
];

export function ToolRail({ editor }: { editor: Editor }) {
  const { tool, allHidden } = editor.store.state.value;
  const zoom = editor.store.view.value.viewport.zoom;
  return (
    <div class="rail" role="toolbar" aria-label="Tools" aria-orientation="vertical">
      {TOOLS.map((entry) => (
        <ActButton
          key={entry.tool}
          editor={editor}
          command={entry.command}
          icon={entry.icon}
          look="tool"
          pressed={tool === entry.tool}
        />
      ))}
      <span class="rail-space" />
      <ActButton editor={editor} command="view.panel" icon="look" look="icon" pressed={editor.store.viewPanel.value} />
      <ActButton
        editor={editor}
        command="masks.hide"
        label={allHidden ? "Show masks" : "Hide masks"}
        icon={allHidden ? "eyeOff" : "eye"}
        look="icon"
      />
      <ActButton editor={editor} command="hover" icon="hover" look="icon" pressed={editor.store.hover.value} />
      <ActButton editor={editor} command="zoom.in" icon="zoomIn" look="icon" />
      <ActButton editor={editor} command="zoom.out" icon="zoomOut" look="icon" />
      <ActButton editor={editor} command="fit" icon="fit" look="icon" />
      <span class="rail-zoom number" title="Zoom">
        {Math.round(zoom * 100)} %
      </span>
    </div>
  );
}
