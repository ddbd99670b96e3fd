import { describe, expect, it } from "vitest";
import { type MaskLook, packed, RegionLook, type Regions } from "./region_look";

const RED = [255, 0, 0] as const;
const GREEN = [0, 255, 0] as const;
/** Region 1: the whole alone; 2: a part on it; 3: the part where it reaches out of the whole. */
const regions: Regions = { regionCount: 4, masksIn: (region) => [[], [0], [0, 1], [1]][region] ?? [] };
const whole: MaskLook = { colour: RED, area: 900, opacity: 0.4, edgeWidth: 2 };
const part: MaskLook = { colour: GREEN, area: 30, opacity: 0.8, edgeWidth: 3 };

describe("the colours of regions", () => {
  it("are those of the smallest mask over a pixel, so that parts lie on wholes", () => {
    const look = new RegionLook(regions, [whole, part]);
    expect([...look.fill]).toEqual([0, packed(RED, 102), packed(GREEN, 204), packed(GREEN, 204)]);
    expect(look.topmost([0, 1])).toBe(1);
  });

  it("leave out masks that are not shown, for the pointer too", () => {
    const look = new RegionLook(regions, [whole, null]);
    expect([...look.fill]).toEqual([0, packed(RED, 102), packed(RED, 102), 0]);
    expect(look.topmost([0, 1])).toBe(0);
    expect(look.topmost([1])).toBeNull();
  });

  it("draw an outline on the side that its mask covers, under other masks too", () => {
    const look = new RegionLook(regions, [whole, part]);
    expect(look.border(1, 0)).toEqual({ here: packed(RED, 255), hereWidth: 2, there: 0, thereWidth: 0 });
    expect(look.border(0, 1)).toEqual({ here: 0, hereWidth: 0, there: packed(RED, 255), thereWidth: 2 });
    expect(look.border(2, 1)).toMatchObject({ here: packed(GREEN, 255), hereWidth: 3, there: 0 });
    expect(look.border(2, 3)).toMatchObject({ here: packed(RED, 255), there: 0 });
    expect(look.border(2, 3), "asked again").toMatchObject({ here: packed(RED, 255), there: 0 });
    expect(look.border(1, 3), "of either mask").toMatchObject({ here: packed(RED, 255), there: packed(GREEN, 255) });
  });

  it("draw no outline of a mask that is not shown", () => {
    expect(new RegionLook(regions, [null, part]).border(2, 3).here).toBe(0);
  });

  it("keep full opacity apart from outlines, which are told by it", () => {
    const look = new RegionLook(regions, [{ ...whole, opacity: 1.7 }, null]);
    expect((look.fill[1] ?? 0) >>> 24).toBe(254);
  });
});
