import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { THEME_CHANGED } from "./theme";

const DAY_SECONDS = 24 * 3600;
const HEIGHT = 260;
const MARK_NAMES_WIDTH = 76;
const WHOLE_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000];
const ROTATION = ["--chart-1", "--chart-2", "--chart-3", "--chart-4", "--chart-5", "--chart-6"];

export interface ChartLine {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

/** A level across the chart, with its name at the right end. */
export interface Mark {
  readonly name: string;
  readonly value: number;
  /** A custom property of tokens.css. */
  readonly colour: string;
}

export interface ChartProps {
  /** What the chart says, for who can't see it; the table has the numbers. */
  readonly label: string;
  /** Starts of days in UTC, seconds since 1970. */
  readonly times: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly marks?: readonly Mark[];
  readonly kind: "line" | "bars";
  readonly unit: string;
}

export function Chart(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    let plot = draw(element, props);
    const redraw = () => {
      plot.destroy();
      plot = draw(element, props);
    };
    // A canvas knows no CSS variables: a change of theme is a new drawing.
    document.addEventListener(THEME_CHANGED, redraw);
    const sizes = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    sizes.observe(element);
    return () => {
      document.removeEventListener(THEME_CHANGED, redraw);
      sizes.disconnect();
      plot.destroy();
    };
  }, [props]);
  return <div ref={place} class="chart-plot" role="img" aria-label={props.label} />;
}

function draw(element: HTMLElement, props: ChartProps): uPlot {
  const colour = colourReader(element);
  const data = [props.times, ...props.lines.map((line) => line.values)] as uPlot.AlignedData;
  const font = `12px ${getComputedStyle(element).fontFamily}`;
  const axis = {
    stroke: colour("--text-muted"),
    font,
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
  };
  const marks = props.marks ?? [];
  return new uPlot(
    {
      width: element.clientWidth,
      height: HEIGHT,
      padding: [null, marks.length > 0 ? MARK_NAMES_WIDTH : null, null, null],
      tzDate: (time) => uPlot.tzDate(new Date(time * 1000), "Etc/UTC"),
      cursor: { drag: { x: false, y: false }, points: { size: 8 } },
      legend: { live: true },
      scales: {
        x: { range: () => daysShown(props.times) },
        y: { range: (_plot, _from, to) => [0, Math.max(to ?? 0, 5, ...marks.map((mark) => mark.value)) * 1.12] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          incrs: [1, 2, 7, 14, 28, 91, 182, 364].map((days) => days * DAY_SECONDS),
          values: (_plot, times) => times.map(dayName),
        },
        {
          ...axis,
          size: 46,
          incrs: WHOLE_STEPS,
          values: (_plot, values) => values.map((value) => `${value}${props.unit}`),
        },
      ],
      series: [
        { label: "Day", value: (_plot, time) => (time === null ? "–" : dayName(time)) },
        ...props.lines.map((line, n) => lineOf(line, colour(ROTATION[n % ROTATION.length]!), props)),
      ],
      hooks: { draw: [(plot) => drawMarks(plot, marks, colour, font)] },
    },
    data,
    element,
  );
}

/** From half a day before the first to half a day after the last; at least the week that ends with the last, so that one day is no wall. */
function daysShown(times: readonly number[]): [number, number] {
  const first = times[0] ?? 0;
  const last = times.at(-1) ?? first;
  return [Math.min(first, last - 6 * DAY_SECONDS) - DAY_SECONDS / 2, last + DAY_SECONDS / 2];
}

function lineOf(line: ChartLine, stroke: string, { kind, unit }: ChartProps): uPlot.Series {
  const shared: uPlot.Series = {
    label: line.name,
    stroke,
    width: 2,
    value: (_plot, value) => (value === null ? "–" : `${Math.round(value * 10) / 10}${unit}`),
  };
  if (kind === "line") return { ...shared, spanGaps: true, points: { show: true, size: 7, fill: stroke } };
  return {
    ...shared,
    width: 0,
    fill: stroke,
    paths: uPlot.paths.bars!({ size: [0.6, 40], radius: 0.15 }),
    points: { show: false },
  };
}

function drawMarks(plot: uPlot, marks: readonly Mark[], colour: (name: string) => string, font: string): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = font.replace("12px", `${12 * ratio}px`);
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.lineWidth = 1.5 * ratio;
  ctx.setLineDash([6 * ratio, 4 * ratio]);
  let nameY = Number.NEGATIVE_INFINITY;
  for (const mark of [...marks].sort((a, b) => b.value - a.value)) {
    const y = Math.round(plot.valToPos(mark.value, "y", true));
    ctx.strokeStyle = colour(mark.colour);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    // Two marks close to each other would have their names on each other: the lower one gives way.
    nameY = Math.max(y, nameY + 15 * ratio);
    ctx.fillStyle = ctx.strokeStyle;
    ctx.fillText(mark.name, bbox.left + bbox.width + 6 * ratio, nameY);
  }
  ctx.restore();
}

/** Custom properties hold light-dark(): only as a colour of an element are they resolved. */
function colourReader(element: HTMLElement): (name: string) => string {
  return (name) => {
    const probe = element.ownerDocument.createElement("span");
    probe.style.color = `var(${name})`;
    element.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}

function dayName(time: number): string {
  return new Date(time * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
}
