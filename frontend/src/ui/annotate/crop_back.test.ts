// Opening a mask again whose part of the image has been forgotten: the part comes back, and nobody waits for it.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Bitmap } from "../../geometry/bitmap";
import { imagePoint } from "../../geometry/points";
import { encodeRle } from "../../geometry/rle";
import type { CropBox, CropOut } from "../../protocol/api";
import { ApiError } from "../../session/request";
import { baseInForce, currentModelMask } from "../../state/draft";
import { acceptedFrom, type SavedMask } from "../../state/saved";
import { Decoding } from "./decoding";
import { DeepZoom } from "./deep_zoom";
import { aDecoded, anImage, aPage, aSession } from "./samples";
import { Store } from "./store";

const CROP: CropBox = [10, 5, 20, 20];
const accepted = new Bitmap(40, 30);
accepted.data[15 * 40 + 20] = 1;
const saved: SavedMask = {
  ...acceptedFrom(
    {
      ...encodeRle(accepted),
      prompts: { points: [[20, 15, 1]], box: null, first_token: 1, crop_box: CROP },
      chosen_token: 1,
      predicted_iou: 0.9,
      stability_score: 0.9,
      brush_pixels_added: 0,
      brush_pixels_removed: 0,
      active_ms: 900,
      time_limit_outcome: "within",
      replaces: null,
    },
    { id: "old", bbox: [20, 15, 1, 1], area: 1 },
  ),
  colour: 0,
};

let store: Store;
let crop: CropOut;
let http: {
  askForCrop: ReturnType<typeof vi.fn>;
  crop: ReturnType<typeof vi.fn>;
  bytes: ReturnType<typeof vi.fn>;
};
let decoder: ReturnType<typeof aDecoder>;
let deepZoom: DeepZoom;

/** One whose mask lies in the middle of what it is decoded in. */
function aDecoder() {
  const logits = [0, 1, 2, 3].map(() => new Float32Array(64).fill(-5).fill(5, 27, 28));
  const middle = { ...aDecoded(0), logits, lowResSize: 8 };
  return {
    decode: vi.fn(async () => middle),
    materialise: vi.fn(),
    setPart: vi.fn(async () => {}),
    forgetPart: vi.fn(),
  };
}

const reopen = () => store.dispatch({ kind: "reopen", id: "old", bitmap: accepted, maskId: `again-${Math.random()}` });
const click = (x: number, y: number) => store.dispatch({ kind: "addPoint", at: imagePoint(x, y), label: 1 });
const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
/** What the decoder was asked in: a crop, or null for the whole image. */
const frames = () =>
  decoder.decode.mock.calls.map((call: unknown[]) => (call[0] as { key: { crop?: CropBox } }).key.crop ?? null);

function finish(): void {
  crop = { ...crop, state: "done", url: "/crop", sha256: "ab" };
}

beforeEach(() => {
  vi.useFakeTimers();
  store = new Store(aPage);
  store.session.value = aSession;
  store.dispatch({ kind: "showImage", image: { id: 1, width: 40, height: 30 }, saved: [saved], maskId: "m1" });
  crop = { id: 3, crop_box: CROP, state: "queued", reason: "", url: null, sha256: null };
  http = {
    askForCrop: vi.fn(async () => crop),
    crop: vi.fn(async () => crop),
    bytes: vi.fn(async () => new ArrayBuffer(8)),
  };
  decoder = aDecoder();
  const decoding = new Decoding(store, decoder as unknown as ConstructorParameters<typeof Decoding>[1]);
  decoding.setImage({ ...anImage, manifest: { image_size: 32, low_res_size: 8 } });
  deepZoom = new DeepZoom({ store, http, decoder, decoding } as unknown as ConstructorParameters<typeof DeepZoom>[0]);
  decoding.start();
  deepZoom.start();
  store.decoder.value = { kind: "ready" };
  // All of the image is in sight: nothing is asked for but by the mask at hand.
  const viewport = { zoom: 1, offsetX: 0, offsetY: 0 };
  store.view.value = { viewport, canvas: { width: 40, height: 30 }, pixelRatio: 1, fitted: true };
});

