import { render } from "preact";
import { newUuid } from "../../session/events";
import { Http } from "../../session/http";
import { CheckpointUpload, type UploadLimits } from "./checkpoint_upload";
import { ModelsList } from "./models_list";
import { ModelsView } from "./models_view";
import { pageData } from "./page_data";

/** A part on a slow line: 8 MB in five minutes. */
const PART_TIMEOUT_MS = 300_000;

export function mount(root: HTMLElement): void {
  const limits = pageData<UploadLimits>();
  const http = new Http();
  const list = new ModelsList({
    list: () => http.models(),
    activate: (id) => http.activateModel(id),
    download: (model, url) => http.downloadModel({ model, url }),
    cancel: (id) => http.cancelModelImport(id),
    retry: (id) => http.retryModelImport(id),
    remove: (id) => http.removeModelImport(id),
  });
  const upload = new CheckpointUpload(
    {
      received: (id) => http.uploadedModel(id),
      send: (id, part, place, signal) => http.uploadModelPart(id, part, place, { signal, timeoutMs: PART_TIMEOUT_MS }),
      begin: (file) => http.importModel(file),
      drop: (id) => http.removeModelUpload(id),
    },
    limits,
    localStorage,
    newUuid,
  );
  addEventListener("beforeunload", (event) => {
    if (upload.isSending) event.preventDefault();
  });
  render(<ModelsView list={list} upload={upload} />, root);
  void keepAsking(list);
}

/** For as long as the page lives; nobody looks at a hidden one. */
async function keepAsking(list: ModelsList): Promise<void> {
  for (;;) {
    if (!document.hidden) await list.refresh();
    await sleepOrWake(list.paceMs());
  }
}

function sleepOrWake(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    document.addEventListener("visibilitychange", wake);
  });
}
