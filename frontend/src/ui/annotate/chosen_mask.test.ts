import { beforeEach, expect, test, vi } from "vitest";
import type { SavedMask } from "../../state/saved";
import { NO_VIEW } from "../../state/view";
import { ChosenMask } from "./chosen_mask";
import { aPage } from "./samples";
import { Store } from "./store";

let store: Store;
let chosen: ChosenMask;
let under: string | null;
let remove: ReturnType<typeof vi.fn>;

const mask = (id: string, bbox: SavedMask["bbox"] = [0, 0, 10, 10]) => ({ id, bbox, area: 100 }) as SavedMask;

beforeEach(() => {
  under = null;
  store = new Store(aPage);
  remove = vi.fn(async () => {});
  chosen = new ChosenMask(store, { delete: remove as never }, () => under);
  store.view.value = { ...NO_VIEW, canvas: { width: 800, height: 600 } };
});

const show = (...saved: SavedMask[]) =>
  store.dispatch({ kind: "showImage", image: { id: 1, width: 400, height: 300 }, saved, maskId: "m" });
const pointedAt = () => store.state.value.pointedAt;

test("keys go through the list from the newest on, and round", () => {
  show(mask("a"), mask("b"), mask("c"));
  const seen = [1, 1, 1, 1, -1].map((direction) => {
    chosen.step(direction as 1 | -1);
    return pointedAt();
  });
  expect(seen).toEqual(["c", "b", "a", "c", "a"]);
  expect(store.announcement.value).toBe("Mask 1 of 3, 100 pixels");
});

test("the mask that is pointed at is zoomed to, hidden and deleted", () => {
  show(mask("a"), mask("b", [100, 50, 40, 20]));
  chosen.step(1);
  chosen.zoom();
  expect(store.view.value.viewport.zoom * 40).toBeCloseTo(0.6 * 800);
  chosen.toggle();
  expect(store.state.value.hidden).toEqual(new Set(["b"]));
  chosen.delete();
  expect(remove).toHaveBeenCalledWith(expect.objectContaining({ id: "b" }));
});

test("without one it is the mask under the pointer", () => {
  show(mask("a"), mask("b"));
  under = "a";
  chosen.toggle();
  expect(store.state.value.hidden).toEqual(new Set(["a"]));
  chosen.step(1);
  chosen.toggle();
  expect(store.state.value.hidden).toEqual(new Set(["a", "b"]));
});

test("without one it is said how to get one", () => {
  show(mask("a"));
  chosen.delete();
  expect(remove).not.toHaveBeenCalled();
  expect(store.notice.value?.text).toContain("Page down");
});

test("without any mask that is said", () => {
  show();
  chosen.step(1);
  expect(store.notice.value?.text).toContain("No mask");
});

test("several are selected one by one and as a range, and deleted at once", () => {
  show(mask("a"), mask("b"), mask("c"), mask("d"));
  chosen.select("d");
  chosen.select("b", true);
  chosen.select("c");
  expect(chosen.several().map(({ id }) => id)).toEqual(["b", "d"]);
  chosen.delete();
  expect(remove).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ id: "b" }),
    expect.objectContaining({ id: "d" }),
  );
  expect(chosen.several()).toEqual([]);
});

test("the keys go through the list as it is sorted", () => {
  show({ ...mask("a"), area: 5 }, { ...mask("b"), area: 50 }, { ...mask("c"), area: 20 });
  chosen.sortNext();
  chosen.step(1);
  expect(pointedAt()).toBe("b");
  chosen.selectPointed();
  chosen.step(1);
  expect(pointedAt()).toBe("c");
  expect(chosen.several().map(({ id }) => id)).toEqual(["b"]);
});
