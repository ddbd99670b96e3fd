import { expect, test } from "vitest";
import type { ThroughputDay } from "../../protocol/api";
import { daySeries, lastDays } from "./day_series";

const row = (day: string, username: string, masks: number, median: number | null): ThroughputDay => ({
  day,
  username,
  user_id: username.length,
  masks,
  median_seconds: median,
  mean_seconds: median,
  images: 1,
  masks_per_image: masks,
  skips: 0,
  over_limit_share: 0,
  active_seconds: 60,
});

test("each annotator has one line over all days, with gaps where nothing was done", () => {
  const series = daySeries([
    row("2026-03-03", "bo", 5, 12),
    row("2026-03-01", "ann", 3, 20),
    row("2026-03-03", "ann", 4, 16),
  ]);
  expect(series.times.map((time) => new Date(time * 1000).toISOString().slice(0, 10))).toEqual([
    "2026-03-01",
    "2026-03-02",
    "2026-03-03",
  ]);
  expect(series.annotators).toEqual([
    { name: "ann", medians: [20, null, 16], masks: [3, 0, 4] },
    { name: "bo", medians: [null, null, 12], masks: [0, 0, 5] },
  ]);
  expect(series.totals).toEqual([3, 0, 9]);
});

test("no rows, no days", () => {
  expect(daySeries([])).toEqual({ times: [], annotators: [], totals: [] });
});

test("the last seven days end today, in UTC", () => {
  expect(lastDays(7, new Date("2026-03-01T23:30:00Z"))).toEqual({ from: "2026-02-23", to: "2026-03-01" });
});
