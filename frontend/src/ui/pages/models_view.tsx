import type { ModelsOut, ModelVersionOut } from "../../protocol/api";
import type { CheckpointUpload } from "./checkpoint_upload";
import { confirm } from "./confirm";
import { bytes, moment, number } from "./format";
import { Icon } from "./icon";
import { Empty, Loading, Problem, shown } from "./loaded";
import { ImportRow } from "./model_import_row";
import { ImportFile, OfficialModels } from "./model_sources";
import { consequence, type ModelsList } from "./models_list";

export function ModelsView({ list, upload }: { readonly list: ModelsList; readonly upload: CheckpointUpload }) {
  const models = shown(list.models.value);
  const failure = list.models.value.step === "failed" ? list.models.value.message : "";
  return (
    <div class="stack-wide">
      {list.problem.value && <Problem message={list.problem.value} />}
      {failure && <Problem message={failure} again={() => void list.refresh()} />}
      <div role="status" class="news">
        {list.news.value && (
          <div class="notice notice-good">
            <Icon name="check" />
            <div class="notice-body">{list.news.value}</div>
          </div>
        )}
      </div>
      {!models && !failure && <Loading />}
      {models && (
        <>
          <Registered list={list} models={models} />
          <OfficialModels list={list} models={models} />
          <ImportFile list={list} upload={upload} freeBytes={models.free_bytes} />
        </>
      )}
    </div>
  );
}

function Registered({ list, models }: { readonly list: ModelsList; readonly models: ModelsOut }) {
  const imports = models.imports.filter((one) => one.state !== "done");
  if (models.versions.length === 0 && imports.length === 0) {
    return (
      <Empty icon="archive" title="No models yet">
        <p>
          Photos wait until there is one. Download a published model or import a file below; the built-in model comes
          back with the next start of the product.
        </p>
      </Empty>
    );
  }
  return (
    <section class="stack" aria-labelledby="registered-title">
      <h2 id="registered-title">Versions</h2>
      {!models.versions.some((one) => one.state === "active") && (
        <div class="notice notice-warning">
          <Icon name="alert" />
          <div class="notice-body">No model is active, so photos wait in the queue. Activate one.</div>
        </div>
      )}
      <div class="table-wrap">
        <table class="table">
          <caption class="visually-hidden">Model versions and imports, newest first</caption>
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col" class="cell-wide">
                Source
              </th>
              <th scope="col" class="cell-number cell-wide">
                Size
              </th>
              <th scope="col" class="cell-number cell-wide">
                Images
              </th>
              <th scope="col">State</th>
              <th scope="col">
                <span class="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {imports.map((one) => (
              <ImportRow key={`import ${one.id}`} one={one} list={list} official={models.official} />
            ))}
            {models.versions.map((one) => (
              <VersionRow key={one.id} one={one} list={list} images={models.images} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface VersionProps {
  readonly one: ModelVersionOut;
  readonly list: ModelsList;
  readonly images: number;
}

function VersionRow({ one, list, images }: VersionProps) {
  return (
    <tr>
      <th scope="row" class="cell-lead">
        {one.name}
        <div class="cell-note">
          <code>{shortVersion(one)}</code>
          {one.preset && one.preset !== one.name && <> · like {one.preset}</>}
        </div>
      </th>
      <td class="cell-wide">
        <SourceOf one={one} />
      </td>
      <td class="cell-number cell-wide">{one.bytes === null ? "–" : bytes(one.bytes)}</td>
      <td class="cell-number cell-wide">
        {number(one.images_encoded)} encoded
        {one.images_waiting > 0 && <div class="cell-note">{number(one.images_waiting)} waiting</div>}
        {one.images_failed > 0 && <div class="cell-note">{number(one.images_failed)} failed</div>}
      </td>
      <td>
        <StateOf one={one} />
      </td>
      <td class="cell-actions">
        {one.state !== "active" && one.complete && (
          <button
            class="button button-small"
            type="button"
            disabled={list.busy.value === `activate ${one.id}`}
            aria-label={`Activate ${one.version}`}
            onClick={() => void activate(one, list, images)}
          >
            Activate
          </button>
        )}
      </td>
    </tr>
  );
}

async function activate(one: ModelVersionOut, list: ModelsList, images: number): Promise<void> {
  const question = {
    title: `Activate ${one.version}?`,
    text: consequence(one, images),
    yes: "Activate",
    harmless: true,
  };
  if (await confirm(question)) await list.activate(one);
}

function SourceOf({ one }: { readonly one: ModelVersionOut }) {
  const by = one.registered_by ? ` by ${one.registered_by}` : one.source_kind === "builtin" ? "" : " by a command";
  return (
    <>
      {one.source_kind === "builtin" ? "Built in" : one.source_name || "Not written down"}
      <div class="cell-note">
        {one.source_kind === "official" ? "Downloaded" : one.source_kind === "file" ? "Imported" : "Registered"}
        {by}, {moment(one.created_at)}
      </div>
      <details class="cell-note">
        <summary>SHA-256</summary>
        <dl class="hashes">
          <dt>Source{one.published && ", as it was published"}</dt>
          <dd>
            <code>{one.source_sha256 || "not written down"}</code>
          </dd>
          <dt>Checkpoint as it is stored</dt>
          <dd>
            <code>{one.checkpoint_sha256}</code>
          </dd>
        </dl>
      </details>
    </>
  );
}

function StateOf({ one }: { readonly one: ModelVersionOut }) {
  if (!one.complete) {
    return (
      <>
        <span class="badge badge-danger">Files missing</span>
        <div class="image-reason">Import its checkpoint again.</div>
      </>
    );
  }
  if (one.state === "active") {
    return (
      <>
        <span class="badge badge-good">Active</span>
        {one.activated_at && <div class="cell-note nowrap">since {moment(one.activated_at)}</div>}
      </>
    );
  }
  return <span class="badge">Ready</span>;
}

/** What tells two versions of one name apart. */
function shortVersion(one: ModelVersionOut): string {
  return one.version.startsWith(`${one.name}-`) ? one.version.slice(one.name.length + 1) : one.version;
}
