import { expect, test, vi } from "vitest";
import type { ExportOut } from "../../protocol/api";
import { ExportsList } from "./exports_list";
import { shown } from "./loaded";

const made = (id: number, given: Partial<ExportOut> = {}): ExportOut => ({
  id,
  state: "queued",
  progress: 0,
  reason: "",
  bytes: 0,
  images: 0,
  masks: 0,
  url: null,
  created_at: "2026-01-01T00:00:00Z",
  requested_by: "mia",
  ...given,
});
const refuse = async () => {
  throw new Error("There are no masks yet.");
};

test("a new export stands first, once", async () => {
  const list = new ExportsList({ list: async () => [made(1)], create: async () => made(2) });
  await list.refresh();
  await list.create();
  await list.create();
  expect(shown(list.exports.value)?.map((one) => one.id)).toEqual([2, 1]);
});

test("a refused export is told and the list stays", async () => {
  const list = new ExportsList({ list: async () => [made(1)], create: refuse });
  await list.refresh();
  await list.create();
  expect(list.problem.value).toBe("There are no masks yet.");
  expect(list.creating.value).toBe(false);
  expect(shown(list.exports.value)).toHaveLength(1);
});

test("progress comes with the hint, the end is fetched", async () => {
  const answers = [[made(1)], [made(1, { state: "done", progress: 1, url: "/file" })]];
  const fetchList = vi.fn(async () => answers.shift() ?? []);
  const list = new ExportsList({ list: fetchList, create: refuse });
  await list.refresh();
  list.hinted(1, "running", 0.4);
  expect(shown(list.exports.value)?.[0]).toMatchObject({ state: "running", progress: 0.4 });
  expect(fetchList).toHaveBeenCalledTimes(1);
  list.hinted(1, "done", 1);
  await vi.waitFor(() => expect(shown(list.exports.value)?.[0]?.url).toBe("/file"));
});

test("a hint about an export that the page does not know fetches the list", async () => {
  const fetchList = vi.fn(async () => [made(5)]);
  const list = new ExportsList({ list: fetchList, create: refuse });
  list.hinted(5, "running", 0.1);
  await vi.waitFor(() => expect(shown(list.exports.value)?.[0]?.id).toBe(5));
});
