// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";
import { Superseded } from "../../decoder/client";
import { canvasPoint, imagePoint } from "../../geometry/points";
import type { PromptPoint } from "../../protocol/api";
import type { Decoded, ImageKey, Previewed } from "../../protocol/worker";
import { currentModelMask } from "../../state/draft";
import { Decoding } from "./decoding";
import { Hover } from "./hover";
import { aDecoded, anImage, aPage } from "./samples";
import { Store } from "./store";

interface Asked {
  readonly at: PromptPoint;
  readonly whole: boolean;
  answer(decoded: Decoded | null): Promise<void>;
  fail(error: Error): Promise<void>;
}

let store: Store;
let asked: Asked[];
let decoding: Decoding;
let decode: ReturnType<typeof vi.fn>;
let taken: ReturnType<typeof vi.fn<(decoded: Decoded) => void>>;

const settle = () => new Promise((done) => setTimeout(done, 0));

function preview(_: ImageKey, at: PromptPoint, whole: boolean): Promise<Previewed> {
  return new Promise((resolve, reject) => {
    asked.push({
      at,
      whole,
      answer: (decoded) => {
        resolve({ logits: aDecoded(at[0]).logits[1], decoded });
        return settle() as Promise<void>;
      },
      fail: (error) => {
        reject(error);
        return settle() as Promise<void>;
      },
    });
  });
}

beforeEach(() => {
  localStorage.clear();
  asked = [];
  decode = vi.fn(() => new Promise(() => {}));
  store = new Store(aPage);
  store.dispatch({ kind: "showImage", image: { id: 1, width: 40, height: 30 }, saved: [], maskId: "m1" });
  decoding = new Decoding(store, { decode, materialise: vi.fn() } as never);
  decoding.start();
  taken = vi.fn();
  new Hover(store, { preview, taken }, decoding).start();
  decoding.setImage(anImage);
  store.decoder.value = { kind: "ready" };
});

/** Canvas and image pixels are the same in these tests. */
function move(x: number, y = 4): void {
  store.cursor.value = canvasPoint(x + 0.4, y + 0.4);
}
const points = () => asked.map(({ at }) => at.slice(0, 2));
const shownAt = () => store.preview.value?.at.x ?? null;
const click = (x: number, label: 0 | 1 = 1) => {
  store.handDown.value = true;
  store.dispatch({ kind: "addPoint", at: imagePoint(x, 4), label });
};

test("the pixel under the pointer is previewed, once, and what was left a moment ago is shown until then", async () => {
  move(5);
  move(5);
  move(6);
  expect(points()).toEqual([
    [5, 4],
    [6, 4],
  ]);
  await asked[0]?.answer(aDecoded(5));
  expect(shownAt()).toBe(5);
  await asked[1]?.answer(aDecoded(6));
  expect(shownAt()).toBe(6);
});

test("leaving the image takes the preview away, and an answer that comes later is not shown", async () => {
  move(5);
  await asked[0]?.answer(aDecoded(5));
  move(6);
  store.cursor.value = null;
  expect(shownAt()).toBeNull();
  await asked[1]?.answer(aDecoded(6));
  expect(shownAt()).toBeNull();
  move(90);
  expect(asked).toHaveLength(2);
});

test.each([
  ["another tool", () => store.dispatch({ kind: "setTool", tool: "brush" })],
  ["a hand that is down", () => (store.handDown.value = true)],
  ["an open dialog", () => (store.dialog.value = "help")],
  ["a mask under work", () => click(9)],
  ["the setting", () => store.toggleHover()],
  ["an image that is not prepared", () => (store.decoder.value = { kind: "preparing" })],
  [
    "a hidden tab",
    () => {
      vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
      document.dispatchEvent(new Event("visibilitychange"));
      vi.restoreAllMocks();
    },
  ],
])("%s ends previews", async (_, act) => {
  move(5);
  await asked[0]?.answer(aDecoded(5));
  act();
  expect(shownAt()).toBeNull();
  move(6);
  expect(asked).toHaveLength(1);
});

