import { describe, expect, test } from "vitest";
import { canvasPoint, imagePoint } from "../geometry/points";
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
    const prompts = { points: [], box: null };
    const step = moveHand(hand, input, { tool, view, image, prompts, maskId: "mask", ...context });
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

describe("a prompt under the pointer", () => {
  // Marks at (33, 45) and (91, 61) on the canvas; the box from (50, 40) to (130, 100).
  const points = [
    { at: imagePoint(11, 12), label: 1 as const },
    { at: imagePoint(40, 20), label: 0 as const },
  ];
  const prompts = { points, box: [20, 10, 60, 40] as const };

  test("is picked by a press, with either prompt tool", () => {
    for (const tool of ["click", "box"] as const) {
      expect(commands(play(tool, [down(33, 45), move([34, 46]), up], { prompts }))).toEqual([
        { kind: "selectPrompt", prompt: { kind: "point", index: 0 } },
      ]);
    }
  });

  test("follows a drag from wherever it was taken, and stays inside the image", () => {
    expect(commands(play("click", [down(31, 44), move([41, 44]), move([900, 44]), up], { prompts }))).toEqual([
      { kind: "beginMove", prompt: { kind: "point", index: 0 } },
      { kind: "movePrompt", to: { kind: "point", at: { x: 16, y: 12 }, label: 1 } },
      { kind: "movePrompt", to: { kind: "point", at: { x: 99, y: 12 }, label: 1 } },
      { kind: "endMove" },
    ]);
  });

  test("goes back when the browser breaks the drag off", () => {
    const done = commands(play("click", [down(33, 45), move([60, 45]), { kind: "cancel" }], { prompts }));
    expect(done.at(-1)).toEqual({ kind: "cancelMove" });
  });

  test("is removed by the right button or Alt", () => {
    const removed = [{ kind: "removePrompt", prompt: { kind: "point", index: 1 } }];
    expect(commands(play("click", [down(91, 61, { button: "right" }), up], { prompts }))).toEqual(removed);
    expect(commands(play("click", [down(91, 61, { alt: true }), up], { prompts }))).toEqual(removed);
    expect(commands(play("box", [down(130, 100, { button: "right" }), up], { prompts }))).toEqual([
      { kind: "removePrompt", prompt: { kind: "box" } },
    ]);
  });

  test("a box is pulled by a corner and by an edge", () => {
    const pulled = (x: number, y: number, to: [number, number]) =>
      commands(play("box", [down(x, y), move(to), up], { prompts })).flatMap((done) =>
        done.kind === "movePrompt" && done.to.kind === "box" ? [done.to.box] : [],
      );
    expect(pulled(130, 100, [150, 110])).toEqual([[20, 10, 70, 45]]);
    expect(pulled(50, 70, [40, 200])).toEqual([[15, 10, 60, 40]]);
    expect(pulled(90, 41, [0, 30])).toEqual([[20, 5, 60, 40]]);
  });

  test("a box is moved as a whole by its handle, as far as the image goes", () => {
    const moves = (to: [number, number]) =>
      commands(play("click", [down(90, 22), move(to), up], { prompts })).flatMap((done) =>
        done.kind === "movePrompt" && done.to.kind === "box" ? [done.to.box] : [],
      );
    expect(moves([100, 40])).toEqual([[25, 19, 65, 49]]);
    expect(moves([900, 900])).toEqual([[60, 20, 100, 50]]);
    expect(moves([-900, 22])).toEqual([[0, 10, 40, 40]]);
  });

  test("with the click tool a press on the box's edge is a click", () => {
    expect(commands(play("click", [down(50, 70), up], { prompts }))).toEqual([
      { kind: "addPoint", at: { x: 20, y: 25 }, label: 1 },
    ]);
    expect(commands(play("click", [down(50, 70, { button: "right" }), up], { prompts }))).toMatchObject([
      { kind: "addPoint", label: 0 },
    ]);
  });

  test("is wider for a finger", () => {
    expect(commands(play("click", [down(20, 45, { finger: true }), up], { prompts }))).toMatchObject([
      { kind: "selectPrompt" },
    ]);
    expect(commands(play("click", [down(20, 45), up], { prompts }))).toMatchObject([{ kind: "addPoint" }]);
  });

  test("is no hindrance to the brush", () => {
    expect(commands(play("brush", [down(33, 45), up], { prompts }))[0]).toMatchObject({ kind: "beginStroke" });
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

describe("the lasso in one go", () => {
  test("shows its line while it is drawn, and fills it when it is let go", () => {
    const effects = play("lasso", [down(30, 40), move([50, 40], [50, 60]), move([30, 60]), up]);
    const points = [
      { x: 10, y: 10 },
      { x: 20, y: 10 },
      { x: 20, y: 20 },
      { x: 10, y: 20 },
    ];
    expect(effects).toEqual([
      ...[1, 3, 4].map((count) => ({ kind: "lasso", line: { points: points.slice(0, count), corners: [] } })),
      { kind: "command", command: { kind: "fillPolygon", mode: "brush", points } },
      { kind: "lasso", line: null },
    ]);
  });

  test("takes away with the right button or Alt", () => {
    const way = [move([50, 40], [50, 60]), up];
    expect(commands(play("lasso", [down(30, 40, { button: "right" }), ...way]))).toMatchObject([{ mode: "eraser" }]);
    expect(commands(play("lasso", [down(30, 40, { alt: true }), ...way]))).toMatchObject([{ mode: "eraser" }]);
  });

  test("a line that the browser broke off fills nothing", () => {
    const broken = play("lasso", [down(30, 40), move([50, 40], [50, 60]), { kind: "cancel" }]);
    expect(commands(broken)).toEqual([]);
    expect(broken.at(-1)).toEqual({ kind: "lasso", line: null });
  });
});

describe("the lasso corner by corner", () => {
  const click = (x: number, y: number, more = {}) => [down(x, y, more), up];
  const hover = (x: number, y: number): PointerInput => ({ kind: "hover", at: canvasPoint(x, y) });
  const key = (does: "fill" | "takeBack" | "drop"): PointerInput => ({ kind: "line", does });
  const three = [...click(30, 40), ...click(90, 40), ...click(90, 100)];
  const triangle = [
    { x: 10, y: 10 },
    { x: 40, y: 10 },
    { x: 40, y: 40 },
  ];
  const filled = { kind: "fillPolygon", mode: "brush", points: triangle };
  const line = (effects: HandEffect[]) => effects.findLast((effect) => effect.kind === "lasso")?.line;

  test("stays open between the presses, and shows where the next corner would be", () => {
    const effects = play("lasso", [...three, hover(50, 120)]);
    expect(commands(effects)).toEqual([]);
    expect(line(effects)).toEqual({ points: [...triangle, { x: 20, y: 50 }], corners: triangle });
    expect(line(play("lasso", [...three, { kind: "hover", at: null }]))?.points).toEqual(triangle);
  });

  test("is filled at its first corner, at a second press on its last one, or by a key", () => {
    for (const end of [click(34, 44), click(91, 99), [key("fill")]]) {
      const effects = play("lasso", [...three, ...end]);
      expect(commands(effects)).toEqual([filled]);
      expect(effects.at(-1)).toEqual({ kind: "lasso", line: null });
    }
    const finger = { finger: true };
    expect(commands(play("lasso", [...three, ...click(44, 52)])), "beside the corner").toEqual([]);
    expect(commands(play("lasso", [...three, ...click(44, 52, finger)]))).toEqual([filled]);
  });

  test("is no area before its third corner", () => {
    const two = three.slice(0, 4);
    const effects = play("lasso", [...two, ...click(90, 40), key("fill"), ...click(90, 100), key("fill")]);
    expect(commands(effects)).toEqual([filled]);
  });

  test("takes away where it began with the right button", () => {
    const effects = play("lasso", [...click(30, 40, { button: "right" }), ...three.slice(2), key("fill")]);
    expect(commands(effects)).toMatchObject([{ mode: "eraser", points: triangle }]);
  });

  test("may be drawn by hand on the way", () => {
    const effects = play("lasso", [...click(30, 40), down(90, 40), move([90, 70], [90, 100]), up, key("fill")]);
    expect(commands(effects)).toMatchObject([{ points: [triangle[0], triangle[1], { x: 40, y: 25 }, triangle[2]] }]);
  });

  test("what the last press drew can be taken back, down to nothing", () => {
    const more = [down(50, 120), move([40, 120], [30, 120]), up];
    expect(commands(play("lasso", [...three, ...more, key("takeBack"), key("fill")]))).toEqual([filled]);
    const none = play("lasso", [...three, key("takeBack"), key("takeBack"), key("takeBack"), key("fill")]);
    expect([commands(none), line(none)]).toEqual([[], null]);
  });

  test("can be dropped, and is not continued for another mask or with another tool", () => {
    expect(line(play("lasso", [...three, key("drop")]))).toBeNull();
    const open = three.reduce((hand, input) => moveHand(hand, input, at("lasso", "mask")).hand, HAND_UP);
    const gone = { hand: HAND_UP, effects: [{ kind: "lasso", line: null }] };
    expect(moveHand(open, { kind: "hover", at: null }, at("lasso", "next"))).toEqual(gone);
    expect(moveHand(open, { kind: "hover", at: null }, at("brush", "mask"))).toEqual(gone);
    expect(moveHand(open, down(30, 40), at("click", "mask")).effects).toMatchObject([
      { line: null },
      { command: { kind: "addPoint" } },
    ]);
  });

  test("outlives a move of the picture, and a press that the browser took away", () => {
    const pan = [down(60, 60, { button: "middle" }), move([65, 58]), up];
    const broken: PointerInput[] = [down(50, 120), move([60, 140]), { kind: "cancel" }];
    const effects = play("lasso", [...three, ...pan, ...broken, key("fill")]);
    expect(effects).toContainEqual({ kind: "pan", dx: 5, dy: -2 });
    expect(commands(effects)).toEqual([filled]);
  });

  const at = (tool: Tool, maskId: string) => ({ tool, view, image, prompts: { points: [], box: null }, maskId });
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
