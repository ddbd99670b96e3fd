// Colours of accepted masks, and which one a mask gets.

/** [x, y, width, height] in image pixels. */
type Bbox = readonly [x: number, y: number, width: number, height: number];

export interface Coloured {
  readonly bbox: Bbox;
  /** Index into the palette. */
  readonly colour: number;
}

/**
 * Nine colours that everyone tells apart: as people with normal vision, protanopia, deuteranopia or tritanopia see them (after
 * Machado, Oliveira and Fernandes 2009, severity 1), any two are at least 30 apart in CIELAB, of which about 2 is just noticed, and
 * each is at least 20 from the blue of the mask under work. Found by a search over all colours that do both; palette.test.ts reckons
 * it again.
 */
export const PALETTE: readonly (readonly [red: number, green: number, blue: number])[] = [
  [255, 225, 0],
  [150, 15, 180],
  [0, 255, 225],
  [210, 135, 30],
  [105, 0, 255],
  [180, 240, 150],
  [105, 90, 30],
  [165, 150, 210],
  [30, 120, 105],
];

export const UNDER_WORK = [66, 153, 255] as const;

export function colourOf(index: number): readonly [red: number, green: number, blue: number] {
  return PALETTE[index % PALETTE.length] ?? UNDER_WORK;
}

/** Masks whose boxes come so near, as a share of the box's sides, lie beside each other. */
const NEAR = 0.1;

/**
 * The colour for a mask among others: one that no mask beside it has, else the one that the fewest of them have. From `first` on, so
 * that masks far from each other go through the palette.
 */
export function colourBeside(bbox: Bbox | null, others: readonly Coloured[], first: number): number {
  const count = PALETTE.length;
  const uses = new Array<number>(count).fill(0);
  for (const other of others) if (bbox && areNear(bbox, other.bbox)) uses[other.colour % count]! += 1;
  let best = first % count;
  for (let step = 1; step < count; step++) {
    const colour = (first + step) % count;
    if (uses[colour]! < uses[best]!) best = colour;
  }
  return best;
}

function areNear([x, y, width, height]: Bbox, [left, top, across, down]: Bbox): boolean {
  const [roomX, roomY] = [NEAR * width, NEAR * height];
  return (
    x - roomX <= left + across && left <= x + width + roomX && y - roomY <= top + down && top <= y + height + roomY
  );
}
