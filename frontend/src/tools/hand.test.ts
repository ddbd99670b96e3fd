import { describe, expect, test } from "vitest";
import { canvasPoint } from "../geometry/points";
import type { Tool } from "../state/editor_state";
import { NO_VIEW } from "../state/view";
import { HAND_UP, type HandContext, type HandEffect, moveHand, type PointerInput } from "./hand";

// Two canvas pixels per image pixel, the image's corner at (10, 20).
const view = { ...NO_VIEW, viewport: { zoom: 2, offsetX: 10, offsetY: 20 }, canvas: { width: 400, height: 300 } };
const image = { width: 100, height: 50 };

function play(tool: Tool, inputs: PointerInput[], context: Partial<HandContext> = {}): HandEffect[] {
  let hand = HAND_UP;
  const effects: HandEffect[] = [];
  for (const input of inputs) {
    const step = moveHand(hand, input, { tool, view, image, ...context });
    hand = step.hand;
    effects.push(...step.effects);
  }
  return effects;
}

const down = (x: number, y: number, more: Partial<Extract<PointerInput, { kind: "down" }>> = {}): PointerInput => ({
  kind: "down",
  at: canvasPoint(x, y),
  button: "left",
  alt: false,
  grab: false,
  ...more,
});
const move = (...spots: [number, number][]): PointerInput => ({
  kind: "move",
  through: spots.map(([x, y]) => canvasPoint(x, y)),
});
const up: PointerInput = { kind: "up" };
const commands = (effects: HandEffect[]) =>
  effects.flatMap((effect) => (effect.kind === "command" ? effect.command : []));

describe("the click tool", () => {
  test("left puts a foreground point on the pixel under the pointer, as soon as the button goes down", () => {
    expect(commands(play("click", [down(33, 45)]))).toEqual([{ kind: "addPoint", at: { x: 11, y: 12 }, label: 1 }]);
  });

  test("right and Alt put background points", () => {
    const background = [{ kind: "addPoint", at: { x: 11, y: 12 }, label: 0 }];
    expect(commands(play("click", [down(33, 45, { button: "right" }), up]))).toEqual(background);
    expect(commands(play("click", [down(33, 45, { alt: true }), up]))).toEqual(background);
  });

  test("beside the image nothing is put down", () => {
    expect(play("click", [down(9, 45), up])).toEqual([]);
    expect(play("click", [down(210, 45), up])).toEqual([]);
    expect(play("click", [down(209.9, 45), up])).toHaveLength(1);
  });

  test("moving with the button down puts down no more", () => {
    expect(play("click", [down(33, 45), move([40, 50], [60, 70]), up])).toHaveLength(1);
  });
});

describe("the box tool", () => {
  test("shows the box while it is dragged and gives it when let go, whichever way it went", () => {
    const effects = play("box", [down(110, 80), move([60, 60]), move([30, 40]), up]);
    expect(effects).toEqual([
      { kind: "drag", box: [25, 20, 50, 30] },
      { kind: "drag", box: [10, 10, 50, 30] },
      { kind: "command", command: { kind: "setBox", box: [10, 10, 50, 30] } },
      { kind: "drag", box: null },
    ]);
  });

  test("ends at the image's edge", () => {
    expect(commands(play("box", [down(0, 0), move([900, 900]), up]))).toEqual([
      { kind: "setBox", box: [0, 0, 100, 50] },
    ]);
  });

  test("a slip is no box, and neither is one that the browser broke off", () => {
    expect(commands(play("box", [down(30, 40), move([32, 41]), up]))).toEqual([]);
    expect(commands(play("box", [down(30, 40), move([90, 90]), { kind: "cancel" }]))).toEqual([]);
  });

  test("the right button puts a background point", () => {
    expect(commands(play("box", [down(33, 45, { button: "right" })]))).toMatchObject([{ kind: "addPoint", label: 0 }]);
  });
});

describe("brush and eraser", () => {
  test("paint through every place the browser had joined", () => {
    expect(commands(play("brush", [down(30, 40), move([32, 40], [34, 44]), move([40, 44]), up]))).toEqual([
      { kind: "beginStroke", mode: "brush", at: { x: 10, y: 10 } },
      {
        kind: "extendStroke",
        through: [
          { x: 11, y: 10 },
          { x: 12, y: 12 },
        ],
      },
      { kind: "extendStroke", through: [{ x: 15, y: 12 }] },
      { kind: "endStroke" },
    ]);
  });

  test("a stroke may begin beside the image, and keeps what it painted when it is broken off", () => {
    const done = commands(play("eraser", [down(0, 0), move([30, 40]), { kind: "cancel" }]));
    expect(done.map(({ kind }) => kind)).toEqual(["beginStroke", "extendStroke", "endStroke"]);
  });

  test("the right button does the opposite", () => {
    expect(commands(play("brush", [down(30, 40, { button: "right" })]))).toMatchObject([{ mode: "eraser" }]);
    expect(commands(play("eraser", [down(30, 40, { alt: true })]))).toMatchObject([{ mode: "brush" }]);
  });
});

describe("panning", () => {
  test("with the middle button or the space bar, with any tool", () => {
    const pan = [
      { kind: "pan", dx: 5, dy: -2 },
      { kind: "pan", dx: 1, dy: 1 },
    ];
    const path = [move([35, 38]), move([36, 39]), up];
    expect(play("brush", [down(30, 40, { button: "middle" }), ...path])).toEqual(pan);
    expect(play("click", [down(30, 40, { grab: true }), ...path])).toEqual(pan);
  });
});

test("a second button while one is held changes nothing", () => {
  const effects = play("brush", [down(30, 40), down(50, 60, { button: "right" }), move([52, 60]), up]);
  expect(commands(effects).map(({ kind }) => kind)).toEqual(["beginStroke", "extendStroke", "endStroke"]);
});

test("without an image the hand does nothing", () => {
  expect(play("click", [down(33, 45), up], { image: null })).toEqual([]);
});
