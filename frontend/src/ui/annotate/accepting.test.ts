import { beforeEach, describe, expect, test, vi } from "vitest";
import { ModelBitmaps } from "../../canvas/model_bitmaps";
import { Bitmap } from "../../geometry/bitmap";
import { modelFrame } from "../../geometry/model_frame";
import { imagePoint } from "../../geometry/points";
import { decodeRle } from "../../geometry/rle";
import type { MaskIn } from "../../protocol/api";
import { revisionOf } from "../../state/draft";
import { Accepting } from "./accepting";
import { type Decoder, Decoding } from "./decoding";
import { OtherMasks } from "./other_masks";
import { aDecoded, anImage, aPage, aSession } from "./samples";
import { Store } from "./store";

function half(): Bitmap {
  const bitmap = new Bitmap(40, 30);
  bitmap.data.fill(1, 0, 600);
  return bitmap;
}

let store: Store;
let put: ReturnType<typeof vi.fn<(id: string, mask: MaskIn) => Promise<void>>>;
let accepting: Accepting;
let decode: ReturnType<typeof vi.fn<Decoder["decode"]>>;
let materialised: Bitmap;
let materialise: ReturnType<typeof vi.fn<Decoder["materialise"]>>;
let bitmaps: ModelBitmaps;
let painted: ReturnType<typeof vi.fn<() => Promise<void>>>;

beforeEach(() => {
  store = new Store(aPage);
  store.session.value = aSession;
  store.dispatch({ kind: "showImage", image: { id: 1, width: 40, height: 30 }, saved: [], maskId: "m1" });
  materialised = half();
  decode = vi.fn<Decoder["decode"]>(async () => aDecoded(2));
  bitmaps = new ModelBitmaps();
  materialise = vi.fn(async () => ({ bitmap: materialised, stabilityScore: 0.97 }));
  const decoder = { decode, materialise };
  const decoding = new Decoding(store, decoder);
  decoding.setImage(anImage);
  put = vi.fn(async () => {});
  painted = vi.fn(async () => {});
  accepting = new Accepting(store, decoding, decoder, bitmaps, new OtherMasks(store), put, painted);
});

function accept(nextMaskId: string, activeMs = 4321.6): Promise<void> {
  const { draft } = store.state.value;
  store.dispatch({ kind: "accept", nextMaskId });
  return accepting.accept(draft, aSession, activeMs);
}

const click = () => store.dispatch({ kind: "addPoint", at: imagePoint(5, 6), label: 1 });

test("a mask goes into the outbox with all that is known of it, and into the list", async () => {
  click();
  await accept("m2");
  expect(put).toHaveBeenCalledOnce();
  const [id, mask] = put.mock.calls[0] ?? [];
  expect(id).toBe("m1");
  expect(mask).toMatchObject({
    session_id: 11,
    lease_token: aSession.lease_token,
    image_sha256: "ab",
    model_version: "tiny",
    size: [30, 40],
    prompts: { points: [[5, 6, 1]], box: null },
    chosen_token: 1,
    predicted_iou: 0.9,
    stability_score: 0.97,
    brush_pixels_added: 0,
    brush_pixels_removed: 0,
    active_ms: 4322,
    time_limit_outcome: "within",
    replaces: null,
  });
  expect(decodeRle([30, 40], mask?.counts ?? "").equals(half())).toBe(true);
  expect(store.state.value.saved).toMatchObject([{ id: "m1", bbox: [0, 0, 40, 15], area: 600 }]);
});

test("the accepted mask is painted before its pixels are worked out", async () => {
  let drawn = () => {};
  painted.mockImplementationOnce(() => new Promise<void>((done) => (drawn = done)));
  click();
  const accepted = accept("m2");
  await new Promise((done) => setTimeout(done, 5));
  expect(materialise).not.toHaveBeenCalled();
  expect(store.state.value.accepting).toHaveLength(1);
  drawn();
  await accepted;
  expect(put).toHaveBeenCalledOnce();
});

test("what was painted is in the pixels and counted", async () => {
  click();
  store.dispatch({ kind: "setBrushSize", size: 1 });
  store.dispatch({ kind: "beginStroke", mode: "brush", at: imagePoint(3.5, 20.5) });
  store.dispatch({ kind: "extendStroke", through: [imagePoint(8.5, 20.5)] });
  store.dispatch({ kind: "endStroke" });
  store.dispatch({ kind: "beginStroke", mode: "eraser", at: imagePoint(0.5, 0.5) });
  store.dispatch({ kind: "endStroke" });
  await accept("m2");
  const mask = put.mock.calls[0]?.[1];
  expect(mask).toMatchObject({ brush_pixels_added: 6, brush_pixels_removed: 1 });
  const bitmap = decodeRle([30, 40], mask?.counts ?? "");
  expect([bitmap.has(8, 20), bitmap.has(0, 0), bitmap.area()]).toEqual([true, false, 605]);
});

