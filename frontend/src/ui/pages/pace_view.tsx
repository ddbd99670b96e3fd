import { useMemo } from "preact/hooks";
import { Chart } from "./chart";
import { daySeries, PAPER_SECONDS } from "./day_series";
import { Figure } from "./figure";
import { counted, seconds } from "./format";

interface Pace {
  readonly masks: number;
  readonly median_seconds: number | null;
}

/** As the server computes it: annotator/dashboards/pace.py. */
export interface OwnPace {
  readonly today: Pace;
  readonly before: Pace;
  readonly days: readonly (readonly [day: string, pace: Pace])[];
}

/** The signed-in person's own seconds per mask. */
export function PaceView({ pace, formula }: { readonly pace: OwnPace; readonly formula: string }) {
  const chart = useMemo(() => {
    const { times, annotators } = daySeries(pace.days.map(([day, one]) => ({ day, username: "You", ...one })));
    const marks = [{ name: `Paper ${PAPER_SECONDS} s`, value: PAPER_SECONDS, colour: "--text-muted" }];
    return { times, marks, lines: annotators.map(({ name, medians }) => ({ name, values: medians })) };
  }, [pace]);
  return (
    <section class="card chart pace">
      <h2>Your pace</h2>
      <p class="muted small">Median active seconds per mask, in all your projects. Only you see this.</p>
      <dl class="figures">
        <Figure name="Today" {...textOf(pace.today)} />
        <Figure name="The four weeks before" {...textOf(pace.before)} />
      </dl>
      <Chart {...chart} kind="line" unit=" s" label="Your median seconds per mask, per day" />
      <details class="formula">
        <summary>How these figures are measured</summary>
        <p class="muted">{formula}</p>
      </details>
    </section>
  );
}

function textOf({ median_seconds, masks }: Pace): { readonly value: string; readonly note: string } {
  return { value: seconds(median_seconds), note: counted(masks, "mask") };
}
