import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { droppedFiles } from "./dropped_files";
import { bytes, counted, number } from "./format";
import { Icon } from "./icon";
import { hasProblem, isOpen, type Upload, type UploadQueue, type UploadState } from "./upload_queue";

/** So many waiting files get a line; the rest is a number. */
const WAITING_SHOWN = 10;

export function UploadPanel({ queue, empty }: { readonly queue: UploadQueue; readonly empty: boolean }) {
  return (
    <section class="stack" aria-label="Upload">
      <DropZone queue={queue} empty={empty && queue.uploads.value.length === 0} />
      {queue.uploads.value.length > 0 && <Progress queue={queue} />}
    </section>
  );
}

function DropZone({ queue, empty }: { readonly queue: UploadQueue; readonly empty: boolean }) {
  const over = useSignal(false);
  const picker = useRef<HTMLInputElement>(null);
  const drop = async (event: DragEvent) => {
    event.preventDefault();
    over.value = false;
    if (event.dataTransfer) queue.add(await droppedFiles(event.dataTransfer));
  };
  const picked = () => {
    queue.add(picker.current?.files ?? []);
    if (picker.current) picker.current.value = ""; // so that the same file can be picked again
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is the mouse's way; the button beside it is everyone's
    <div
      class={`drop-zone${empty ? " drop-zone-empty" : ""}${over.value ? " drop-zone-over" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) over.value = false;
      }}
      onDrop={drop}
    >
      <Icon name="upload" />
      <div class="drop-zone-text">
        <h2 class="drop-zone-title">{empty ? "Upload the first photos" : "Drop photos, folders or a zip here"}</h2>
        <p class="muted small">
          {empty && "Drop photos, folders or a zip here, or choose them. "}
          JPEG, PNG, WebP, AVIF, TIFF, BMP or GIF. Each is encoded once, then it is ready to annotate.
        </p>
      </div>
      <input
        ref={picker}
        type="file"
        multiple
        accept="image/jpeg,image/png,image/webp,image/avif,image/tiff,image/bmp,image/gif,.zip,application/zip"
        class="visually-hidden"
        tabIndex={-1}
        aria-label="Photos or a zip to upload"
        onChange={picked}
      />
      <button class={`button${empty ? " button-primary" : ""}`} type="button" onClick={() => picker.current?.click()}>
        Choose files
      </button>
    </div>
  );
}

function Progress({ queue }: { readonly queue: UploadQueue }) {
  const totals = queue.totals();
  const uploads = queue.uploads.value;
  const problems = uploads.filter(({ state: { value } }) => hasProblem(value) || value.step === "cancelled");
  const moving = uploads.filter(({ state: { value } }) => value.step === "sending" || value.step === "checking");
  const waiting = uploads.filter(({ state: { value } }) => value.step === "waiting");
  const rows = [...problems, ...moving, ...waiting.slice(0, WAITING_SHOWN)];
  return (
    <div class="stack">
      <div class="row">
        <p role="status" class="upload-summary">
          {totals.open > 0 && <span class="spinner" aria-hidden="true" />}
          <span>{summary(totals)}</span>
        </p>
        <span class="row row-end">
          {totals.open > 0 && (
            <button class="button button-small" type="button" onClick={() => queue.cancelAll()}>
              Cancel all
            </button>
          )}
          {totals.open < totals.files && (
            <button class="button button-small button-quiet" type="button" onClick={() => queue.clear(false)}>
              Clear the list
            </button>
          )}
        </span>
      </div>
      {totals.open > 0 && (
        <progress max={totals.files} value={totals.files - totals.open} aria-label="Files uploaded" />
      )}
      {rows.length > 0 && (
        <ul class="upload-list" aria-label="Uploads">
          {rows.map((upload) => (
            <Row key={upload.id} upload={upload} queue={queue} />
          ))}
          {waiting.length > WAITING_SHOWN && (
            <li class="upload muted">and {number(waiting.length - WAITING_SHOWN)} more waiting</li>
          )}
        </ul>
      )}
    </div>
  );
}

function summary(totals: ReturnType<UploadQueue["totals"]>): string {
  const parts = [
    totals.open > 0 ? `Uploading: ${number(totals.files - totals.open)} of ${counted(totals.files, "file")} sent` : "",
    totals.accepted > 0 ? `${counted(totals.accepted, "photo")} added` : "",
    totals.refused > 0 ? `${counted(totals.refused, "photo")} refused` : "",
    totals.failed > 0 ? `${counted(totals.failed, "file")} failed` : "",
  ];
  return parts.filter((part) => part !== "").join(" · ") || "Nothing uploaded";
}

function Row({ upload, queue }: { readonly upload: Upload; readonly queue: UploadQueue }) {
  const state = upload.state.value;
  const canRetry = state.step === "failed" || state.step === "cancelled";
  return (
    <li class="upload">
      <span class="upload-name" title={upload.file.name}>
        {upload.file.name} <span class="muted small number">{bytes(upload.file.size)}</span>
      </span>
      <span class="small muted number">{told(state)}</span>
      {isOpen(state) ? (
        <button
          class="button button-small button-icon button-quiet"
          type="button"
          onClick={() => queue.cancel(upload)}
          aria-label={`Cancel ${upload.file.name}`}
          title="Cancel"
        >
          <Icon name="close" />
        </button>
      ) : (
        canRetry && (
          <button
            class="button button-small"
            type="button"
            onClick={() => queue.retry(upload)}
            aria-label={`Send again ${upload.file.name}`}
          >
            <Icon name="retry" />
            Send again
          </button>
        )
      )}
      {state.step === "sending" && <progress max={1} value={state.sent} aria-label={`${upload.file.name} sent`} />}
      {state.step === "checking" && <progress aria-label={`${upload.file.name} is being checked`} />}
      <Reasons state={state} name={upload.file.name} />
    </li>
  );
}

function told(state: UploadState): string {
  switch (state.step) {
    case "waiting":
      return "Waiting";
    case "sending":
      return `${Math.floor(state.sent * 100)} %`;
    case "checking":
      return "Checking";
    case "done":
      return [
        state.accepted > 0 ? `${number(state.accepted)} added` : "",
        state.refused.length > 0 ? `${number(state.refused.length)} refused` : "",
      ]
        .filter((part) => part !== "")
        .join(", ");
    case "failed":
      return "Failed";
    case "cancelled":
      return "Cancelled";
  }
}

/** Why: each refused photo of a zip by its name, a single photo without it. */
function Reasons({ state, name }: { readonly state: UploadState; readonly name: string }) {
  const reasons =
    state.step === "failed"
      ? [state.message]
      : state.step === "done"
        ? state.refused.map((file) => (file.file_name === name ? file.reason : `${file.file_name}: ${file.reason}`))
        : [];
  if (reasons.length === 0) return null;
  return (
    <ul class="upload-reasons">
      {reasons.map((reason) => (
        <li key={reason}>{reason}</li>
      ))}
    </ul>
  );
}
