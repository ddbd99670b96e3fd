// When a busy server wants to be asked again.

/** Nobody is kept waiting for longer, whatever the server asks for. */
const LONGEST_MS = 30_000;
/** Over so long at least those spread who were all sent away at once. */
const LEAST_SPREAD_MS = 1_000;

/**
 * How long an answer asks to wait, in milliseconds; null where it does not say so in a way that can be read. Retry-After is seconds or
 * a date, which is of the server's clock: so it is read against the Date of the same answer, where there is one.
 */
export function retryAfter({ status, headers }: Pick<Response, "status" | "headers">): number | null {
  const told = headers.get("retry-after")?.trim() ?? "";
  if ((status !== 429 && status !== 503) || told === "") return null;
  const seconds = /^\d+$/.test(told) ? Number(told) : null;
  if (seconds === null && !/^[A-Z][a-z]{2}/.test(told)) return null; // of numbers the browser makes dates, too
  const ms = seconds === null ? Date.parse(told) - timeOf(headers.get("date")) : seconds * 1000;
  return Number.isNaN(ms) ? null : Math.min(LONGEST_MS, Math.max(0, ms));
}

function timeOf(date: string | null): number {
  const read = Date.parse(date ?? "");
  return Number.isNaN(read) ? Date.now() : read;
}

/** One's own pause, or what the server asked for if that is longer: a little longer still, each client by chance. */
export function pauseFor(ownMs: number, askedMs: number | null, random: () => number = Math.random): number {
  if (askedMs === null) return ownMs;
  return Math.max(ownMs, askedMs + random() * Math.max(LEAST_SPREAD_MS, askedMs / 2));
}
