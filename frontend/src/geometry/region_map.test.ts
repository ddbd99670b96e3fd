import { describe, expect, it } from "vitest";
import { Bitmap } from "./bitmap";
import { RegionMap } from "./region_map";
import { encodeRle, runsOfRle } from "./rle";

const [WIDTH, HEIGHT] = [23, 17];

function disc(x: number, y: number, radius: number): Bitmap {
  const bitmap = new Bitmap(WIDTH, HEIGHT);
  for (let row = 0; row < HEIGHT; row++) {
    for (let column = 0; column < WIDTH; column++) {
      if (Math.hypot(column - x, row - y) <= radius) bitmap.data[row * WIDTH + column] = 1;
    }
  }
  return bitmap;
}

function masksAtEachPixel(map: RegionMap): string[] {
  return Array.from({ length: WIDTH * HEIGHT }, (_, at) => map.masksAt(at % WIDTH, Math.floor(at / WIDTH)).join(" "));
}

function expected(masks: ReadonlyMap<number, Bitmap>): string[] {
  return Array.from({ length: WIDTH * HEIGHT }, (_, at) =>
    [...masks]
      .filter(([, bitmap]) => bitmap.data[at] === 1)
      .map(([mask]) => mask)
      .sort((a, b) => a - b)
      .join(" "),
  );
}

/** Numbers that come again with every run. */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("a map of regions", () => {
  it("knows the masks over every pixel after any masks came and went", () => {
    const chance = chances(7);
    const map = new RegionMap(WIDTH, HEIGHT);
    const masks = new Map<number, Bitmap>();
    for (let step = 0; step < 300; step++) {
      const mask = Math.floor(chance() * 12);
      const bitmap = masks.get(mask) ?? disc(chance() * WIDTH, chance() * HEIGHT, chance() * 8);
      const present = !masks.has(mask);
      map.change(mask, runsOfRle(encodeRle(bitmap)), present);
      if (present) masks.set(mask, bitmap);
      else masks.delete(mask);
      if (step % 10 === 0) expect(masksAtEachPixel(map)).toEqual(expected(masks));
    }
    expect(masksAtEachPixel(map)).toEqual(expected(masks));
    expect(map.regionCount).toBeLessThan(200);
  });

  it("covers nothing outside the image", () => {
    const map = new RegionMap(WIDTH, HEIGHT);
    map.change(3, [0, WIDTH * HEIGHT], true);
    expect(map.masksAt(0, 0)).toEqual([3]);
    for (const [x, y] of [
      [-1, 0],
      [0, -0.5],
      [WIDTH, 0],
      [0, HEIGHT],
    ] as const)
      expect(map.masksAt(x, y)).toEqual([]);
  });

  it("begins empty in memory that was used before", () => {
    const first = new RegionMap(WIDTH, HEIGHT);
    first.change(0, [0, WIDTH * HEIGHT], true);
    const second = new RegionMap(HEIGHT, WIDTH, first.regions.buffer);
    expect(second.regions.buffer).toBe(first.regions.buffer);
    expect(second.masksAt(2, 2)).toEqual([]);
  });

  it("holds more regions than 16 bits can tell apart", () => {
    const map = new RegionMap(257, 256);
    const total = 257 * 256;
    // Mask k covers the pixels whose number has bit k: every pixel is a region of its own.
    for (let bit = 0; bit < 17; bit++) {
      const runs: number[] = [];
      const length = 2 ** bit;
      for (let sum = 0; sum < total; sum += length) runs.push(Math.min(length, total - sum));
      map.change(bit, runs, true);
    }
    expect(map.regions).toBeInstanceOf(Uint32Array);
    const pixel = 65_701;
    const bits = Array.from({ length: 17 }, (_, bit) => bit).filter((bit) => (pixel >> bit) & 1);
    expect(map.masksAt(Math.floor(pixel / 256), pixel % 256)).toEqual(bits);
  });
});
