import { expect, test, vi } from "vitest";
import type { ModelImportOut, ModelsOut, ModelVersionOut } from "../../protocol/api";
import { shown } from "./loaded";
import { pace } from "./model_import_row";
import { consequence, importOf, ModelsList } from "./models_list";

const anImport = (given: Partial<ModelImportOut> = {}): ModelImportOut => ({
  id: 1,
  kind: "official",
  source: "vit_b",
  file_name: "sam_vit_b.pth",
  name: "",
  url: "",
  state: "running",
  step: "fetching",
  bytes_done: 10,
  bytes_total: 100,
  bytes_per_second: 5,
  reason: "",
  cancelled: false,
  version: null,
  requested_by: "ada",
  created_at: "2026-01-01T00:00:00Z",
  ...given,
});
const aVersion = (given: Partial<ModelVersionOut> = {}): ModelVersionOut => ({
  id: 1,
  version: "vit_b-0123456789ab",
  name: "vit_b",
  preset: "vit_b",
  state: "candidate",
  complete: true,
  bytes: 1000,
  checkpoint_sha256: "",
  source_kind: "file",
  source_name: "a.pth",
  source_sha256: "",
  published: false,
  registered_by: null,
  created_at: "2026-01-01T00:00:00Z",
  activated_at: null,
  images_encoded: 0,
  images_waiting: 0,
  images_failed: 0,
  encode_ms: null,
  ...given,
});
const models = (given: Partial<ModelsOut> = {}): ModelsOut => ({
  versions: [],
  official: [],
  imports: [],
  images: 0,
  free_bytes: 0,
  ...given,
});

function setUp(...answers: ModelsOut[]) {
  const calls = {
    list: vi.fn(async () => (answers.length > 1 ? answers.shift()! : answers[0]!)),
    activate: vi.fn(async () => {}),
    download: vi.fn(async () => ({})),
    cancel: vi.fn(async () => ({})),
    retry: vi.fn(async () => ({})),
    remove: vi.fn(async () => {}),
  };
  return { calls, list: new ModelsList(calls) };
}

test("it is asked often while something is imported, seldom while nothing moves", async () => {
  const { list } = setUp(
    models({ imports: [anImport()] }),
    models({ imports: [anImport({ state: "failed" })], versions: [aVersion({ images_waiting: 1 })] }),
    models(),
  );
  const paces: number[] = [];
  for (let i = 0; i < 3; i++) {
    await list.refresh();
    paces.push(list.paceMs());
  }
  expect(paces).toEqual([1000, 5000, 30000]);
});

test("an import that was seen under way and is done is news; one that was done before is none", async () => {
  const done = anImport({ state: "done", version: "vit_b-1" });
  const { list } = setUp(
    models({ imports: [{ ...done, id: 7 }] }),
    models({ imports: [anImport()] }),
    models({ imports: [done] }),
  );
  await list.refresh();
  await list.refresh();
  expect(list.news.value).toBe("");
  await list.refresh();
  expect(list.news.value).toContain("vit_b-1 is ready");
});

test("a refused act is told, and the list is fetched all the same", async () => {
  const { calls, list } = setUp(models());
  calls.download.mockRejectedValueOnce(new Error("The disk is full."));
  await list.download("vit_h", "");
  expect(list.problem.value).toBe("The disk is full.");
  expect(list.busy.value).toBe("");
  expect(calls.list).toHaveBeenCalledOnce();
});

test("a second press while the first is on its way asks once", async () => {
  const { calls, list } = setUp(models());
  await Promise.all([list.download("vit_h", ""), list.download("vit_h", "")]);
  expect(calls.download).toHaveBeenCalledOnce();
});

test("an answer that was overtaken is dropped", async () => {
  const { calls, list } = setUp(models());
  let slow: (value: ModelsOut) => void = () => {};
  calls.list.mockImplementationOnce(() => new Promise((resolve) => (slow = resolve)));
  const first = list.refresh();
  await list.refresh();
  slow(models({ images: 99 }));
  await first;
  expect(shown(list.models.value)?.images).toBe(0);
});

test("a list that cannot be fetched leaves the last one standing", async () => {
  const { calls, list } = setUp(models({ images: 3 }));
  await list.refresh();
  calls.list.mockRejectedValueOnce(new Error("Offline."));
  await list.refresh();
  expect(list.models.value).toMatchObject({ step: "failed", message: "Offline." });
  expect(shown(list.models.value)?.images).toBe(3);
});

test("only an open import of a model keeps its button", () => {
  const official = { name: "vit_b" } as Parameters<typeof importOf>[0];
  expect(importOf(official, [anImport({ state: "queued" })])?.id).toBe(1);
  expect(importOf(official, [anImport({ state: "failed" }), anImport({ source: "vit_h" })])).toBeUndefined();
});

test("what activating means is said in images and time", () => {
  expect(consequence(aVersion({ images_encoded: 2, encode_ms: 30_000 }), 12)).toContain(
    "10 images will be encoded with it, about 5 min of work; until then they are not handed out",
  );
  expect(consequence(aVersion(), 1)).toContain("1 image will be encoded with it; until then it is not handed out");
  expect(consequence(aVersion({ images_encoded: 5 }), 5)).toContain("All images are encoded with it already.");
  expect(consequence(aVersion(), 0)).toContain("There are no images yet.");
});

test("speed and time left are told as far as they are known", () => {
  expect(pace(anImport({ bytes_done: 0, bytes_total: 100_000_000, bytes_per_second: 2_000_000 }))).toBe(
    "2.0 MB/s, 50 s left",
  );
  expect(pace(anImport({ bytes_total: null, bytes_per_second: 500 }))).toBe("500 bytes/s");
  expect(pace(anImport({ bytes_per_second: null }))).toBe("");
});
