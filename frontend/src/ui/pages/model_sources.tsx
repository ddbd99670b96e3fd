import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { ModelsOut, OfficialModelOut } from "../../protocol/api";
import type { CheckpointUpload } from "./checkpoint_upload";
import { bytes } from "./format";
import { Icon } from "./icon";
import { pace } from "./model_import_row";
import { importOf, type ModelsList } from "./models_list";

export function OfficialModels({ list, models }: { readonly list: ModelsList; readonly models: ModelsOut }) {
  const url = useSignal("");
  return (
    <section class="card stack" aria-labelledby="official-title">
      <div>
        <h2 id="official-title">Published models</h2>
        <p class="muted small">
          Fetched by the server, compared with the published SHA-256, tried out, then listed above. A download that
          breaks off goes on where it stopped. {bytes(models.free_bytes)} of the server's disk are free.
        </p>
      </div>
      <ul class="model-sources">
        {models.official.map((one) => (
          <Official key={one.name} one={one} list={list} models={models} url={url.value} />
        ))}
      </ul>
      <details class="formula">
        <summary>Download from another address</summary>
        <div class="field model-address">
          <label for="model-url">Address of the same file</label>
          <div class="field-help" id="model-url-help">
            For servers without a way to the publisher's. Used by the buttons above; the bytes must be the published
            ones.
          </div>
          <input
            class="input"
            id="model-url"
            type="url"
            inputMode="url"
            placeholder="https://…"
            maxLength={2000}
            aria-describedby="model-url-help"
            value={url.value}
            onInput={(event) => {
              url.value = event.currentTarget.value;
            }}
          />
        </div>
      </details>
    </section>
  );
}

interface OfficialProps {
  readonly one: OfficialModelOut;
  readonly list: ModelsList;
  readonly models: ModelsOut;
  readonly url: string;
}

function Official({ one, list, models, url }: OfficialProps) {
  const underWay = importOf(one, models.imports) !== undefined;
  const words = underWay ? "Under way" : "Download";
  const isTight = one.needed_bytes > models.free_bytes;
  return (
    <li class="model-source">
      <div class="model-source-text">
        <strong>{one.title}</strong> <code class="small">{one.name}</code>
        <div class="muted small">
          {one.exact ? "" : "about "}
          {bytes(one.bytes)} · {one.publisher} · {one.licence}
        </div>
        {!one.version && (
          <div class={isTight ? "image-reason" : "muted small"}>
            Takes {bytes(one.needed_bytes)} of disk while it is imported
            {isTight && `, and ${bytes(models.free_bytes)} are free. Make room first.`}
          </div>
        )}
      </div>
      {one.version ? (
        <span class="badge badge-good">Registered</span>
      ) : (
        <button
          class="button"
          type="button"
          disabled={underWay || isTight || list.busy.value === `download ${one.name}`}
          aria-label={`${words} ${one.title}`}
          onClick={() => void list.download(one.name, url.trim())}
        >
          <Icon name="download" />
          {words}
        </button>
      )}
    </li>
  );
}

interface ImportProps {
  readonly list: ModelsList;
  readonly upload: CheckpointUpload;
  readonly freeBytes: number;
}

export function ImportFile({ list, upload, freeBytes }: ImportProps) {
  const name = useSignal("");
  const over = useSignal(false);
  const picker = useRef<HTMLInputElement>(null);
  const send = async (file: File | undefined) => {
    if (file && (await upload.start(file, name.value.trim()))) {
      name.value = "";
      await list.refresh();
    }
  };
  const state = upload.state.value;
  return (
    <section class="card stack" aria-labelledby="import-title">
      <div>
        <h2 id="import-title">Import a file</h2>
        <p class="muted small">
          A checkpoint with the keys of a published model (.pth, .pt, .safetensors), or one that was trained here. It is
          read as tensors only, in a process with limits. While it is imported it takes three times its size of the{" "}
          {bytes(freeBytes)} that are free.
        </p>
      </div>
      <div class="field model-name">
        <label for="model-name">
          Name <span class="muted small">(optional)</span>
        </label>
        <div class="field-help" id="model-name-help">
          Letters, digits, dots and dashes. Left empty: that of the model it is like.
        </div>
        <input
          class="input"
          id="model-name"
          type="text"
          maxLength={60}
          autocomplete="off"
          aria-describedby="model-name-help"
          disabled={upload.isSending}
          value={name.value}
          onInput={(event) => {
            name.value = event.currentTarget.value;
          }}
        />
      </div>
      {state.step === "sending" ? (
        <Sending upload={upload} />
      ) : (
        // biome-ignore lint/a11y/noStaticElementInteractions: dropping is the mouse's way; the button beside it is everyone's
        <div
          class={`drop-zone${over.value ? " drop-zone-over" : ""}`}
          onDragOver={(event) => {
            event.preventDefault();
            over.value = true;
          }}
          onDragLeave={(event) => {
            if (!event.currentTarget.contains(event.relatedTarget as Node | null)) over.value = false;
          }}
          onDrop={(event) => {
            event.preventDefault();
            over.value = false;
            void send(event.dataTransfer?.files[0]);
          }}
        >
          <Icon name="upload" />
          <div class="drop-zone-text">
            <h3 class="drop-zone-title">Drop a checkpoint here</h3>
            <p class="muted small">A line that breaks costs little: the same file goes on where it stopped.</p>
          </div>
          <input
            ref={picker}
            type="file"
            accept=".pth,.pt,.bin,.ckpt,.safetensors"
            class="visually-hidden"
            tabIndex={-1}
            aria-label="Checkpoint to import"
            onChange={() => {
              const file = picker.current?.files?.[0];
              void send(file);
              if (picker.current) picker.current.value = ""; // so that the same file can be picked again
            }}
          />
          <button class="button" type="button" onClick={() => picker.current?.click()}>
            Choose a file
          </button>
        </div>
      )}
      {state.step === "failed" && (
        <div class="notice notice-danger" role="alert">
          <Icon name="alert" />
          <div class="notice-body">
            {state.file.name}: {state.message}
          </div>
          <button class="button button-small" type="button" onClick={() => void send(state.file)}>
            Send again
          </button>
          <button class="button button-small button-quiet" type="button" onClick={() => upload.cancel()}>
            Drop it
          </button>
        </div>
      )}
    </section>
  );
}

function Sending({ upload }: { readonly upload: CheckpointUpload }) {
  const state = upload.state.value;
  if (state.step !== "sending") return null;
  const { file, sent, bytesPerSecond } = state;
  const speed = pace({ bytes_done: sent, bytes_total: file.size, bytes_per_second: bytesPerSecond });
  return (
    <div class="model-sending">
      <div class="row">
        <span>
          {file.name}{" "}
          <span class="small muted number">
            {bytes(sent)} of {bytes(file.size)} sent{speed && `, ${speed}`}
          </span>
        </span>
        <button
          class="button button-small row-end"
          type="button"
          aria-label={`Cancel sending ${file.name}`}
          onClick={() => upload.cancel()}
        >
          Cancel
        </button>
      </div>
      <progress max={file.size} value={sent} aria-label={`${file.name} sent`} />
    </div>
  );
}
