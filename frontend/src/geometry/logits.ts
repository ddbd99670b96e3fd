// Low-res logits at image pixels, as the reference upsamples them: bilinear to the model's square, cropped to the resized
// image, bilinear to the image, both without align_corners. One step instead of two moves up to 0.7 % of the pixels. Computed only
// where it is asked for and can't be told without.

import { Bitmap } from "./bitmap";
import { areaOf, imageOf, type ModelFrame } from "./model_frame";
import type { ImageRect } from "./points";
import { columnTaps, range, rowTaps, spanOfTaps, type Taps } from "./taps";

export interface MaterialisedMask {
  readonly bitmap: Bitmap;
  /** Pixels above threshold + offset as a share of those above threshold - offset; null where there are none. */
  readonly stabilityScore: number | null;
}

/** The logits [rows × columns] in a rectangle of image pixels; -Infinity where the frame does not reach. */
export function upsample(frame: ModelFrame, logits: Float32Array, rect: ImageRect): Float32Array {
  const area = areaOf(frame);
  const [x0, y0] = [Math.max(rect.x0, area.x0), Math.max(rect.y0, area.y0)];
  const columns = columnTaps(frame, range(x0, Math.min(rect.x1, area.x1)));
  const rows = rowTaps(frame, range(y0, Math.min(rect.y1, area.y1)));
  const width = Math.max(0, rect.x1 - rect.x0);
  const out = new Float32Array(width * Math.max(0, rect.y1 - rect.y0)).fill(Number.NEGATIVE_INFINITY);
  const start = (y0 - rect.y0) * width + x0 - rect.x0;
  scan(
    frame,
    logits,
    { columns, rows, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY },
    {
      above: () => {},
      mixed: (row, from, to, values) => out.set(values.subarray(from, to), start + row * width + from),
    },
  );
  return out;
}

export interface Scan {
  readonly columns: Taps;
  /** Ascending. */
  readonly rows: Taps;
  readonly low: number;
  readonly high: number;
}

export interface Visitor {
  /** In this row all logits of the columns from..to are above `high`. */
  above(row: number, from: number, to: number): void;
  /** Here anything may be: `values[from..to]` are the logits. The array is reused. */
  mixed(row: number, from: number, to: number, values: Float32Array): void;
}

/**
 * Visits the logits at `rows` × `columns` except where all are at most `low`. An interpolated value lies between the samples it is
 * made of, so most of a mask is told from its low-res samples alone; only along the outline is anything computed.
 */
export function scan(
  frame: ModelFrame,
  logits: Float32Array,
  { columns, rows, low, high }: Scan,
  visit: Visitor,
): void {
  checkLogits(frame, logits);
  const values = new Float32Array(columns.first.length);
  const lowResRows = new LowResRows(frame, logits, columns);
  const cells = cellsOf(columns.first);
  let spans: readonly Span[] = [];
  for (let row = 0; row < rows.first.length; row++) {
    const first = rows.first[row]!;
    if (row === 0 || first !== rows.first[row - 1]) spans = spansOf(frame, logits, cells, first, low, high);
    for (const { from, to, kind } of spans) {
      if (kind === ABOVE) {
        visit.above(row, from, to);
      } else {
        lowResRows.blend(rows, row, from, to, values);
        visit.mixed(row, from, to, values);
      }
    }
  }
}

/**
 * A rectangle of image pixels outside which no logit is above the threshold. Interpolated values never exceed the samples they
 * are made of, so it is read off the low-res logits.
 */
export function reach(frame: ModelFrame, logits: Float32Array, threshold: number): ImageRect | null {
  checkLogits(frame, logits);
  const side = frame.lowResSize;
  let [x0, y0, x1, y1] = [side, side, -1, -1];
  for (let y = 0, index = 0; y < side; y++) {
    for (let x = 0; x < side; x++, index++) {
      if (logits[index]! > threshold) {
        if (x < x0) x0 = x;
        if (x > x1) x1 = x;
        if (y < y0) y0 = y;
        y1 = y;
      }
    }
  }
  const area = areaOf(frame);
  const columns = spanOfTaps(columnTaps(frame, range(area.x0, area.x1)).first, x0, x1);
  const rows = spanOfTaps(rowTaps(frame, range(area.y0, area.y1)).first, y0, y1);
  if (!columns || !rows) return null;
  return {
    x0: area.x0 + columns[0],
    y0: area.y0 + rows[0],
    x1: area.x0 + columns[1],
    y1: area.y0 + rows[1],
  };
}

