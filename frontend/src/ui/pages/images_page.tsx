import { effect } from "@preact/signals";
import { render } from "preact";
import { Http } from "../../session/http";
import { HintSocket, socketUrl } from "../../session/socket";
import { ImageGrid } from "./image_grid";
import { ImagesList } from "./images_list";
import { shown } from "./loaded";
import { type ProjectRef, pageData } from "./page_data";
import { trailing } from "./trailing";
import { UploadPanel } from "./upload_panel";
import { UploadQueue } from "./upload_queue";

interface Data {
  readonly project: ProjectRef;
  readonly max_upload_bytes: number;
}

const REFRESH_EVERY_MS = 1000;

export function mount(root: HTMLElement): void {
  const { project, max_upload_bytes } = pageData<Data>();
  const http = new Http();
  const list = new ImagesList({
    list: (query) => http.images(project.id, query),
    retry: (imageId) => http.retryImage(imageId),
    remove: (imageId) => http.removeImage(imageId),
  });
  const queue = new UploadQueue(
    (file, onProgress, signal) => http.uploadImages(project.id, file, { onProgress, signal }),
    max_upload_bytes,
  );
  const refresh = trailing(() => void list.refresh(), REFRESH_EVERY_MS);
  followHints(project.id, http, refresh);
  // The list is right even while the socket is down: what has been uploaded is fetched.
  let accepted = 0;
  effect(() => {
    const now = queue.totals().accepted;
    if (now > accepted) refresh();
    accepted = now;
  });
  addEventListener("beforeunload", (event) => {
    if (queue.totals().open > 0) event.preventDefault(); // "leave the page?": files not yet sent would be lost
  });
  render(<ImagesPage list={list} queue={queue} />, root);
  void list.refresh();
}

function followHints(projectId: number, http: Http, refresh: () => void): void {
  const socket = new HintSocket({ url: socketUrl(projectId), fetchHints: (after) => http.hints(projectId, after) });
  socket.on("image_added", refresh);
  socket.on("embedding_state", refresh);
  socket.on("mask_saved", refresh);
}

function ImagesPage({ list, queue }: { readonly list: ImagesList; readonly queue: UploadQueue }) {
  const page = shown(list.page.value);
  const empty = page !== null && Object.values(page.states).every((count) => count === 0);
  return (
    <div class="stack-wide">
      <UploadPanel queue={queue} empty={empty} />
      <ImageGrid list={list} />
    </div>
  );
}
