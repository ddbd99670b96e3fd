import type { ImageOut, JobState } from "../../protocol/api";
import { confirm } from "./confirm";
import { bytes, counted, number } from "./format";
import { Icon } from "./icon";
import { type ImagesList, PAGE_SIZE } from "./images_list";
import { Empty, Loading, Problem, shown } from "./loaded";

/** The queue's states as people call them. */
const STATES: Record<JobState, { readonly name: string; readonly badge: string }> = {
  queued: { name: "Queued", badge: "badge" },
  running: { name: "Encoding", badge: "badge badge-busy" },
  done: { name: "Ready", badge: "badge badge-good" },
  failed: { name: "Failed", badge: "badge badge-danger" },
};
const ORDER: readonly JobState[] = ["queued", "running", "done", "failed"];

export function ImageGrid({ list }: { readonly list: ImagesList }) {
  const page = shown(list.page.value);
  const failure = list.page.value.step === "failed" ? list.page.value.message : "";
  if (!page) return failure ? <Problem message={failure} again={() => void list.refresh()} /> : <Loading />;
  const all = ORDER.reduce((sum, state) => sum + page.states[state], 0);
  if (all === 0) return null; // the upload panel is the empty state
  return (
    <section class="stack" aria-label="Images">
      <Filters list={list} states={page.states} all={all} />
      {failure && <Problem message={failure} again={() => void list.refresh()} />}
      {list.problem.value && <Problem message={list.problem.value} />}
      {page.items.length === 0 ? (
        <Empty icon="images" title={`No image is ${filterName(list).toLowerCase()}`}>
          <button class="button" type="button" onClick={() => void list.show("")}>
            Show all images
          </button>
        </Empty>
      ) : (
        <ul class="image-grid">
          {page.items.map((image) => (
            <Tile key={image.id} image={image} list={list} />
          ))}
        </ul>
      )}
      <Pager list={list} count={page.count} />
    </section>
  );
}

function filterName(list: ImagesList): string {
  return list.filter.value === "" ? "All" : STATES[list.filter.value].name;
}

function Filters(props: {
  readonly list: ImagesList;
  readonly states: Readonly<Record<JobState, number>>;
  readonly all: number;
}) {
  const { list, states, all } = props;
  const one = (state: JobState | "", name: string, count: number) => (
    <button
      class="segment"
      type="button"
      aria-pressed={list.filter.value === state}
      onClick={() => void list.show(state)}
    >
      {name} <span class="number">{number(count)}</span>
    </button>
  );
  return (
    <fieldset class="segments segments-start">
      <legend class="visually-hidden">Show images that are</legend>
      {one("", "All", all)}
      {ORDER.map((state) => one(state, STATES[state].name, states[state]))}
    </fieldset>
  );
}

function Tile({ image, list }: { readonly image: ImageOut; readonly list: ImagesList }) {
  const busy = list.busy.value.has(image.id);
  const state = STATES[image.state];
  const remove = async () => {
    const text = "The photo and its embedding are removed from the project. This can't be undone.";
    if (await confirm({ title: `Delete ${image.file_name}?`, text, yes: "Delete image" })) await list.remove(image);
  };
  return (
    <li class="image-tile" aria-busy={busy}>
      <a href={image.display_url} target="_blank" rel="noreferrer">
        <img src={image.thumbnail_url} alt={image.file_name} loading="lazy" decoding="async" />
      </a>
      <div class="image-tile-text">
        <span class="image-name" title={image.file_name}>
          {image.file_name}
        </span>
        <span class="small muted number">
          {image.width} × {image.height} · {bytes(image.bytes)}
        </span>
        {image.state === "failed" && <span class="image-reason">{image.reason}</span>}
        <div class="image-actions">
          <span class={state.badge}>
            {image.state === "running" && <span class="spinner" aria-hidden="true" />}
            {state.name}
          </span>
          {image.masks > 0 && <span class="badge">{counted(image.masks, "mask")}</span>}
          <span class="row-end">
            {image.state === "failed" && (
              <button
                class="button button-small"
                type="button"
                disabled={busy}
                onClick={() => void list.retry(image)}
                aria-label={`Retry ${image.file_name}`}
              >
                <Icon name="retry" />
                Retry
              </button>
            )}
            {image.masks === 0 && (
              <button
                class="button button-small button-icon button-quiet-danger"
                type="button"
                disabled={busy}
                onClick={() => void remove()}
                aria-label={`Delete ${image.file_name}`}
                title="Delete image"
              >
                <Icon name="trash" />
              </button>
            )}
          </span>
        </div>
      </div>
    </li>
  );
}

function Pager({ list, count }: { readonly list: ImagesList; readonly count: number }) {
  const offset = list.offset.value;
  if (count <= PAGE_SIZE && offset === 0) return null;
  const last = Math.min(count, offset + PAGE_SIZE);
  return (
    <nav class="pager" aria-label="Pages of images">
      <button
        class="button"
        type="button"
        disabled={offset === 0}
        onClick={() => void list.go(Math.max(0, offset - PAGE_SIZE))}
      >
        <Icon name="back" />
        Earlier
      </button>
      <span class="number" role="status">
        {number(offset + 1)}–{number(last)} of {number(count)}
      </span>
      <button class="button" type="button" disabled={last >= count} onClick={() => void list.go(offset + PAGE_SIZE)}>
        More
        <Icon name="forward" />
      </button>
    </nav>
  );
}
