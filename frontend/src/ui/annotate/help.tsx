// The `?` dialog: every key there is, and what the pointer does.

import { COMMANDS, type CommandId, type CommandRow, GROUPS, type Group } from "../../tools/commands";
import { closeDialog, Frame } from "./dialogs";
import type { Editor } from "./editor";
import { KeysOfLine } from "./keys_shown";

interface HelpLine {
  readonly text: string;
  readonly ids: CommandId[];
}

/** Neighbours that share a line are one. */
function linesOf(group: Group): HelpLine[] {
  const lines: HelpLine[] = [];
  for (const row of COMMANDS as readonly (CommandRow & { readonly id: CommandId })[]) {
    if (row.group !== group) continue;
    const text = row.line ?? row.title;
    const last = lines.at(-1);
    if (row.line && last?.text === text) last.ids.push(row.id);
    else lines.push({ text, ids: [row.id] });
  }
  return lines;
}

export function Help({ editor }: { editor: Editor }) {
  const keys = editor.store.keys.value;
  const pointer = [
    ["Click", "Add to the mask"],
    ["Right click or Alt click", "Take away from the mask"],
    ["Drag a prompt, or a side or corner of the box", "Move it; the mask follows"],
    [`Click a prompt, then ${keys.shown("prompt.remove")}; or right click it`, "Remove it"],
    ["Wheel", "Zoom; with brush or eraser their size"],
    ["Ctrl wheel or pinch", "Zoom"],
    [`${keys.shown("hand")} and drag, or middle button`, "Move the picture"],
  ] as const;
  return (
    <Frame editor={editor} name="help" title="Keys" returns>
      <div class="help-groups">
        {GROUPS.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl class="help-list">
              {linesOf(group).map(({ text, ids }) => (
                <div key={text}>
                  <dt>
                    <KeysOfLine keymap={keys} ids={ids} />
                  </dt>
                  <dd>{text}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <section class="help-pointer">
          <h3>Mouse, pen or finger</h3>
          <dl class="help-list">
            {pointer.map(([how, what]) => (
              <div key={how}>
                <dt>{how}</dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
        </section>
      </div>
      <div class="dialog-actions">
        <button type="button" class="button button-quiet" onClick={() => editor.perform({ act: "changeKeys" })}>
          Change keys
        </button>
        <button type="button" class="button" onClick={closeDialog}>
          Close
        </button>
      </div>
    </Frame>
  );
}