test("pixels that were worked out for the brush are not worked out again", async () => {
  click();
  const revision = revisionOf(store.state.value.draft) ?? 0;
  const answer = { ...aDecoded(2), frame: modelFrame(40, 30, 16, 4) };
  store.dispatch({ kind: "decoded", revision, answer });
  bitmaps.put(answer.logits[1], { bitmap: half(), stabilityScore: 0.5 });
  await accept("m2");
  expect(materialise).not.toHaveBeenCalled();
  expect(put.mock.calls[0]?.[1]).toMatchObject({ stability_score: 0.5 });
});

test("a painted mask without prompts needs no decoder", async () => {
  store.dispatch({ kind: "beginStroke", mode: "brush", at: imagePoint(10, 10) });
  store.dispatch({ kind: "endStroke" });
  await accept("m2");
  expect(decode).not.toHaveBeenCalled();
  expect(put.mock.calls[0]?.[1]).toMatchObject({ chosen_token: null, predicted_iou: null, stability_score: null });
});

test("accepting before the decoder has answered waits for the answer to these prompts", async () => {
  click();
  const accepted = accept("m2");
  store.dispatch({ kind: "addPoint", at: imagePoint(30, 20), label: 1 });
  await accepted;
  expect(decode.mock.calls[0]?.[0]).toMatchObject({ points: [[5, 6, 1]] });
  expect(put.mock.calls[0]?.[0]).toBe("m1");
});

test("masks enter the outbox in the order they were accepted in", async () => {
  let release = () => {};
  put.mockImplementationOnce(() => new Promise<void>((done) => (release = done)));
  click();
  const first = accept("m2");
  click();
  const second = accept("m3");
  await new Promise((done) => setTimeout(done, 5));
  expect(put.mock.calls.map(([id]) => id)).toEqual(["m1"]);
  release();
  await Promise.all([first, second]);
  expect(put.mock.calls.map(([id]) => id)).toEqual(["m1", "m2"]);
});

test("what can't be put away stays, says why, and can be tried again", async () => {
  put.mockRejectedValueOnce(new Error("The disk is full."));
  click();
  await accept("m2");
  expect(store.state.value.accepting).toMatchObject([{ failure: "The disk is full." }]);
  expect(store.notice.value?.tone).toBe("danger");
  await accepting.retry("m1");
  expect(store.state.value.accepting).toEqual([]);
  expect(store.state.value.saved.map(({ id }) => id)).toEqual(["m1"]);
});

test("a mask without a pixel is not saved, and that is said", async () => {
  materialised = new Bitmap(40, 30);
  click();
  await accept("m2");
  expect(put).not.toHaveBeenCalled();
  expect(store.state.value.accepting).toEqual([]);
  expect(store.notice.value?.text).toContain("Nothing was saved");
});

test("over the limit the outcome says how it came to it", async () => {
  click();
  store.dispatch({ kind: "extendLimit" });
  await accept("m2", 33_000);
  click();
  await accept("m3", 44_000);
  expect(put.mock.calls.map(([, mask]) => mask.time_limit_outcome)).toEqual(["extended", "ignored"]);
});

test("a reopened mask that was not changed is saved as it was, in the place of the old one", async () => {
  click();
  await accept("m2");
  const [saved] = store.state.value.saved;
  if (!saved) throw new Error("no mask");
  store.dispatch({ kind: "reopen", id: saved.id, bitmap: half(), maskId: "m9" });
  expect(revisionOf(store.state.value.draft)).not.toBeNull();
  await accept("m10");
  expect(put.mock.calls[1]).toMatchObject([
    "m9",
    { replaces: "m1", chosen_token: 1, counts: put.mock.calls[0]?.[1].counts },
  ]);
  expect(store.state.value.saved.map(({ id }) => id)).toEqual(["m9"]);
});

describe("where other masks keep their pixels", () => {
  const painted = (y: number) => {
    store.dispatch({ kind: "beginStroke", mode: "brush", at: imagePoint(5, y), sizes: [8] });
    store.dispatch({ kind: "endStroke" });
  };

  test("a mask is saved without them", async () => {
    store.protect.value = true;
    click();
    await accept("m2");
    // The lower half of this one lies beside the first mask, which is the upper half of the image.
    painted(15);
    await accept("m3");
    const [, second] = put.mock.calls[1] ?? [];
    const mask = decodeRle([30, 40], second?.counts ?? "");
    expect(mask.has(5, 14)).toBe(false);
    expect(mask.has(5, 15)).toBe(true);
  });

  test("one that lies on them with all of its pixels is not saved, and the reason is told", async () => {
    store.protect.value = true;
    click();
    await accept("m2");
    painted(5);
    await accept("m3");
    expect(put).toHaveBeenCalledOnce();
    expect(store.notice.value?.text).toContain("lies on other masks");
  });
});
