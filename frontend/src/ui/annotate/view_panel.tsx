// How masks and photo are shown, beside the picture. It stays open while one works, and takes no key from the canvas.

import { hasUsualLight, LEAST_LIGHT, type Look, MOST_LIGHT, withOpacity, withUsualLight } from "../../state/look";
import type { Act, CommandId } from "../../tools/commands";
import type { Editor } from "./editor";

export function ViewPanel({ editor }: { editor: Editor }) {
  return editor.store.viewPanel.value ? <Panel editor={editor} /> : null;
}

function Panel({ editor }: { editor: Editor }) {
  const { store } = editor;
  const look = store.look.value;
  const change = (next: Partial<Look>) => store.changeLook({ ...look, ...next });
  const close = () => {
    store.viewPanel.value = false;
    editor.focusCanvas();
  };
  return (
    <section
      class="view-panel"
      aria-labelledby="view-panel"
      // After the pointer the keys are the canvas's again; who came by Tab stays.
      onClick={(event) => event.detail > 0 && editor.focusCanvas()}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        // Else it would drop the mask as well.
        event.stopPropagation();
        close();
      }}
    >
      <h2 id="view-panel">View</h2>
      <Share
        label="Opacity of masks"
        value={look.opacity}
        least={0}
        most={1}
        onChange={(opacity) => store.changeLook(withOpacity(look, opacity))}
      />
      <Switch editor={editor} label="Outlines only" command="view.outlines" act="outlines" on={look.outlinesOnly} />
      <Switch editor={editor} label="Isolate the mask at hand" command="view.isolate" act="isolate" on={look.isolate} />
      <Switch
        editor={editor}
        label="Hide accepted masks"
        command="masks.hide"
        act="hideMasks"
        on={store.state.value.allHidden}
      />
      <h3>Photo, on this screen only</h3>
      <Share
        label="Brightness"
        value={look.brightness}
        least={LEAST_LIGHT}
        most={MOST_LIGHT}
        onChange={(brightness) => change({ brightness })}
      />
      <Share
        label="Contrast"
        value={look.contrast}
        least={LEAST_LIGHT}
        most={MOST_LIGHT}
        onChange={(contrast) => change({ contrast })}
      />
      <div class="view-acts">
        <button
          type="button"
          class="button button-small"
          aria-disabled={hasUsualLight(look) || undefined}
          onClick={() => store.changeLook(withUsualLight(look))}
        >
          Reset photo
        </button>
        <button type="button" class="button button-small" onClick={close}>
          Close
        </button>
      </div>
    </section>
  );
}

interface ShareProps {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly onChange: (value: number) => void;
}

function Share({ label, value, least, most, onChange }: ShareProps) {
  const percent = Math.round(value * 100);
  return (
    <label class="view-share">
      <span>{label}</span>
      <span class="number muted" aria-hidden="true">
        {percent} %
      </span>
      <input
        type="range"
        min={least * 100}
        max={most * 100}
        step={5}
        value={percent}
        aria-valuetext={`${percent} %`}
        onInput={(event) => onChange(event.currentTarget.valueAsNumber / 100)}
      />
    </label>
  );
}

interface SwitchProps {
  readonly editor: Editor;
  readonly label: string;
  readonly command: CommandId;
  readonly act: Extract<Act["act"], "outlines" | "isolate" | "hideMasks">;
  readonly on: boolean;
}

function Switch({ editor, label, command, act, on }: SwitchProps) {
  return (
    <label class="view-switch">
      <input type="checkbox" aria-label={label} checked={on} onChange={() => editor.perform({ act })} />
      <span>{label}</span>
      <kbd>{editor.store.keys.value.shown(command)}</kbd>
    </label>
  );
}
