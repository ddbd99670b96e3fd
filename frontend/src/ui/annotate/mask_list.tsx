// The accepted masks of the image as rows that can be looked at, hidden, opened again and deleted.

import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { PhotoLevels } from "../../canvas/photo_levels";
import type { AcceptingMask } from "../../state/editor_state";
import { inOrder, MASK_ORDERS, type MaskOrder } from "../../state/mask_order";
import type { SavedMask } from "../../state/saved";
import { ActButton, keepFocus, PlainButton } from "./button";
import { ORDER_WORDS } from "./chosen_mask";
import type { Editor } from "./editor";
import { Icon } from "./icons";
import { type Rows, scrollToRow, useRowsInSight } from "./list_window";
import { drawThumbnail } from "./thumbnail";

/** In rem, with `.mask-row`; the list shows no more of them than there is room for. */
const ROW_REM = 3.25;

export function MaskList({ editor, photo }: { editor: Editor; photo: PhotoLevels }) {
  const { saved, accepting, pointedAt } = editor.store.list.value;
  const order = editor.store.maskOrder.value;
  const listed = useMemo(() => inOrder(saved, order), [saved, order]);
  const count = saved.length + accepting.length;
  const list = useRef<HTMLUListElement>(null);
  const above = useRef<HTMLLIElement>(null);
  const rem = useMemo(() => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16, []);
  const rowHeight = ROW_REM * rem;
  const { from, to } = useRowsInSight(list, above, saved.length, rowHeight);
  useLayoutEffect(() => {
    const index = listed.findIndex(({ id }) => id === pointedAt);
    if (index < 0 || !list.current || !above.current) return;
    const { scrollTop, clientHeight: height, offsetTop } = list.current;
    const place = { above: above.current.offsetTop - offsetTop, scrollTop, height };
    const to = scrollToRow(index, rowHeight, place);
    if (to !== null) list.current.scrollTop = to;
  }, [pointedAt, listed, rowHeight]);
  return (
    <aside class="masks" aria-label="Accepted masks">
      <h2 class="masks-title">
        Masks <span class="muted number">{count}</span>
        {saved.length > 1 && <Sorting editor={editor} />}
      </h2>
      <Several editor={editor} />
      {count === 0 && (
        <p class="masks-none muted small">Accepted masks are listed here. Begin with what is most prominent.</p>
      )}
      <ul class="masks-list" ref={list}>
        {[...accepting].reverse().map((entry) => (
          <AcceptingRow key={entry.draft.maskId} editor={editor} entry={entry} />
        ))}
        <li aria-hidden="true" key="above" ref={above} style={{ height: `${from * ROW_REM}rem` }} />
        <SavedRows editor={editor} photo={photo} listed={listed} from={from} to={to} />
        <li aria-hidden="true" key="below" style={{ height: `${(saved.length - to) * ROW_REM}rem` }} />
      </ul>
    </aside>
  );
}

function Sorting({ editor }: { editor: Editor }) {
  const { maskOrder } = editor.store;
  return (
    <select
      class="masks-order"
      aria-label="Sort masks"
      title={`Sort masks (${editor.store.keys.value.shown("masks.sort")})`}
      value={maskOrder.value}
      onChange={(event) => {
        maskOrder.value = event.currentTarget.value as MaskOrder;
        editor.focusCanvas();
      }}
    >
      {MASK_ORDERS.map((order) => (
        <option key={order} value={order}>
          {ORDER_WORDS[order]}
        </option>
      ))}
    </select>
  );
}

/** What can be done with the masks that are selected. */
function Several({ editor }: { editor: Editor }) {
  const count = editor.chosen.several().length;
  if (count === 0) return null;
  return (
    <p class="masks-several small">
      <span class="number">{count} selected</span>
      <ActButton editor={editor} command="mask.delete" label="Delete selected masks" icon="trash" look="icon" />
      <PlainButton
        label="Select none"
        icon="close"
        look="icon"
        onPress={() => {
          editor.chosen.selectNone();
          editor.focusCanvas();
        }}
      />
    </p>
  );
}

function SavedRows({ editor, photo, listed, from, to }: Rows & RowsProps) {
  const { saved, hidden, pointedAt, draft } = editor.store.list.value;
  const several = editor.store.several.value;
  return (
    <>
      {listed.slice(from, to).map((mask, index) => (
        <MaskRow
          key={mask.id}
          editor={editor}
          photo={photo}
          mask={mask}
          place={saved.indexOf(mask) + 1}
          row={from + index + 1}
          hidden={hidden.has(mask.id)}
          open={draft === mask.id}
          pointed={pointedAt === mask.id}
          selected={several.has(mask.id)}
          listed={saved.length}
        />
      ))}
    </>
  );
}

interface RowsProps {
  readonly editor: Editor;
  readonly photo: PhotoLevels;
  /** From the top down. */
  readonly listed: readonly SavedMask[];
}

interface RowProps {
  readonly editor: Editor;
  readonly photo: PhotoLevels;
  readonly mask: SavedMask;
  /** In the order of making, from 1: its name. */
  readonly place: number;
  /** In the list, from 1. */
  readonly row: number;
  readonly hidden: boolean;
  readonly open: boolean;
  readonly pointed: boolean;
  readonly selected: boolean;
  /** How many masks there are, those without a row included. */
  readonly listed: number;
}

function MaskRow({ editor, photo, mask, place, row, hidden, open, pointed, selected, listed }: RowProps) {
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
      data-selected={selected || undefined}
      aria-posinset={row}
      aria-setsize={listed}
      onMouseDown={(event) => selectBy(event, editor, mask.id)}
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
        onClick={(event) => !selects(event) && editor.chosen.zoomTo(mask)}
      >
        <Thumbnail editor={editor} photo={photo} mask={mask} />
      </button>
      <span class="mask-words">
        <span class="mask-name">
          {name}
          {selected && <span class="visually-hidden">, selected</span>}
        </span>
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

/** Ctrl takes a row to those selected, Shift all up to it. */
function selectBy(event: MouseEvent, editor: Editor, id: string): void {
  if (event.button !== 0 || !selects(event)) return;
  event.preventDefault(); // the browser would select text
  editor.chosen.select(id, event.shiftKey);
}

function selects({ ctrlKey, metaKey, shiftKey }: MouseEvent): boolean {
  return ctrlKey || metaKey || shiftKey;
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
