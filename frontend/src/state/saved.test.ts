import { expect, test } from "vitest";
import { imagePoint } from "../geometry/points";
import type { MaskOut } from "../protocol/api";
import { NOTHING_OPEN } from "./editor_state";
import { reduce } from "./reducer";
import { savedFrom } from "./saved";

const told = (id: string, x: number): MaskOut =>
  ({ id, bbox: [x, 0, 20, 20], area: 400, prompts: { points: [], box: null } }) as unknown as MaskOut;

test("an image's masks are told apart from those beside them, however many there are elsewhere", () => {
  const far = Array.from({ length: 30 }, (_, index) => told(`far${index}`, 1000 + 100 * index));
  const saved = savedFrom([told("a", 0), ...far, told("b", 15), told("c", 30)]);
  const colourOf = (id: string) => saved.find((mask) => mask.id === id)?.colour ?? -1;
  const apart = new Set(["a", "b", "c"].map((id) => colourOf(id) % 9));
  expect(apart.size).toBe(3);
});

test("a mask that is accepted has another colour than those it lies among", () => {
  const image = { id: 1, width: 100, height: 50 };
  const saved = savedFrom([told("a", 0), told("b", 10), told("c", 20)]).map((mask, colour) => ({ ...mask, colour }));
  let state = reduce(NOTHING_OPEN, { kind: "showImage", image, saved, maskId: "new" });
  state = { ...state, nextColour: 1 };
  state = reduce(state, { kind: "beginStroke", mode: "brush", at: imagePoint(15, 10) });
  state = reduce(state, { kind: "accept", nextMaskId: "next" });
  expect(state.accepting.map(({ colour }) => colour)).toEqual([3]);
});