test("a click on a preview has its answer at once, without the decoder", async () => {
  move(5);
  const decoded = aDecoded(5);
  await asked[0]?.answer(decoded);
  expect(taken).not.toHaveBeenCalled();
  click(5);
  await settle();
  expect(taken).toHaveBeenCalledWith(decoded);
  expect(decode).not.toHaveBeenCalled();
  expect(currentModelMask(store.state.value.draft)?.logits[0]).toBe(5);
  expect(shownAt()).toBeNull();
});

test("a click elsewhere, or to take away, is decoded", async () => {
  move(5);
  await asked[0]?.answer(aDecoded(5));
  click(5, 0);
  expect(decode).toHaveBeenCalledOnce();
  store.dispatch({ kind: "undo" });
  click(7);
  expect(decode).toHaveBeenCalledTimes(2);
});

test("where only the shown token was made, the rest is made at rest, and a click meanwhile keeps the preview in sight", async () => {
  move(5);
  move(6);
  await asked[0]?.answer(null);
  expect(asked).toHaveLength(2);
  await asked[1]?.answer(null);
  expect(asked).toHaveLength(2);
  await vi.waitFor(() => expect(asked).toHaveLength(3));
  expect(asked[2]).toMatchObject({ at: [6, 4, 1], whole: true });
  click(6);
  expect(decode).toHaveBeenCalledOnce();
  expect(shownAt()).toBe(6);
  store.dispatch({ kind: "addPoint", at: imagePoint(8, 4), label: 1 });
  expect(shownAt()).toBeNull();
});

test("a pointer that goes on has no time for the whole answer", async () => {
  for (const x of [5, 6, 7]) {
    move(x);
    await asked.at(-1)?.answer(null);
  }
  store.cursor.value = null;
  await new Promise((done) => setTimeout(done, 150));
  expect(asked.map(({ whole }) => whole)).toEqual([false, false, false]);
});

test("while the image is zoomed nothing is looked at; what lies under the pointer then is, once it rests", async () => {
  const zoomTo = (zoom: number) => {
    store.view.value = { ...store.view.value, viewport: { zoom, offsetX: 0, offsetY: 0 } };
  };
  move(16);
  for (const zoom of [1.5, 2, 3, 4]) zoomTo(zoom);
  expect(points()).toEqual([[16, 4]]);
  await vi.waitFor(() =>
    expect(points()).toEqual([
      [16, 4],
      [4, 1],
    ]),
  );
});

test("after a mask is accepted only a move is looked at", () => {
  move(5);
  click(5);
  store.handDown.value = false;
  store.dispatch({ kind: "accept", nextMaskId: "m2" });
  expect(asked).toHaveLength(1);
  move(6);
  expect(asked).toHaveLength(2);
});

test("another image begins without the old one's preview, whose late answer is not shown", async () => {
  move(5);
  await asked[0]?.answer(aDecoded(5));
  move(6);
  decoding.setImage({ ...anImage, key: { ...anImage.key, imageSha256: "cd" } });
  store.dispatch({ kind: "showImage", image: { id: 2, width: 40, height: 30 }, saved: [], maskId: "m2" });
  expect(shownAt()).toBeNull();
  await asked[1]?.answer(aDecoded(6));
  expect(shownAt()).toBeNull();
  click(5);
  expect(decode).toHaveBeenCalledOnce();
});

test("one that fails is the image's last; one that gave way is not", async () => {
  move(5);
  await asked[0]?.fail(new Superseded());
  move(6);
  expect(asked).toHaveLength(2);
  await asked[1]?.fail(new Error("out of memory"));
  move(7);
  expect(asked).toHaveLength(2);
  expect(store.notice.value).toBeNull();
});

test("the choice is kept for the person, not for others at the same browser", () => {
  store.toggleHover();
  expect(new Store(aPage).hover.value).toBe(false);
  expect(new Store({ ...aPage, user: { ...aPage.user, id: 99 } }).hover.value).toBe(true);
});
