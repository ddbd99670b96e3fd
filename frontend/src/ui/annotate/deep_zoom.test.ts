import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { imagePoint } from "../../geometry/points";
import type { CropBox, CropOut } from "../../protocol/api";
import type { ImageKey } from "../../protocol/worker";
import { DeepZoom } from "./deep_zoom";
import { anImage, aPage, aSession } from "./samples";
import { Store } from "./store";

const image = { id: 1, width: 4000, height: 3000 };
const prepared = { ...anImage, key: { ...anImage.key, width: 4000, height: 3000 } };
const CANVAS = { width: 800, height: 600 };

/** A server whose crops are the view with a tenth of its width around it, and that is done when it is told so. */
function server() {
  const asked: CropBox[] = [];
  let done = false;
  const out = (box: CropBox): CropOut => ({
    id: asked.length,
    crop_box: box,
    state: done ? "done" : "running",
    reason: "",
    url: done ? "/crop" : null,
    sha256: done ? "ab" : null,
  });
  const around = ([x, y, width, height]: CropBox): CropBox => {
    const margin = Math.round(width / 10);
    return [x - margin, y - margin, width + 2 * margin, height + 2 * margin];
  };
  return {
    asked,
    finish: () => {
      done = true;
    },
    askForCrop: vi.fn(async (_: number, { view }: { view: CropBox }) => {
      asked.push(view);
      return out(around(view));
    }),
    crop: vi.fn(async () => out(around(asked.at(-1) ?? [0, 0, 1, 1]))),
    bytes: vi.fn(async () => new ArrayBuffer(8)),
  };
}

let store: Store;
let http: ReturnType<typeof server>;
let decoder: { setPart: ReturnType<typeof vi.fn>; forgetPart: ReturnType<typeof vi.fn> };
let decoding: { image: typeof prepared | null; hasCrop: (crop: CropBox) => boolean };
let deepZoom: DeepZoom;

beforeEach(() => {
  vi.useFakeTimers();
  store = new Store(aPage);
  store.session.value = aSession;
  store.dispatch({ kind: "showImage", image, saved: [], maskId: "m1" });
  store.decoder.value = { kind: "ready" };
  http = server();
  decoder = { setPart: vi.fn(async () => {}), forgetPart: vi.fn() };
  decoding = { image: prepared, hasCrop: () => false };
  deepZoom = new DeepZoom({ store, http, decoder, decoding } as unknown as ConstructorParameters<typeof DeepZoom>[0]);
  deepZoom.start();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Shows the part of the image that begins at (x, y), so many pixels wide. */
function look(x: number, y: number, width = 1000): void {
  const zoom = CANVAS.width / width;
  const viewport = { zoom, offsetX: -x * zoom, offsetY: -y * zoom };
  store.view.value = { viewport, canvas: CANVAS, pixelRatio: 1, fitted: false };
}

const rest = (ms = 600) => vi.advanceTimersByTimeAsync(ms);

async function sharp(): Promise<CropBox> {
  look(1500, 1000);
  http.finish();
  await rest();
  expect(store.sharpness.value).toBe("sharp");
  return store.crop.value as CropBox;
}

test("a close view that rests is asked for, and used once the decoder has it", async () => {
  look(1500, 1000);
  await rest(400);
  expect(http.asked).toEqual([]);
  look(1510, 1000);
  await rest();
  expect(http.asked).toEqual([[1510, 1000, 1000, 750]]);
  expect([store.sharpness.value, store.crop.value]).toEqual(["preparing", null]);
  expect(decoding.hasCrop([1410, 900, 1200, 950])).toBe(false);
  http.finish();
  deepZoom.lookAgain();
  await rest(0);
  expect([store.sharpness.value, store.crop.value]).toEqual(["sharp", [1410, 900, 1200, 950]]);
  expect(decoder.setPart.mock.calls[0]?.[0]).toEqual({ ...prepared.key, crop: [1410, 900, 1200, 950] } as ImageKey);
  expect(decoding.hasCrop([1410, 900, 1200, 950])).toBe(true);
});

test("a lost hint costs two seconds at most", async () => {
  look(1500, 1000);
  await rest();
  http.finish();
  await rest(2000);
  expect(store.sharpness.value).toBe("sharp");
});

test("neither a view of half of the image nor another tool asks", async () => {
  look(0, 0, 2000);
  await rest();
  store.dispatch({ kind: "setTool", tool: "brush" });
  look(1500, 1000);
  await rest();
  store.sharper.value = false;
  store.dispatch({ kind: "setTool", tool: "box" });
  await rest();
  expect(http.asked).toEqual([]);
  store.sharper.value = true;
  await rest();
  expect(http.asked).toHaveLength(1);
});

test("moving on within a crop asks for no other, moving out of it does", async () => {
  const crop = await sharp();
  look(1540, 1000);
  await rest();
  expect(store.crop.value).toEqual(crop);
  expect(http.asked).toHaveLength(1);
  look(1900, 1000);
  await rest();
  expect(http.asked).toHaveLength(2);
});

test("what nobody looks at is freed, but for a mask that was begun in it", async () => {
  const crop = await sharp();
  store.dispatch({ kind: "addPoint", at: imagePoint(2000, 1300), label: 1, crop });
  look(0, 0, 4000);
  expect([store.sharpness.value, store.crop.value]).toEqual(["none", null]);
  expect(decoding.hasCrop(crop)).toBe(true);
  store.dispatch({ kind: "drop", nextMaskId: "m2" });
  expect(decoding.hasCrop(crop)).toBe(false);
  expect(decoder.forgetPart).toHaveBeenCalledWith({ ...prepared.key, crop });
});

test("with the image all of it goes", async () => {
  const crop = await sharp();
  decoding.image = null;
  store.dispatch({ kind: "leaveImage" });
  expect(decoder.forgetPart).toHaveBeenCalledWith({ ...prepared.key, crop });
  expect([store.sharpness.value, store.crop.value]).toEqual(["none", null]);
});

test("a refusal or a failure is silent, and the next view is asked for all the same", async () => {
  http.askForCrop.mockRejectedValueOnce(new Error("Zoom in further."));
  look(1500, 1000);
  await rest();
  expect([store.sharpness.value, store.notice.value]).toEqual(["none", null]);
  await rest(5000);
  expect(http.askForCrop).toHaveBeenCalledTimes(1);
  decoder.setPart.mockRejectedValueOnce(new Error("wrong embedding"));
  http.finish();
  look(1600, 1000);
  await rest();
  expect([store.sharpness.value, store.crop.value, store.notice.value]).toEqual(["none", null, null]);
});
