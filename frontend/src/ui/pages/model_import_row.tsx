import type { ImportStep, ModelImportOut, OfficialModelOut } from "../../protocol/api";
import { bytes, duration, moment } from "./format";
import { Icon } from "./icon";
import { isOpen, type ModelsList } from "./models_list";

const STEPS: Readonly<Record<ImportStep, string>> = {
  fetching: "Fetching",
  checking: "Computing its SHA-256",
  reading: "Reading its tensors",
  exporting: "Exporting the decoder",
  verifying: "Comparing the export with the model",
  registering: "Registering",
};

interface Props {
  readonly one: ModelImportOut;
  readonly list: ModelsList;
  readonly official: readonly OfficialModelOut[];
}

export function ImportRow({ one, list, official }: Props) {
  const model = one.kind === "official" ? official.find((other) => other.name === one.source) : undefined;
  const title = one.name || model?.title || (one.kind === "official" ? one.source : one.file_name);
  return (
    <tr>
      <th scope="row" class="cell-lead">
        {title}
        {title !== one.file_name && <div class="cell-note">{one.file_name}</div>}
      </th>
      <td class="cell-wide">
        {one.kind === "official" ? "Download" : "Uploaded file"}
        <div class="cell-note">
          by {one.requested_by}, {moment(one.created_at)}
        </div>
        {one.url && <div class="cell-note">from {one.url}</div>}
      </td>
      <td class="cell-number cell-wide">{one.bytes_total === null ? "–" : bytes(one.bytes_total)}</td>
      <td class="cell-number cell-wide">–</td>
      <td>{isOpen(one) ? <Progress one={one} title={title} /> : <Ended one={one} />}</td>
      <td class="cell-actions">
        <Actions one={one} list={list} title={title} />
      </td>
    </tr>
  );
}

function Progress({ one, title }: { readonly one: ModelImportOut; readonly title: string }) {
  const label = `Progress of ${title}`;
  if (one.step === "") {
    return <span class="small muted">Waiting for the worker</span>;
  }
  if (one.step !== "fetching") {
    return (
      <span class="export-progress">
        <span class="small muted">{STEPS[one.step]}</span>
        <progress aria-label={label} />
      </span>
    );
  }
  const total = one.bytes_total;
  return (
    <span class="export-progress">
      <span class="small muted number">
        {STEPS.fetching} {bytes(one.bytes_done)}
        {total !== null && ` of ${bytes(total)}`}
      </span>
      {total === null ? (
        <progress aria-label={label} />
      ) : (
        <progress max={total} value={one.bytes_done} aria-label={label} />
      )}
      <span class="small muted number">{pace(one)}</span>
    </span>
  );
}

/** "12 MB/s, 40 s left", as far as it is known. */
export function pace(one: Pick<ModelImportOut, "bytes_done" | "bytes_total" | "bytes_per_second">): string {
  const speed = one.bytes_per_second;
  if (!speed || speed < 1) return "";
  const left = one.bytes_total === null ? "" : `, ${duration((one.bytes_total - one.bytes_done) / speed)} left`;
  return `${bytes(Math.round(speed))}/s${left}`;
}

function Ended({ one }: { readonly one: ModelImportOut }) {
  return (
    <span class="export-progress">
      <span>
        {one.cancelled ? <span class="badge">Cancelled</span> : <span class="badge badge-danger">Failed</span>}
      </span>
      <span class={one.cancelled ? "small muted" : "image-reason"}>{one.reason}</span>
    </span>
  );
}

function Actions({
  one,
  list,
  title,
}: {
  readonly one: ModelImportOut;
  readonly list: ModelsList;
  readonly title: string;
}) {
  const busy = list.busy.value === `import ${one.id}`;
  if (isOpen(one)) {
    return (
      <button
        class="button button-small"
        type="button"
        disabled={busy}
        aria-label={`Cancel ${title}`}
        onClick={() => void list.cancel(one)}
      >
        Cancel
      </button>
    );
  }
  return (
    <span class="row">
      <button
        class="button button-small"
        type="button"
        disabled={busy}
        aria-label={`Retry ${title}`}
        onClick={() => void list.retry(one)}
      >
        <Icon name="retry" />
        Retry
      </button>
      <button
        class="button button-small button-icon button-quiet-danger"
        type="button"
        disabled={busy}
        aria-label={`Remove ${title}`}
        title="Remove, with what it left on the disk"
        onClick={() => void list.remove(one)}
      >
        <Icon name="trash" />
      </button>
    </span>
  );
}
