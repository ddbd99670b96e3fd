// The accepted masks of the image, newest first, as rows that can be looked at, hidden, opened again and deleted.

import { useLayoutEffect, useRef } from "preact/hooks";
import type { SavedLayer } from "../../canvas/saved_layer";
import type { AcceptingMask } from "../../state/editor_state";
import type { SavedMask } from "../../state/saved";
import { PlainButton } from "./button";
import type { Editor } from "./editor";
import { Icon } from "./icons";
import { drawThumbnail } from "./thumbnail";

export function MaskList({ editor, pictures }: { editor: Editor; pictures: SavedLayer }) {
  const { saved, accepting, hidden, pointedAt, draft } = editor.store.list.value;
  return (
    <aside class="masks" aria-label="Accepted masks">
      <h2 class="masks-title">
        Masks <span class="muted number">{saved.length + accepting.length}</span>
      </h2>
      {saved.length + accepting.length === 0 && (
        <p class="masks-none muted small">Accepted masks are listed here. Begin with what is most prominent.</p>
      )}
      <ul class="masks-list">
        {[...accepting].reverse().map((entry) => (
          <AcceptingRow key={entry.draft.maskId} editor={editor} entry={entry} />
        ))}
        {[...saved].reverse().map((mask, index) => (
          <MaskRow
            key={mask.id}
            editor={editor}
            pictures={pictures}
            mask={mask}
            place={saved.length - index}
            hidden={hidden.has(mask.id)}
            open={draft === mask.id}
            pointed={pointedAt === mask.id}
          />
        ))}
      </ul>
    </aside>
  );
}

interface RowProps {
  readonly editor: Editor;
  readonly pictures: SavedLayer;
  readonly mask: SavedMask;
  readonly place: number;
  readonly hidden: boolean;
  readonly open: boolean;
  readonly pointed: boolean;
}

function MaskRow({ editor, pictures, mask, place, hidden, open, pointed }: RowProps) {
  const { store } = editor;
  const pointAt = (id: string | null) => store.dispatch({ kind: "pointAt", id });
  const name = `Mask ${place}`;
  return (
    <li
      class="mask-row"
      data-hidden={hidden || undefined}
      data-open={open || undefined}
      data-pointed={pointed || undefined}
      onPointerEnter={() => pointAt(mask.id)}
      onPointerLeave={() => pointAt(null)}
      onFocusIn={() => pointAt(mask.id)}
      onFocusOut={() => pointAt(null)}
    >
      <Thumbnail editor={editor} pictures={pictures} mask={mask} />
      <span class="mask-words">
        <span class="mask-name">{name}</span>
        <span class="muted small number">{open ? "Open" : `${(mask.activeMs / 1000).toFixed(1)} s`}</span>
      </span>
      <span class="mask-acts">
        <PlainButton
          label={`${hidden ? "Show" : "Hide"} ${name}`}
          icon={hidden ? "eyeOff" : "eye"}
          look="icon"
          onPress={() => store.dispatch({ kind: "toggleMask", id: mask.id })}
        />
        <PlainButton
          label={`Reopen ${name}`}
          icon="edit"
          look="icon"
          disabled={open}
          onPress={() => editor.masks.reopen(mask)}
        />
        <PlainButton label={`Delete ${name}`} icon="trash" look="icon" onPress={() => void editor.masks.delete(mask)} />
      </span>
    </li>
  );
}

function Thumbnail({ editor, pictures, mask }: { editor: Editor; pictures: SavedLayer; mask: SavedMask }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const picture = editor.store.picture.value;
  useLayoutEffect(() => {
    if (canvas.current && picture) drawThumbnail(canvas.current, picture, mask, pictures);
  }, [picture, mask, pictures]);
  return <canvas class="mask-thumb" ref={canvas} width={88} height={88} />;
}

/** A mask that is not in the outbox yet: for a moment, or with what went wrong. */
function AcceptingRow({ editor, entry }: { editor: Editor; entry: AcceptingMask }) {
  const { maskId } = entry.draft;
  if (entry.failure === null) {
    return (
      <li class="mask-row" aria-busy="true">
        <span class="mask-thumb mask-thumb-empty" />
        <span class="mask-words muted small">Saving</span>
      </li>
    );
  }
  return (
    <li class="mask-row mask-row-failed">
      <Icon name="alert" />
      <span class="mask-words small">
        <span class="mask-name">Not saved</span>
        <span>{entry.failure}</span>
        <span class="row">
          <button type="button" class="button button-small" onClick={() => editor.masks.retry(maskId)}>
            Try again
          </button>
          <button
            type="button"
            class="button button-small button-quiet-danger"
            onClick={() => editor.masks.discard(maskId)}
          >
            Discard
          </button>
        </span>
      </span>
    </li>
  );
}
