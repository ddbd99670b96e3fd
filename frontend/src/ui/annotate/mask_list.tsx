// The accepted masks of the image, newest first, as rows that can be looked at, hidden, opened again and deleted.

import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { PhotoLevels } from "../../canvas/photo_levels";
import type { AcceptingMask } from "../../state/editor_state";
import type { SavedMask } from "../../state/saved";
import { keepFocus, PlainButton } from "./button";
import type { Editor } from "./editor";
import { Icon } from "./icons";
import { type Rows, scrollToRow, useRowsInSight } from "./list_window";
import { drawThumbnail } from "./thumbnail";

/** In rem, with `.mask-row`; the list shows no more of them than there is room for. */
const ROW_REM = 3.25;

export function MaskList({ editor, photo }: { editor: Editor; photo: PhotoLevels }) {
  const { saved, accepting, pointedAt } = editor.store.list.value;
  const count = saved.length + accepting.length;
  const list = useRef<HTMLUListElement>(null);
  const above = useRef<HTMLLIElement>(null);
  const rem = useMemo(() => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16, []);
  const rowHeight = ROW_REM * rem;
  const { from, to } = useRowsInSight(list, above, saved.length, rowHeight);
  useLayoutEffect(() => {
    const index = saved.findIndex(({ id }) => id === pointedAt);
    if (index < 0 || !list.current || !above.current) return;
    const { scrollTop, clientHeight: height, offsetTop } = list.current;
    const place = { above: above.current.offsetTop - offsetTop, scrollTop, height };
    const to = scrollToRow(saved.length - 1 - index, rowHeight, place);
    if (to !== null) list.current.scrollTop = to;
  }, [pointedAt, saved, rowHeight]);
  return (
    <aside class="masks" aria-label="Accepted masks">
      <h2 class="masks-title">
        Masks <span class="muted number">{count}</span>
      </h2>
      {count === 0 && (
        <p class="masks-none muted small">Accepted masks are listed here. Begin with what is most prominent.</p>
      )}
      <ul class="masks-list" ref={list}>
        {[...accepting].reverse().map((entry) => (
          <AcceptingRow key={entry.draft.maskId} editor={editor} entry={entry} />
        ))}
        <li aria-hidden="true" key="above" ref={above} style={{ height: `${from * ROW_REM}rem` }} />
        <SavedRows editor={editor} photo={photo} from={from} to={to} />
        <li aria-hidden="true" key="below" style={{ height: `${(saved.length - to) * ROW_REM}rem` }} />
      </ul>
    </aside>
  );
}

/** The newest first. */
function SavedRows({ editor, photo, from, to }: { editor: Editor; photo: PhotoLevels } & Rows) {
  const { saved, hidden, pointedAt, draft } = editor.store.list.value;
  const rows = saved.slice(Math.max(0, saved.length - to), Math.max(0, saved.length - from)).reverse();
  return (
    <>
      {rows.map((mask, index) => (
        <MaskRow
          key={mask.id}
          editor={editor}
          photo={photo}
          mask={mask}
          place={saved.length - from - index}
          hidden={hidden.has(mask.id)}
          open={draft === mask.id}
          pointed={pointedAt === mask.id}
          listed={saved.length}
        />
      ))}
    </>
  );
}

interface RowProps {
  readonly editor: Editor;
  readonly photo: PhotoLevels;
  readonly mask: SavedMask;
  readonly place: number;
  readonly hidden: boolean;
  readonly open: boolean;
  readonly pointed: boolean;
  /** How many masks there are, those without a row included. */
  readonly listed: number;
}

function MaskRow({ editor, photo, mask, place, hidden, open, pointed, listed }: RowProps) {
  const { store } = editor;
  const pointAt = (id: string | null) => store.dispatch({ kind: "pointAt", id });
  const name = `Mask ${place}`;
  const keys = store.keys.value;
  return (
    <li
      class="mask-row"
      data-hidden={hidden || undefined}
      data-open={open || undefined}
      data-pointed={pointed || undefined}
      aria-posinset={listed - place + 1}
      aria-setsize={listed}
      onPointerEnter={() => pointAt(mask.id)}
      onPointerLeave={() => pointAt(null)}
      onFocusIn={() => pointAt(mask.id)}
      onFocusOut={() => pointAt(null)}
    >
      <button
        type="button"
        class="mask-zoom"
        aria-label={`Zoom to ${name}`}
        title={`Zoom to ${name} (${keys.shown("mask.zoom")})`}
        onMouseDown={keepFocus}
        onClick={() => editor.chosen.zoomTo(mask)}
      >
        <Thumbnail editor={editor} photo={photo} mask={mask} />
      </button>
      <span class="mask-words">
        <span class="mask-name">{name}</span>
        <span class="muted small number">{open ? "Open" : `${(mask.activeMs / 1000).toFixed(1)} s`}</span>
      </span>
      <span class="mask-acts">
        <PlainButton
          label={`${hidden ? "Show" : "Hide"} ${name}`}
          icon={hidden ? "eyeOff" : "eye"}
          look="icon"
          shortcut={keys.shown("mask.toggle")}
          onPress={() => store.dispatch({ kind: "toggleMask", id: mask.id })}
        />
        <PlainButton
          label={`Reopen ${name}`}
          shortcut={keys.shown("mask.reopen")}
          icon="edit"
          look="icon"
          disabled={open}
          onPress={() => editor.masks.reopen(mask)}
        />
        <PlainButton
          label={`Delete ${name}`}
          shortcut={keys.shown("mask.delete")}
          icon="trash"
          look="icon"
          onPress={() => void editor.masks.delete(mask)}
        />
      </span>
    </li>
  );
}

function Thumbnail({ editor, photo, mask }: { editor: Editor; photo: PhotoLevels; mask: SavedMask }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const picture = editor.store.picture.value;
  useLayoutEffect(() => {
    if (canvas.current && picture) drawThumbnail(canvas.current, picture, photo, mask);
  }, [picture, photo, mask]);
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
