"""Active time: the union of the intervals in which a person worked, as their browser saw them, checked by our clock.

What counts: the page is visible and focused, and there was input within the idle limit. The browser cuts that time into
intervals of at most five seconds on its page's own monotonic clock and reports each as one `activity` event. Intervals
of one page may come doubled, shuffled or overlapping: their union is taken. Clocks of two pages have nothing in
common, so pages are added; the server's wall clock bounds the sum, since nobody works longer than the time that passed.
"""

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

LONGEST_INTERVAL_MS = 5_000.0
ROUNDING_MS = 1.0  # browsers round their clocks to a millisecond, at either end
NETWORK_SLACK_MS = 1_000  # how much later than the browser we may have seen a session's beginning

Interval = tuple[float, float]


@dataclass(frozen=True)
class Activity:
    """One reported interval [from_ms, to_ms] on the monotonic clock of one page load."""

    page: Hashable
    from_ms: float
    to_ms: float


@dataclass(frozen=True)
class ActiveTime:
    active_ms: int  # what we vouch for
    claimed_ms: int  # what the browser reported, after the union and before the clamp
    refused: int  # intervals that cannot be: not numbers, reversed, before the page's start, longer than five seconds

    @property
    def clamped(self) -> bool:
        return self.active_ms < self.claimed_ms


def counts(activity: Activity) -> bool:
    """Whether a reported interval can be true by itself."""
    start, end = activity.from_ms, activity.to_ms
    if not (math.isfinite(start) and math.isfinite(end)):
        return False
    return 0 <= start < end and end - start <= LONGEST_INTERVAL_MS + ROUNDING_MS


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Disjoint intervals in order that cover the same time. Those that touch become one."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def total_ms(intervals: Sequence[Interval]) -> float:
    return sum(end - start for start, end in intervals)


def active_time(activities: Iterable[Activity], *, wall_ms: int) -> ActiveTime:
    """Active milliseconds of one session, of which `wall_ms` had passed by the server's clock."""
    pages: dict[Hashable, list[Interval]] = {}
    refused = 0
    for activity in activities:
        if counts(activity):
            pages.setdefault(activity.page, []).append((activity.from_ms, activity.to_ms))
        else:
            refused += 1
    claimed = round(sum(total_ms(union(intervals)) for intervals in pages.values()))
    return ActiveTime(active_ms=clamp(claimed, wall_ms=wall_ms), claimed_ms=claimed, refused=refused)


def clamp(claimed_ms: int, *, wall_ms: int, already_counted_ms: int = 0) -> int:
    """A claim of active time, cut to the wall time that passed less what other claims on the same time have taken."""
    left = max(0, wall_ms) + NETWORK_SLACK_MS - already_counted_ms
    return max(0, min(claimed_ms, left))
