import { expect, test } from "vitest";
import { pauseFor, retryAfter } from "./retry_after";

const answer = (headers: Record<string, string>, status = 503) => ({ status, headers: new Headers(headers) });
const NOW = "Thu, 26 Nov 2026 08:00:00 GMT";

test("seconds and dates are read, a date by the server's own clock", () => {
  expect(retryAfter(answer({ "retry-after": "2" }))).toBe(2_000);
  expect(retryAfter(answer({ "retry-after": "7" }, 429))).toBe(7_000);
  expect(retryAfter(answer({ "retry-after": "Thu, 26 Nov 2026 08:00:05 GMT", date: NOW }))).toBe(5_000);
  expect(retryAfter(answer({ "retry-after": new Date(Date.now() + 9_000).toUTCString() }))).toBeGreaterThan(7_000);
});

test("nobody waits for ever, nor less than not at all", () => {
  expect(retryAfter(answer({ "retry-after": "86400" }))).toBe(30_000);
  expect(retryAfter(answer({ "retry-after": "Thu, 26 Nov 2026 07:59:00 GMT", date: NOW }))).toBe(0);
});

test("what can't be read is as if it were not there, and so it is on another answer", () => {
  expect(retryAfter(answer({}))).toBeNull();
  expect(retryAfter(answer({ "retry-after": "soon" }))).toBeNull();
  expect(retryAfter(answer({ "retry-after": "-1" }))).toBeNull();
  expect(retryAfter(answer({ "retry-after": "2" }, 404))).toBeNull();
});

test("a pause is never shorter than asked for, and a hundred clients spread", () => {
  expect(pauseFor(300, null)).toBe(300);
  expect(pauseFor(5_000, 2_000, () => 0.5)).toBe(5_000);
  const pauses = Array.from({ length: 100 }, (_, n) => pauseFor(300, 2_000, () => n / 100));
  expect([Math.min(...pauses), Math.max(...pauses)]).toEqual([2_000, 2_990]);
  expect(pauseFor(300, 20_000, () => 0.5)).toBe(25_000);
});
