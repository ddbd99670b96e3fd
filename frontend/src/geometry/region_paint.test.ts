import { describe, expect, it } from "vitest";
import { RegionMap } from "./region_map";
import { axisPixels, type Border, paintRegions, type RegionColours, sampleRegions } from "./region_paint";

const FILL = 0x40_00_00_ff;
const LINE = 0xff_00_00_ff;
const HALO = 0x78_00_00_00;

/** One mask, region 1, in one colour. */
function colours(width: number): RegionColours {
  const sides = (here: number, there: number): Border => ({ here, there, hereWidth: width, thereWidth: width });
  return {
    fill: Uint32Array.of(0, FILL),
    halo: HALO,
    border: (here, there) => sides(here > there ? LINE : 0, there > here ? LINE : 0),
  };
}

/** A mask of the columns from..to and all rows of an image of 8 × 8. */
function band(from: number, to: number): RegionMap {
  const map = new RegionMap(8, 8);
  map.change(0, [from * 8, (to - from) * 8, (8 - to) * 8], true);
  return map;
}

const SIGNS = new Map([
  [0, "."],
  [FILL, "o"],
  [LINE, "#"],
  [HALO, "-"],
]);

function painted(map: RegionMap, scale: number, across: number, down: number, lineWidth: number, shift = 0): string[] {
  const columns = axisPixels(0, across, shift, scale, map.width);
  const rows = axisPixels(0, down, 0, scale, map.height);
  const [sampled, out] = [new Uint32Array(across * down), new Uint32Array(across * down)];
  sampleRegions(map, columns, rows, sampled);
  paintRegions(sampled, { width: across, height: down }, colours(lineWidth), out);
  return Array.from({ length: down }, (_, y) =>
    Array.from({ length: across }, (_, x) => SIGNS.get(out[y * across + x] ?? 0) ?? "?").join(""),
  );
}

describe("regions on the display", () => {
  it("have an outline inside the mask and a halo around it", () => {
    expect(painted(band(2, 7), 1, 8, 2, 1)).toEqual([".-#ooo#-", ".-#ooo#-"]);
  });

  it("have outlines of one width at any zoom, on the pixels' true border", () => {
    expect(painted(band(2, 5), 4, 24, 1, 2)).toEqual([".......-##oooooooo##-..."]);
    expect(painted(band(2, 6), 0.5, 4, 1, 1)).toEqual(["-##-"]);
  });

  it("end with the image", () => {
    expect(painted(band(0, 8), 1, 12, 3, 1, 2)[1]).toEqual(".-#oooooo#-.");
    expect(painted(band(0, 8), 1, 8, 10, 1).map((row) => row[4])).toEqual([..."ooooooo#-."]);
  });

  it("are looked up where the display's pixels have their middle", () => {
    expect([...axisPixels(0, 4, 0, 0.5, 8)]).toEqual([1, 3, 5, 7]);
    expect([...axisPixels(-1, 5, 0, 2, 2)]).toEqual([-1, 0, 0, 1, 1, -1]);
  });

  it("a line of one mask stops where another region begins", () => {
    const map = band(2, 3);
    expect(painted(map, 1, 8, 1, 5)).toEqual([".-#-...."]);
  });
});