/** The mask at the image's own resolution, and how stable it is under a shift of the threshold. */
export function materialise(frame: ModelFrame, logits: Float32Array, threshold = 0, offset = 1): MaterialisedMask {
  const area = areaOf(frame);
  const { width, height } = imageOf(frame);
  const bitmap = new Bitmap(width, height);
  const [low, high] = [threshold - offset, threshold + offset];
  let [aboveLow, aboveHigh] = [0, 0];
  const columns = columnTaps(frame, range(area.x0, area.x1));
  const rows = rowTaps(frame, range(area.y0, area.y1));
  const start = area.y0 * width + area.x0;
  scan(
    frame,
    logits,
    { columns, rows, low, high },
    {
      above(row, from, to) {
        aboveLow += to - from;
        aboveHigh += to - from;
        bitmap.data.fill(1, start + row * width + from, start + row * width + to);
      },
      mixed(row, from, to, values) {
        const beginning = start + row * width;
        for (let x = from; x < to; x++) {
          const value = values[x]!;
          if (value > low) {
            aboveLow++;
            if (value > threshold) bitmap.data[beginning + x] = 1;
            if (value > high) aboveHigh++;
          }
        }
      },
    },
  );
  return { bitmap, stabilityScore: aboveLow === 0 ? null : aboveHigh / aboveLow };
}

/** Neighbouring output pixels that are made of the same three low-res samples. */
interface Cell {
  readonly first: number;
  readonly from: number;
  to: number;
}

const ABOVE = 1;
const MIXED = 0;

interface Span {
  readonly from: number;
  to: number;
  readonly kind: typeof ABOVE | typeof MIXED;
}

function cellsOf(starts: Int32Array): Cell[] {
  const cells: Cell[] = [];
  for (const [index, first] of starts.entries()) {
    const last = cells.at(-1);
    if (last?.first === first) last.to = index + 1;
    else cells.push({ first, from: index, to: index + 1 });
  }
  return cells;
}

/** What the 3 × 3 low-res samples under each cell tell, neighbours joined. Cells with nothing above `low` are left out. */
function spansOf(
  frame: ModelFrame,
  logits: Float32Array,
  cells: readonly Cell[],
  firstRow: number,
  low: number,
  high: number,
): Span[] {
  const side = frame.lowResSize;
  const spans: Span[] = [];
  for (const { first, from, to } of cells) {
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let y = firstRow; y <= Math.min(firstRow + 2, side - 1); y++) {
      for (let x = first; x <= Math.min(first + 2, side - 1); x++) {
        const value = logits[y * side + x]!;
        if (value < least) least = value;
        if (value > most) most = value;
      }
    }
    if (most <= low) continue;
    const kind = least > high ? ABOVE : MIXED;
    const last = spans.at(-1);
    if (last && last.to === from && last.kind === kind) last.to = to;
    else spans.push({ from, to, kind });
  }
  return spans;
}

/** The low-res rows, interpolated to the wanted columns; the last four are kept. */
class LowResRows {
  private readonly rows: readonly Float32Array[];
  private readonly held = [-1, -1, -1, -1];

  constructor(
    private readonly frame: ModelFrame,
    private readonly logits: Float32Array,
    private readonly columns: Taps,
  ) {
    this.rows = this.held.map(() => new Float32Array(columns.first.length));
  }

  /** Writes the logits of one output row, columns from..to, into `out`. */
  blend(taps: Taps, row: number, from: number, to: number, out: Float32Array): void {
    const first = taps.first[row]!;
    const [a, b, c] = taps.weights.map((weights) => weights[row]!) as [number, number, number];
    const above = this.at(first);
    const middle = this.at(first + 1);
    const below = this.at(first + 2);
    for (let x = from; x < to; x++) out[x] = a * above[x]! + b * middle[x]! + c * below[x]!;
  }

  private at(wanted: number): Float32Array {
    // Past the last row the weight is 0: any row will do.
    const row = Math.min(wanted, this.frame.lowResSize - 1);
    const out = this.rows[row & 3]!;
    if (this.held[row & 3] !== row) {
      this.held[row & 3] = row;
      this.fill(out, row * this.frame.lowResSize);
    }
    return out;
  }

  private fill(out: Float32Array, start: number): void {
    const { logits } = this;
    const { first } = this.columns;
    const [w0, w1, w2] = this.columns.weights;
    const last = this.frame.lowResSize - 1;
    for (let x = 0; x < out.length; x++) {
      const at = first[x]!;
      out[x] =
        w0[x]! * logits[start + at]! +
        w1[x]! * logits[start + Math.min(at + 1, last)]! +
        w2[x]! * logits[start + Math.min(at + 2, last)]!;
    }
  }
}

function checkLogits(frame: ModelFrame, logits: Float32Array): void {
  if (logits.length !== frame.lowResSize ** 2) {
    throw new RangeError(`${logits.length} logits where ${frame.lowResSize} × ${frame.lowResSize} belong`);
  }
}