afterEach(() => {
  vi.useRealTimers();
});

test("the very part is asked for, and the prompts are decoded in it once it is there", async () => {
  reopen();
  await settle();
  expect(http.askForCrop.mock.calls).toEqual([[11, { lease_token: aSession.lease_token, crop_box: CROP }]]);
  expect([store.sharpness.value, frames()]).toEqual(["returning", []]);
  expect(baseInForce(store.state.value.draft)?.bitmap).toBe(accepted);
  finish();
  deepZoom.lookAgain();
  await settle();
  expect([store.sharpness.value, frames()]).toEqual(["none", [CROP]]);
  click(22, 16);
  await settle();
  expect(frames()).toEqual([CROP, CROP]);
  expect(http.askForCrop).toHaveBeenCalledTimes(1);
});

test("a click before that is answered in the whole image at once, and in the part when it is there", async () => {
  reopen();
  click(22, 16);
  await settle();
  expect(frames()).toEqual([null, null]);
  expect([store.sharpness.value, currentModelMask(store.state.value.draft)?.frame.part]).toEqual([
    "returning",
    undefined,
  ]);
  finish();
  deepZoom.lookAgain();
  await settle();
  expect(frames()).toEqual([null, null, CROP, CROP]);
  expect(currentModelMask(store.state.value.draft)?.frame.part).toMatchObject({ x: 10, y: 5 });
  expect([store.sharpness.value, store.state.value.draft.points.length]).toEqual(["none", 2]);
});

test("what was painted meanwhile keeps the mask under it, and the page says so", async () => {
  reopen();
  click(22, 16);
  store.dispatch({ kind: "beginStroke", mode: "brush", at: imagePoint(5, 5) });
  store.dispatch({ kind: "endStroke" });
  finish();
  await settle(2_000);
  expect(frames()).toEqual([null, null]);
  expect(store.sharpness.value).toBe("lost");
  store.dispatch({ kind: "undo" });
  await settle();
  expect([store.sharpness.value, frames().at(-1)]).toEqual(["none", CROP]);
});

test("a part that can't be had leaves the whole image and a sign; opened again it is asked for again", async () => {
  crop = { ...crop, state: "failed", reason: "The photo is damaged." };
  reopen();
  await settle();
  expect([store.sharpness.value, frames(), store.notice.value]).toEqual(["lost", [null], null]);
  expect(baseInForce(store.state.value.draft)).toMatchObject({ bitmap: accepted, crop: CROP });
  await settle(60_000);
  expect(http.askForCrop).toHaveBeenCalledTimes(1);
  store.dispatch({ kind: "drop", nextMaskId: "m3" });
  expect(store.sharpness.value).toBe("none");
  finish();
  reopen();
  await settle();
  expect([store.sharpness.value, frames().at(-1)]).toEqual(["none", CROP]);
});

test("one that the server forgets while it is waited for is asked for anew", async () => {
  reopen();
  await settle();
  http.crop.mockRejectedValueOnce(new ApiError("not_found", "Ask for it again.", 404));
  finish();
  await settle(2_000);
  expect(http.askForCrop).toHaveBeenCalledTimes(2);
  expect([store.sharpness.value, frames()]).toEqual(["none", [CROP]]);
});

test("with sharper masks switched off the whole image serves until they are switched on", async () => {
  store.toggle("sharper");
  reopen();
  await settle();
  expect([store.sharpness.value, frames()]).toEqual(["lost", [null]]);
  expect(http.askForCrop).not.toHaveBeenCalled();
  finish();
  store.toggle("sharper");
  await settle();
  expect([store.sharpness.value, frames().at(-1)]).toEqual(["none", CROP]);
});
