import { describe, expect, it } from "vitest";
import { type Coloured, colourBeside, PALETTE, UNDER_WORK } from "./palette";

type Three = readonly [number, number, number];

/** What is left of linear RGB, as rows of a matrix: Machado, Oliveira and Fernandes 2009, severity 1. */
const VISIONS: Readonly<Record<string, readonly Three[]>> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};
/** From linear sRGB to XYZ, each divided by that of white. */
const TO_XYZ: readonly Three[] = [
  [0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047],
  [0.2126729, 0.7151522, 0.072175],
  [0.0193339 / 1.08883, 0.119192 / 1.08883, 0.9503041 / 1.08883],
];

function times(matrix: readonly Three[], [a, b, c]: Three): Three {
  return matrix.map(([x, y, z]) => x * a + y * b + z * c) as unknown as Three;
}

function each(three: Three, change: (value: number) => number): Three {
  return three.map(change) as unknown as Three;
}

function lab(colour: Three, vision: readonly Three[]): Three {
  const linear = each(colour, (value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const seen = each(times(vision, linear), (value) => Math.min(1, Math.max(0, value)));
  const [x, y, z] = each(times(TO_XYZ, seen), (value) =>
    value > 216 / 24389 ? Math.cbrt(value) : ((24389 / 27) * value + 16) / 116,
  );
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function distance(a: Three, b: Three, vision: readonly Three[]): number {
  const [first, second] = [lab(a, vision), lab(b, vision)];
  return Math.hypot(first[0] - second[0], first[1] - second[1], first[2] - second[2]);
}

describe("the palette", () => {
  it("is reckoned right: white is 100 from black, and green is not red", () => {
    const { normal = [], deuteranopia = [] } = VISIONS;
    expect(distance([255, 255, 255], [0, 0, 0], normal)).toBeCloseTo(100, 1);
    expect(distance([160, 90, 60], [110, 115, 60], normal)).toBeGreaterThan(35);
    expect(distance([160, 90, 60], [110, 115, 60], deuteranopia)).toBeLessThan(12);
  });

  for (const [name, vision] of Object.entries(VISIONS)) {
    it(`has no two colours that look alike with ${name} vision`, () => {
      for (const [index, colour] of PALETTE.entries()) {
        for (const other of PALETTE.slice(0, index)) expect(distance(colour, other, vision)).toBeGreaterThan(30);
        expect(distance(colour, UNDER_WORK, vision)).toBeGreaterThan(20);
      }
    });
  }
});

describe("the colour of a new mask", () => {
  const at = (x: number, colour: number): Coloured => ({ bbox: [x, 0, 10, 10], colour });

  it("is the next of the palette, far from others", () => {
    expect(colourBeside([500, 500, 10, 10], [at(0, 4)], 4)).toBe(4);
    expect(colourBeside([500, 500, 10, 10], [], PALETTE.length + 2)).toBe(2);
    expect(colourBeside(null, [at(0, 3)], 3)).toBe(3);
  });

  it("is none of those beside it", () => {
    expect(colourBeside([10.5, 0, 10, 10], [at(0, 4), at(21, 5), at(90, 6)], 4)).toBe(6);
    expect(colourBeside([0, 0, 300, 300], [at(0, 4), at(21, 5), at(90, 6)], 4)).toBe(7);
  });

  it("is the one that the fewest beside it have when all are taken", () => {
    const all = PALETTE.map((_, colour) => at(0, colour));
    expect(colourBeside([0, 0, 10, 10], [...all, ...all.filter(({ colour }) => colour !== 7)], 3)).toBe(7);
  });
});
