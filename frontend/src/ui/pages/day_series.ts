import type { ThroughputDay } from "../../protocol/api";

/** The paper's figure for its last, best model: seconds per mask (Segment Anything, section 4). */
export const PAPER_SECONDS = 14;

export interface Series {
  readonly name: string;
  /** One per day of `DaySeries.times`; null: no mask that day. */
  readonly medians: readonly (number | null)[];
  readonly masks: readonly number[];
}

export interface DaySeries {
  /** Seconds since 1970 of each day's start in UTC, rising, without gaps. */
  readonly times: readonly number[];
  readonly annotators: readonly Series[];
  /** Masks of all annotators per day. */
  readonly totals: readonly number[];
}

const DAY_SECONDS = 24 * 3600;

type DayFigures = Pick<ThroughputDay, "day" | "username" | "median_seconds" | "masks">;

/** Rows of (day, annotator) as one line per annotator over every day from the first to the last. */
export function daySeries(rows: readonly DayFigures[]): DaySeries {
  const dayOf = (row: DayFigures) => Date.parse(`${row.day}T00:00:00Z`) / 1000;
  const days = rows.map(dayOf);
  if (days.length === 0) return { times: [], annotators: [], totals: [] };
  const first = Math.min(...days);
  const length = (Math.max(...days) - first) / DAY_SECONDS + 1;
  const times = Array.from({ length }, (_, n) => first + n * DAY_SECONDS);
  const place = (row: DayFigures) => (dayOf(row) - first) / DAY_SECONDS;

  const names = [...new Set(rows.map((row) => row.username))].sort();
  const annotators = names.map((name) => {
    const medians = times.map((): number | null => null);
    const masks = times.map(() => 0);
    for (const row of rows.filter((one) => one.username === name)) {
      medians[place(row)] = row.median_seconds;
      masks[place(row)] = row.masks;
    }
    return { name, medians, masks };
  });
  const totals = times.map((_, n) => annotators.reduce((sum, series) => sum + (series.masks[n] ?? 0), 0));
  return { times, annotators, totals };
}

export interface Range {
  /** YYYY-MM-DD, or empty: open on that side. */
  readonly from: string;
  readonly to: string;
}

/** The last `days` days up to today (UTC). */
export function lastDays(days: number, now: Date): Range {
  const day = (time: number) => new Date(time).toISOString().slice(0, 10);
  return { from: day(now.getTime() - (days - 1) * DAY_SECONDS * 1000), to: day(now.getTime()) };
}
