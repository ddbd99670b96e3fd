import { beforeEach, expect, test, vi } from "vitest";
import { type DecodeRequest, Superseded } from "../../decoder/client";
import { imagePoint } from "../../geometry/points";
import type { Decoded } from "../../protocol/worker";
import { currentModelMask, decodeRequest, visibleSource } from "../../state/draft";
import { Decoding } from "./decoding";
import { aDecoded, anImage, aPage } from "./samples";
import { Store } from "./store";

interface Asked {
  readonly request: DecodeRequest;
  answer(decoded: Decoded): Promise<void>;
  fail(error: Error): Promise<void>;
}

/** A decoder that is answered by hand; like the real one, a newer request makes the older fail. */
function decoderByHand() {
  const asked: Asked[] = [];
  let rejectLast: ((error: Error) => void) | null = null;
  return {
    asked,
    decode: (request: DecodeRequest) =>
      new Promise<Decoded>((resolve, reject) => {
        rejectLast?.(new Superseded());
        rejectLast = reject;
        asked.push({
          request,
          answer: async (decoded) => {
            rejectLast = null;
            resolve(decoded);
            await settle();
          },
          fail: async (error) => {
            rejectLast = null;
            reject(error);
            await settle();
          },
        });
      }),
    materialise: vi.fn(),
  };
}

const settle = () => new Promise((done) => setTimeout(done, 0));
const click = (store: Store, x: number) => store.dispatch({ kind: "addPoint", at: imagePoint(x, 1), label: 1 });

let store: Store;
let decoder: ReturnType<typeof decoderByHand>;
let decoding: Decoding;

beforeEach(() => {
  store = new Store(aPage);
  store.dispatch({ kind: "showImage", image: { id: 1, width: 40, height: 30 }, saved: [], maskId: "m1" });
  decoder = decoderByHand();
  decoding = new Decoding(store, decoder);
  decoding.start();
});

function makeReady(): void {
  decoding.setImage(anImage);
  store.decoder.value = { kind: "ready" };
}

test("a click made before the image is prepared is answered as soon as it is", async () => {
  click(store, 5);
  expect(decoder.asked).toHaveLength(0);
  makeReady();
  expect(decoder.asked.map(({ request }) => request.points)).toEqual([[[5, 1, 1]]]);
  await decoder.asked[0]?.answer(aDecoded(3));
  expect(currentModelMask(store.state.value.draft)).toMatchObject({ token: 1 });
  expect(store.decoding.value).toBe(false);
});

test("each state of the prompts is asked once, and the last one counts", async () => {
  makeReady();
  click(store, 5);
  store.dispatch({ kind: "setTool", tool: "brush" });
  expect(decoder.asked).toHaveLength(1);
  click(store, 6);
  expect(decoder.asked).toHaveLength(1);
  await decoder.asked[0]?.answer(aDecoded(3));
  expect(decoder.asked).toHaveLength(2);
  expect(decoder.asked[1]?.request.maskInput?.[0]).toBe(3);
  expect(store.notice.value).toBeNull();
  await decoder.asked[1]?.answer(aDecoded(1, 0));
  expect(currentModelMask(store.state.value.draft)?.token).toBe(0);
});

test("a newer prompt in the place of one that waits is asked at once", async () => {
  makeReady();
  click(store, 5);
  store.dispatch({ kind: "undo" });
  click(store, 9);
  expect(decoder.asked.map(({ request }) => request.points)).toEqual([[[5, 1, 1]], [[9, 1, 1]]]);
});

test("while a prompt is moved its mask follows, one place at a time and the newest next", async () => {
  makeReady();
  click(store, 5);
  await decoder.asked[0]?.answer(aDecoded(3));
  const moveTo = (x: number) =>
    store.dispatch({ kind: "movePrompt", to: { kind: "point", at: imagePoint(x, 1), label: 1 } });
  store.dispatch({ kind: "beginMove", prompt: { kind: "point", index: 0 } });
  for (const x of [6, 7, 8]) moveTo(x);
  expect(decoder.asked.map(({ request }) => request.points[0]?.[0])).toEqual([5, 6]);
  await decoder.asked[1]?.answer(aDecoded(4));
  expect(visibleSource(store.state.value.draft)).toMatchObject({ mask: { logits: aDecoded(4).logits[1] } });
  expect(decoder.asked.map(({ request }) => request.points[0]?.[0])).toEqual([5, 6, 8]);
  store.dispatch({ kind: "endMove" });
  await decoder.asked[2]?.answer(aDecoded(5));
  expect(currentModelMask(store.state.value.draft)?.logits[0]).toBe(5);
  expect(decoder.asked).toHaveLength(3);
});

test("an answer that comes after the image has changed becomes no mask of the new one", async () => {
  makeReady();
  click(store, 5);
  const late = decoder.asked[0];
  decoding.setImage({ ...anImage, key: { ...anImage.key, imageSha256: "cd" } });
  store.dispatch({ kind: "showImage", image: { id: 2, width: 40, height: 30 }, saved: [], maskId: "m2" });
  await late?.answer(aDecoded(3));
  expect(currentModelMask(store.state.value.draft)).toBeNull();
  click(store, 5);
  expect(currentModelMask(store.state.value.draft)).toBeNull();
  expect(decoder.asked[1]?.request.key.imageSha256).toBe("cd");
});

test("a failure is told with a way to try again", async () => {
  makeReady();
  click(store, 5);
  await decoder.asked[0]?.fail(new Error("Out of memory."));
  expect(store.notice.value?.text).toContain("Out of memory.");
  expect(decoder.asked).toHaveLength(1);
  store.notice.value?.action?.run();
  expect(decoder.asked).toHaveLength(2);
});

test("an accepted mask is decoded to its end, and what was clicked meanwhile after it", async () => {
  makeReady();
  click(store, 5);
  const request = decodeRequest(store.state.value.draft);
  if (!request) throw new Error("nothing to decode");
  store.dispatch({ kind: "accept", nextMaskId: "m2" });
  const done = decoding.decodeToTheEnd(request, anImage);
  click(store, 9);
  expect(decoder.asked.at(-1)?.request.points).toEqual([[5, 1, 1]]);
  await decoder.asked.at(-1)?.answer(aDecoded(2));
  expect((await done).shown).toBe(1);
  await settle();
  expect(decoder.asked.at(-1)?.request.points).toEqual([[9, 1, 1]]);
});
