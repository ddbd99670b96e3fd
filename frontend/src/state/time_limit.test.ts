import { describe, expect, test } from "vitest";
import type { TimeLimit as TimeLimitRule } from "../protocol/api";
import { GRACE_SECONDS, NO_PROGRESS, timeLimit, timeLimitOutcome } from "./time_limit";

const remind: TimeLimitRule = { policy: "remind", seconds: 30, max_extensions: 2 };
const advance: TimeLimitRule = { ...remind, policy: "advance" };
const off: TimeLimitRule = { ...remind, policy: "off" };
const at = (rule: TimeLimitRule, seconds: number, progress = NO_PROGRESS, handDown = false) =>
  timeLimit(rule, seconds * 1000, progress, handDown);

describe("the ring", () => {
  test("fills with active time and stays full", () => {
    expect(at(remind, 0).fraction).toBe(0);
    expect(at(remind, 15).fraction).toBe(0.5);
    expect(at(remind, 300).fraction).toBe(1);
  });

  test("hints from 80 % of the limit on", () => {
    expect(at(remind, 23.999).stage).toBe("within");
    expect(at(remind, 24).stage).toBe("hint");
    expect(at(remind, 30).stage).toBe("hint");
    expect(at(remind, 30.001).stage).toBe("reached");
  });

  test("is all there is when the rule is off", () => {
    const state = at(off, 45);
    expect(state).toMatchObject({ fraction: 1, stage: "within", prompt: false, advanceIn: null, advanceNow: false });
  });
});

describe("at the limit", () => {
  test("asks, and asks no more once answered", () => {
    expect(at(remind, 30).prompt).toBe(false);
    expect(at(remind, 30.1).prompt).toBe(true);
    expect(at(remind, 30.1, { ...NO_PROGRESS, answer: "keep_next" }).prompt).toBe(false);
  });

  test("five more seconds move the limit, as often as the policy allows", () => {
    const once = { ...NO_PROGRESS, extensions: 1 };
    expect(at(remind, 35, once)).toMatchObject({ limitSeconds: 35, prompt: false, mayExtend: true });
    expect(at(remind, 35.1, once).prompt).toBe(true);
    expect(at(remind, 40, { ...NO_PROGRESS, extensions: 2 }).mayExtend).toBe(false);
  });

  test("a reminder can be put away, an advance cannot", () => {
    const dismissed = { ...NO_PROGRESS, dismissed: true };
    expect(at(remind, 31, dismissed).prompt).toBe(false);
    expect(at(advance, 31, dismissed).prompt).toBe(true);
  });

  test("a reminder never goes on by itself", () => {
    expect(at(remind, 600)).toMatchObject({ advanceIn: null, advanceNow: false });
  });
});

describe("the advance", () => {
  test("comes after a grace, which is counted down", () => {
    expect(at(advance, 31)).toMatchObject({ advanceIn: GRACE_SECONDS - 1, advanceNow: false });
    expect(at(advance, 30 + GRACE_SECONDS).advanceNow).toBe(true);
  });

  test("never comes in the middle of a stroke", () => {
    expect(at(advance, 99, NO_PROGRESS, true)).toMatchObject({ advanceIn: 0, advanceNow: false });
    expect(at(advance, 99, NO_PROGRESS, false).advanceNow).toBe(true);
  });
});

test("the outcome says what followed", () => {
  const outcome = (seconds: number, progress = NO_PROGRESS) => timeLimitOutcome(remind, seconds * 1000, progress);
  expect(outcome(30)).toBe("within");
  expect(outcome(30.001)).toBe("ignored");
  expect(timeLimitOutcome(off, 90_000, NO_PROGRESS)).toBe("within");
  expect(outcome(33, { ...NO_PROGRESS, extensions: 1 })).toBe("extended");
  expect(outcome(50, { ...NO_PROGRESS, extensions: 3 })).toBe("ignored");
  expect(outcome(40, { ...NO_PROGRESS, extensions: 1, answer: "keep_next" })).toBe("kept");
  expect(outcome(31, { ...NO_PROGRESS, answer: "drop_next" })).toBe("dropped");
});
