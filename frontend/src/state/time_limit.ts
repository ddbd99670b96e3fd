// The 30-second rule: annotators are encouraged to go on to the next image once one mask took longer than the limit. It is a
// function of plain values; the ring, the card and the advance all read it, and nothing is thrown away by it.

import type { TimeLimitOutcome, TimeLimit as TimeLimitRule } from "../protocol/api";

/** What the annotator has answered for the current mask so far. */
export interface LimitProgress {
  readonly extensions: number;
  readonly answer: "keep_next" | "drop_next" | null;
  /** Under `remind` the card may be put away; it comes back with the next mask. */
  readonly dismissed: boolean;
}

export const NO_PROGRESS: LimitProgress = { extensions: 0, answer: null, dismissed: false };
export const EXTENSION_SECONDS = 5;
/** Under `advance`, so long after the limit the image goes on by itself. */
export const GRACE_SECONDS = 4;
const HINT_SHARE = 0.8;

export interface TimeLimitState {
  /** Share of the limit that is used, 0 … 1: how full the ring is. */
  readonly fraction: number;
  readonly limitSeconds: number;
  /** Always `within` where the rule is off: then the ring fills, and says no more. */
  readonly stage: "within" | "hint" | "reached";
  /** The card with one key per answer is due. */
  readonly prompt: boolean;
  readonly mayExtend: boolean;
  /** Seconds until the image goes on by itself; null when it does not. Not below 0, so 0 says "as soon as the hand is up". */
  readonly advanceIn: number | null;
  readonly advanceNow: boolean;
}

/**
 * Where the current mask stands. `activeMs` is its active time; `handDown` says that a stroke, a drag or any other
 * press is under way, in which no mask is ever taken from under the pen.
 */
export function timeLimit(
  rule: TimeLimitRule,
  activeMs: number,
  progress: LimitProgress,
  handDown: boolean,
): TimeLimitState {
  const limitSeconds = rule.seconds + EXTENSION_SECONDS * progress.extensions;
  const seconds = Math.max(0, activeMs) / 1000;
  // As on the server: a mask of exactly the limit is within it.
  const reached = seconds > limitSeconds;
  const on = rule.policy !== "off";
  const asks = on && reached && progress.answer === null;
  const advances = rule.policy === "advance" && asks;
  const left = limitSeconds + GRACE_SECONDS - seconds;
  return {
    fraction: limitSeconds > 0 ? Math.min(1, seconds / limitSeconds) : 1,
    limitSeconds,
    stage: !on ? "within" : reached ? "reached" : seconds >= HINT_SHARE * limitSeconds ? "hint" : "within",
    prompt: asks && !(rule.policy === "remind" && progress.dismissed),
    mayExtend: progress.extensions < rule.max_extensions,
    advanceIn: advances ? Math.max(0, left) : null,
    advanceNow: advances && left <= 0 && !handDown,
  };
}

/** What is saved with a mask about the rule, as annotator/annotation/time_limit.py settles it. */
export function timeLimitOutcome(rule: TimeLimitRule, activeMs: number, progress: LimitProgress): TimeLimitOutcome {
  if (rule.policy === "off" || activeMs <= rule.seconds * 1000) return "within";
  if (progress.answer === "drop_next") return "dropped";
  if (progress.answer === "keep_next") return "kept";
  return progress.extensions > 0 && progress.extensions <= rule.max_extensions ? "extended" : "ignored";
}
