import { useMemo } from "preact/hooks";
import type { Throughput, ThroughputFigures } from "../../protocol/api";
import { Chart, type Mark } from "./chart";
import { daySeries, lastDays, PAPER_SECONDS, type Range } from "./day_series";
import { Figure } from "./figure";
import { decimal, duration, number, percent, seconds } from "./format";
import { Icon } from "./icon";
import { Empty, Loading, Problem, shown } from "./loaded";
import type { ThroughputStore } from "./throughput_store";

/** What can be had as CSV: the figures shown, or every mask or visit that they are made of. */
export type Sheet = "throughput" | "mask-times" | "visit-times";

interface ViewProps {
  readonly store: ThroughputStore;
  readonly formula: string;
  readonly annotateUrl: string;
  readonly csvUrl: (sheet: Sheet, range: Range) => string;
}

export function ThroughputView(props: ViewProps) {
  const { store } = props;
  const figures = shown(store.figures.value);
  const failure = store.figures.value.step === "failed" ? store.figures.value.message : "";
  return (
    <div class="stack-wide">
      <RangeBar store={store} csvUrl={props.csvUrl("throughput", store.range.value)} />
      {failure && <Problem message={failure} again={() => void store.refresh()} />}
      {!figures && !failure && <Loading />}
      {figures && (hasWork(figures.total) ? <Figures figures={figures} /> : <Nothing {...props} />)}
      <details class="card formula">
        <summary>How these figures are measured</summary>
        <p class="muted">{props.formula}</p>
        <p class="muted">
          What they are made of, for these days:{" "}
          <a href={props.csvUrl("mask-times", store.range.value)} download>
            every mask with its times
          </a>{" "}
          and{" "}
          <a href={props.csvUrl("visit-times", store.range.value)} download>
            every visit to an image
          </a>{" "}
          (CSV).
        </p>
      </details>
    </div>
  );
}

function hasWork(total: ThroughputFigures): boolean {
  return total.masks > 0 || total.skips > 0 || total.images > 0 || total.active_seconds > 0;
}

function Nothing({ store, annotateUrl }: ViewProps) {
  const { from, to } = store.range.value;
  if (from || to) {
    return (
      <Empty icon="chart" title="Nothing was annotated on these days">
        <button class="button" type="button" onClick={() => void store.show({ from: "", to: "" })}>
          Show all days
        </button>
      </Empty>
    );
  }
  return (
    <Empty icon="chart" title="No masks yet">
      <p>As soon as the first mask is accepted, this page tells how long masks take and how many are made.</p>
      <a class="button" href={annotateUrl}>
        Make the first mask
      </a>
    </Empty>
  );
}

function RangeBar({ store, csvUrl }: { readonly store: ThroughputStore; readonly csvUrl: string }) {
  const range = store.range.value;
  const preset = (name: string, to: Range) => (
    <button
      class="segment"
      type="button"
      aria-pressed={range.from === to.from && range.to === to.to}
      onClick={() => void store.show(to)}
    >
      {name}
    </button>
  );
  const day = (name: string, key: "from" | "to") => (
    <label class="date">
      <span class="muted small">{name}</span>
      <input
        class="input"
        type="date"
        value={range[key]}
        {...(key === "to" ? { min: range.from } : { max: range.to })}
        onChange={(event) => void store.show({ ...range, [key]: event.currentTarget.value })}
      />
    </label>
  );
  const now = new Date();
  return (
    <div class="row">
      <fieldset class="segments">
        <legend class="visually-hidden">Days</legend>
        {preset("7 days", lastDays(7, now))}
        {preset("30 days", lastDays(30, now))}
        {preset("All", { from: "", to: "" })}
      </fieldset>
      <span class="row">
        {day("From", "from")}
        {day("To", "to")}
      </span>
      <a class="button row-end" href={csvUrl} download>
        <Icon name="download" />
        CSV
      </a>
    </div>
  );
}

function Figures({ figures }: { readonly figures: Throughput }) {
  const { total, limit_seconds: limit } = figures;
  return (
    <>
      <dl class="figures">
        <Figure name="Masks" value={number(total.masks)} note={`${decimal(total.masks_per_image)} per image`} />
        <Figure
          name="Median per mask"
          value={seconds(total.median_seconds)}
          note={`mean ${seconds(total.mean_seconds)}`}
        />
        <Figure name="Images" value={number(total.images)} note={`${number(total.skips)} skipped`} />
        <Figure name={`Over ${limit} s`} value={percent(total.over_limit_share)} note="of all masks" />
        <Figure name="Active time" value={duration(total.active_seconds)} note="in all sessions" />
      </dl>
      {total.masks > 0 && <Charts figures={figures} />}
      <AnnotatorTable figures={figures} />
    </>
  );
}

function Charts({ figures }: { readonly figures: Throughput }) {
  const charts = useMemo(() => {
    const { times, annotators, totals } = daySeries(figures.days);
    const marks: Mark[] = [
      { name: `Limit ${figures.limit_seconds} s`, value: figures.limit_seconds, colour: "--danger" },
      { name: `Paper ${PAPER_SECONDS} s`, value: PAPER_SECONDS, colour: "--text-muted" },
    ];
    return {
      pace: { times, marks, lines: annotators.map(({ name, medians }) => ({ name, values: medians })) },
      count: { times, lines: [{ name: "Masks", values: totals }] },
    };
  }, [figures]);
  return (
    <div class="chart-grid">
      <section class="card chart">
        <h2>Median seconds per mask</h2>
        <p class="muted small">Each annotator, per day. The study went from 34 s down to {PAPER_SECONDS} s.</p>
        <Chart {...charts.pace} kind="line" unit=" s" label="Median seconds per mask of each annotator, per day" />
      </section>
      <section class="card chart">
        <h2>Masks per day</h2>
        <p class="muted small">All annotators together.</p>
        <Chart {...charts.count} kind="bars" unit="" label="Masks per day" />
      </section>
    </div>
  );
}

const COLUMNS: readonly (readonly [name: string, value: (row: ThroughputFigures) => string])[] = [
  ["Masks", (row) => number(row.masks)],
  ["Median", (row) => seconds(row.median_seconds)],
  ["Mean", (row) => seconds(row.mean_seconds)],
  ["Images", (row) => number(row.images)],
  ["Masks per image", (row) => decimal(row.masks_per_image)],
  ["Skips", (row) => number(row.skips)],
  ["Over limit", (row) => percent(row.over_limit_share)],
  ["Active time", (row) => duration(row.active_seconds)],
];

function AnnotatorTable({ figures }: { readonly figures: Throughput }) {
  const cells = (row: ThroughputFigures) =>
    COLUMNS.map(([name, value]) => (
      <td key={name} class="cell-number">
        {value(row)}
      </td>
    ));
  return (
    <div class="table-wrap">
      <table class="table">
        <caption class="visually-hidden">Figures per annotator</caption>
        <thead>
          <tr>
            <th scope="col">Annotator</th>
            {COLUMNS.map(([name]) => (
              <th key={name} scope="col" class="cell-number">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {figures.annotators.map((row) => (
            <tr key={row.user_id}>
              <th scope="row">{row.username}</th>
              {cells(row)}
            </tr>
          ))}
        </tbody>
        {figures.annotators.length > 1 && (
          <tfoot>
            <tr>
              <th scope="row">Everyone</th>
              {cells(figures.total)}
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}
