import type { ExportOut } from "../../protocol/api";
import { type ExportsList, isOpen } from "./exports_list";
import { bytes, moment, number } from "./format";
import { Icon } from "./icon";
import { Empty, Loading, Problem, shown } from "./loaded";

export function ExportsView({ list }: { readonly list: ExportsList }) {
  const exports = shown(list.exports.value);
  const failure = list.exports.value.step === "failed" ? list.exports.value.message : "";
  return (
    <div class="stack">
      <div class="row row-start">
        <p class="muted explanation">
          A zip with the project's masks as they are now: one COCO file, one SA-1B file per image, and a PNG per mask.
          Masks are at the full resolution of the upright photo.
        </p>
        <NewExport list={list} />
      </div>
      {list.problem.value && <Problem message={list.problem.value} />}
      {failure && <Problem message={failure} again={() => void list.refresh()} />}
      {!exports && !failure && <Loading />}
      {exports?.length === 0 && (
        <Empty icon="archive" title="No exports yet">
          <p>Export whenever you like: each export is a copy of the masks at that moment and stays here.</p>
        </Empty>
      )}
      {exports && exports.length > 0 && <History exports={exports} />}
    </div>
  );
}

function NewExport({ list }: { readonly list: ExportsList }) {
  return (
    <button
      class="button button-primary row-end"
      type="button"
      disabled={list.creating.value}
      onClick={() => void list.create()}
    >
      <Icon name="archive" />
      Export masks
    </button>
  );
}

function History({ exports }: { readonly exports: readonly ExportOut[] }) {
  return (
    <div class="table-wrap">
      <table class="table">
        <caption class="visually-hidden">Exports, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Asked for</th>
            <th scope="col">State</th>
            <th scope="col" class="cell-number cell-wide">
              Images
            </th>
            <th scope="col" class="cell-number cell-wide">
              Masks
            </th>
            <th scope="col" class="cell-number cell-wide">
              Size
            </th>
            <th scope="col">
              <span class="visually-hidden">Download</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {exports.map((one) => (
            <Row key={one.id} one={one} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ one }: { readonly one: ExportOut }) {
  const done = one.state === "done";
  return (
    <tr>
      <th scope="row" class="cell-lead">
        {moment(one.created_at)}
        <div class="cell-note">by {one.requested_by}</div>
      </th>
      <td>
        <State one={one} />
      </td>
      <td class="cell-number cell-wide">{done ? number(one.images) : "–"}</td>
      <td class="cell-number cell-wide">{done ? number(one.masks) : "–"}</td>
      <td class="cell-number cell-wide">{done ? bytes(one.bytes) : "–"}</td>
      <td class="cell-actions">
        {one.url && (
          <a
            class="button button-small"
            href={one.url}
            download
            aria-label={`Download the export of ${moment(one.created_at)}`}
          >
            <Icon name="download" />
            <span class="wide-only">Download</span>
          </a>
        )}
      </td>
    </tr>
  );
}

function State({ one }: { readonly one: ExportOut }) {
  if (isOpen(one)) {
    const share = Math.round(one.progress * 100);
    return (
      <span class="export-progress">
        <span class="small muted number">{one.state === "queued" ? "Queued" : `Writing, ${share} %`}</span>
        {one.state === "running" && <progress max={1} value={one.progress} aria-label="Export progress" />}
      </span>
    );
  }
  if (one.state === "failed") {
    return (
      <span class="export-progress">
        <span>
          <span class="badge badge-danger">Failed</span>
        </span>
        <span class="image-reason">{one.reason} Export again.</span>
      </span>
    );
  }
  return <span class="badge badge-good">Ready</span>;
}
