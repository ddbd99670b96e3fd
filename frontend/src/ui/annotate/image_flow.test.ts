import { type Signal, signal } from "@preact/signals";
import { beforeEach, expect, test, vi } from "vitest";
import type { SessionOut } from "../../protocol/api";
import type { Manifest } from "../../protocol/manifest";
import type { ImageQueue, LoadedSession, QueueStatus } from "../../session/images";
import { ImageFlow } from "./image_flow";
import { aPage, aSession } from "./samples";
import { Store } from "./store";

const settle = () => new Promise((done) => setTimeout(done, 0));
const manifest = { image_size: 16, low_res_size: 4 } as Manifest;

class Later<T> {
  resolve!: (value: T) => void;
  reject!: (error: Error) => void;
  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}

function loaded(session: SessionOut) {
  const picture = new Later<ImageBitmap>();
  const embedding = new Later<{ bytes: ArrayBuffer; sha256: string }>();
  return {
    session,
    picture: picture.promise,
    embedding: embedding.promise,
    arrive: { picture, embedding },
    fetchAgain: vi.fn(),
  };
}

const bitmap = {} as ImageBitmap;
const bytes = { bytes: new ArrayBuffer(8), sha256: "ef" };
const second: SessionOut = { ...aSession, id: 12, image: { ...aSession.image, id: 2, sha256: "ba" } };

let store: Store;
let current: ReturnType<typeof signal<LoadedSession | null>>;
let ahead: Signal<readonly LoadedSession[]>;
let status: ReturnType<typeof signal<QueueStatus>>;
let leaseLost: ReturnType<typeof signal<boolean>>;
let decoder: { load: ReturnType<typeof vi.fn>; setImage: ReturnType<typeof vi.fn> };
let setImage: ReturnType<typeof vi.fn>;
let flow: ImageFlow;

beforeEach(() => {
  store = new Store(aPage);
  current = signal(null);
  ahead = signal([]);
  status = signal({ state: "loading" });
  leaseLost = signal(false);
  decoder = { load: vi.fn(async () => manifest), setImage: vi.fn(async () => ({ prepareMs: 1 })) };
  setImage = vi.fn();
  const queue = { current, ahead, status, leaseLost } as unknown as ImageQueue;
  flow = new ImageFlow(store, queue, decoder as never, { setImage } as never);
  return flow.start();
});

function put(on: typeof current, one: ReturnType<typeof loaded>): void {
  on.value = one as unknown as LoadedSession;
}

test("the picture is shown before the embedding is there, and clicks are answered when it is", async () => {
  const one = loaded(aSession);
  put(current, one);
  expect(store.state.value.image?.id).toBe(1);
  one.arrive.picture.resolve(bitmap);
  await settle();
  expect(store.picture.value).toBe(bitmap);
  expect(store.decoder.value.kind).toBe("preparing");
  one.arrive.embedding.resolve(bytes);
  await settle();
  expect(store.decoder.value.kind).toBe("ready");
  expect(decoder.setImage).toHaveBeenCalledWith(
    { imageSha256: "ab", modelVersion: "tiny", height: 30, width: 40 },
    bytes.bytes,
    { sha256: "ef" },
  );
  expect(setImage).toHaveBeenLastCalledWith({ key: expect.anything(), manifest });
});

test("what arrives for an image that is gone is not shown", async () => {
  const [one, two] = [loaded(aSession), loaded(second)];
  put(current, one);
  put(current, two);
  one.arrive.picture.resolve({} as ImageBitmap);
  one.arrive.embedding.resolve(bytes);
  await settle();
  expect(store.picture.value).toBeNull();
  expect(store.decoder.value.kind).toBe("preparing");
  expect(store.session.value?.id).toBe(12);
});

test("the next images are prepared ahead of time, each once", async () => {
  const [two, three] = [loaded(second), loaded({ ...second, id: 13, image: { ...second.image, sha256: "ca" } })];
  const set = (...some: unknown[]) => {
    ahead.value = some as readonly LoadedSession[];
  };
  set(two);
  set(two, three);
  two.arrive.embedding.resolve(bytes);
  three.arrive.embedding.resolve(bytes);
  await settle();
  expect(decoder.setImage.mock.calls.map(([key, , options]) => [key.imageSha256, options])).toEqual([
    ["ba", { sha256: "ef", ahead: true }],
    ["ca", { sha256: "ef", ahead: true }],
  ]);
  expect(store.session.value).toBeNull();
});

test("an image that was prepared ahead takes clicks in the moment in which it is shown", async () => {
  const two = loaded(second);
  ahead.value = [two] as unknown as readonly LoadedSession[];
  two.arrive.embedding.resolve(bytes);
  await settle();
  decoder.load.mockClear();
  decoder.setImage.mockClear();
  put(current, two);
  expect(store.decoder.value.kind).toBe("ready");
  expect(setImage).toHaveBeenLastCalledWith({ key: expect.objectContaining({ imageSha256: "ba" }), manifest });
  expect(decoder.load).not.toHaveBeenCalled();
});

test("the image on the table counts as used before the next one is prepared ahead, so that the decoder keeps it", async () => {
  const [two, three] = [loaded(second), loaded({ ...second, id: 13, image: { ...second.image, sha256: "ca" } })];
  ahead.value = [two] as unknown as readonly LoadedSession[];
  two.arrive.embedding.resolve(bytes);
  three.arrive.embedding.resolve(bytes);
  await settle();
  put(current, two);
  await settle();
  ahead.value = [three] as unknown as readonly LoadedSession[];
  await settle();
  expect(decoder.setImage.mock.calls.map(([key, , options]) => [key.imageSha256, options.ahead ?? false])).toEqual([
    ["ba", true],
    ["ba", false],
    ["ca", true],
  ]);
});

test("a failure says so, and trying again fetches both anew", async () => {
  const one = loaded(aSession);
  put(current, one);
  one.arrive.embedding.reject(new Error("The file is not what the server named."));
  await settle();
  expect(store.decoder.value).toMatchObject({
    kind: "failed",
    message: expect.stringContaining("not what the server named"),
  });
  flow.retry();
  expect(one.fetchAgain).toHaveBeenCalledOnce();
  expect(store.decoder.value.kind).toBe("preparing");
});

test("without an image the page says why", () => {
  status.value = { state: "none", reason: "encoding" };
  expect(store.phase.value).toEqual({ kind: "encoding" });
  status.value = { state: "none", reason: "all_done" };
  expect(store.phase.value).toEqual({ kind: "all_done" });
  leaseLost.value = true;
  expect(store.leaseLost.value).toBe(true);
});

test("an image that is left leaves nothing behind", () => {
  put(current, loaded(aSession));
  current.value = null;
  expect(store.state.value.image).toBeNull();
  expect([store.session.value, store.picture.value]).toEqual([null, null]);
  expect(setImage).toHaveBeenLastCalledWith(null);
});
