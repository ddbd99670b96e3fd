// The quiet ring: active seconds of the current mask against the limit. It changes colour at the hint and at the limit, and says
// so in words to the screen reader, once each.

import type { Store } from "./store";

const RADIUS = 17;
const LENGTH = 2 * Math.PI * RADIUS;

export function Ring({ store }: { store: Store }) {
  const { fraction, stage, limitSeconds } = store.limit.value;
  const seconds = Math.floor(store.maskMs.value / 1000);
  const label = `${seconds} active seconds on this mask, the limit is ${limitSeconds}`;
  return (
    <div class="ring" data-stage={stage} title={label} role="img" aria-label={label}>
      {stage === "hint" && <span class="ring-hint">of {limitSeconds} s</span>}
      <svg viewBox="0 0 40 40" aria-hidden="true">
        <circle class="ring-track" cx="20" cy="20" r={RADIUS} />
        <circle
          class="ring-share"
          cx="20"
          cy="20"
          r={RADIUS}
          stroke-dasharray={LENGTH}
          stroke-dashoffset={LENGTH * (1 - fraction)}
        />
      </svg>
      <span class="ring-seconds">{seconds}</span>
    </div>
  );
}
