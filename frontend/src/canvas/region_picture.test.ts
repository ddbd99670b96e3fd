import { describe, expect, it } from "vitest";
import { RegionMap } from "../geometry/region_map";
import type { Placement } from "./placement";
import { type MaskLook, RegionLook } from "./region_look";
import { RegionPicture } from "./region_picture";

const IMAGE = { width: 60, height: 40 };
const DISPLAY = { width: 50, height: 45 };
const LOOKS: MaskLook[] = [
  { colour: [200, 10, 10], area: 600, opacity: 0.4, edgeWidth: 2 },
  { colour: [10, 200, 10], area: 300, opacity: 0.4, edgeWidth: 3 },
  { colour: [10, 10, 200], area: 100, opacity: 0.4, edgeWidth: 1 },
];

/** Runs of a rectangle. */
function rectangle(x: number, y: number, width: number, height: number): number[] {
  const runs = [x * IMAGE.height + y];
  for (let column = 0; column < width; column++) runs.push(height, IMAGE.height - height);
  runs[runs.length - 1] = IMAGE.width * IMAGE.height - (x + width - 1) * IMAGE.height - y - height;
  return runs;
}

const RECTANGLES = [rectangle(5, 5, 40, 25), rectangle(20, 15, 30, 20), rectangle(30, 2, 8, 36)];

function mapOf(count: number): RegionMap {
  const map = new RegionMap(IMAGE.width, IMAGE.height);
  for (const [mask, runs] of RECTANGLES.slice(0, count).entries()) map.change(mask, runs, true);
  return map;
}

function fresh(map: RegionMap, placement: Placement): number[] {
  const picture = new RegionPicture();
  picture.resize(DISPLAY);
  picture.paint(map, new RegionLook(map, LOOKS), placement, null);
  return [...picture.pixels];
}

describe("the picture of accepted masks", () => {
  it("is after a move what it would be if it were painted anew, at any zoom", () => {
    const map = mapOf(3);
    for (const scale of [0.37, 1, 5]) {
      const colours = new RegionLook(map, LOOKS);
      const picture = new RegionPicture();
      picture.resize(DISPLAY);
      let [shiftX, shiftY] = [-3.25, 2.5];
      picture.paint(map, colours, { scale, shiftX, shiftY }, null);
      for (const [dx, dy] of [
        [4, 0],
        [-9, 3],
        [0, -20],
        [13, 11],
        [-60, 0],
        [58, 2],
      ] as const) {
        [shiftX, shiftY] = [shiftX + dx, shiftY + dy];
        picture.paint(map, colours, { scale, shiftX, shiftY }, null);
        expect([...picture.pixels], `${scale}: ${dx}, ${dy}`).toEqual(fresh(map, { scale, shiftX, shiftY }));
      }
    }
  });

  it("is painted only where a mask changed, and right there", () => {
    const placement = { scale: 0.7, shiftX: 3, shiftY: 1 };
    const map = mapOf(2);
    const picture = new RegionPicture();
    picture.resize(DISPLAY);
    picture.paint(map, new RegionLook(map, LOOKS), placement, null);
    map.change(2, RECTANGLES[2] ?? [], true);
    const changed = { x0: 30, y0: 2, x1: 38, y1: 38 };
    const painted = picture.paint(map, new RegionLook(map, LOOKS), placement, changed);
    expect([...picture.pixels]).toEqual(fresh(mapOf(3), placement));
    expect(painted?.x0).toBeGreaterThan(10);
    expect(painted?.x1).toBeLessThan(45);
  });

  it("does nothing where nothing changed", () => {
    const map = mapOf(1);
    const picture = new RegionPicture();
    picture.resize(DISPLAY);
    const placement = { scale: 1, shiftX: 0, shiftY: 0 };
    expect(picture.paint(map, new RegionLook(map, LOOKS), placement, null)).not.toBeNull();
    expect(picture.paint(map, new RegionLook(map, LOOKS), placement, null)).toBeNull();
  });

  it("does not let fractions of a move add up", () => {
    const map = mapOf(3);
    const colours = new RegionLook(map, LOOKS);
    const picture = new RegionPicture();
    picture.resize(DISPLAY);
    let shiftX = 0;
    for (let step = 0; step < 200; step++) {
      shiftX += 0.01;
      picture.paint(map, colours, { scale: 1, shiftX, shiftY: 0 }, null);
    }
    expect([...picture.pixels]).toEqual(fresh(map, { scale: 1, shiftX: 2, shiftY: 0 }));
  });
});
