import { render } from "preact";
import { Http } from "../../session/http";
import { HintSocket, socketUrl } from "../../session/socket";
import { ExportsList } from "./exports_list";
import { ExportsView } from "./exports_view";
import { type ProjectRef, pageData } from "./page_data";

export function mount(root: HTMLElement): void {
  const { project } = pageData<{ readonly project: ProjectRef }>();
  const http = new Http();
  const list = new ExportsList({
    list: () => http.exports(project.id),
    create: () => http.requestExport(project.id),
  });
  const socket = new HintSocket({ url: socketUrl(project.id), fetchHints: (after) => http.hints(project.id, after) });
  socket.on("export_state", ({ payload }) => list.hinted(payload.export_id, payload.state, payload.progress));
  render(<ExportsView list={list} />, root);
  void list.refresh();
}
