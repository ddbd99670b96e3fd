import { effect } from "@preact/signals";
import { render } from "preact";
import { Http } from "../../session/http";
import type { Range } from "./day_series";
import { type ProjectRef, pageData } from "./page_data";
import { ThroughputStore } from "./throughput_store";
import { type Sheet, ThroughputView } from "./throughput_view";

interface Data {
  readonly project: ProjectRef;
  readonly formula: string;
  readonly annotate_url: string;
}

export function mount(root: HTMLElement): void {
  const data = pageData<Data>();
  const http = new Http();
  const asked = new URLSearchParams(location.search);
  const range = { from: asked.get("from") ?? "", to: asked.get("to") ?? "" };
  const store = new ThroughputStore((days) => http.throughput(data.project.id, days), range);
  // The address holds the days, so that a reload, a bookmark or a colleague sees the same.
  effect(() => history.replaceState(null, "", `${location.pathname}${query(store.range.value)}`));
  const csvUrl = (sheet: Sheet, days: Range) => `/api/projects/${data.project.id}/${sheet}.csv${query(days)}`;
  render(<ThroughputView store={store} formula={data.formula} annotateUrl={data.annotate_url} csvUrl={csvUrl} />, root);
  void store.refresh();
}

function query({ from, to }: Range): string {
  const given = Object.entries({ from, to }).filter(([, day]) => day !== "");
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}
