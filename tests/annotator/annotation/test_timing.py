import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.annotation.timing import NETWORK_SLACK_MS, Activity, active_time, clamp, counts, union

HOUR = 3_600_000


def on(page: str, *intervals: tuple[float, float]) -> list[Activity]:
    return [Activity(page, *interval) for interval in intervals]


def test_overlapping_doubled_and_shuffled_intervals_count_once():
    activities = on("a", (8000, 12000), (0, 5000), (4000, 8500), (0, 5000))
    assert active_time(activities, wall_ms=HOUR).active_ms == 12_000


def test_a_gap_does_not_count():
    assert active_time(on("a", (0, 1000), (61_000, 62_000)), wall_ms=HOUR).active_ms == 2_000


def test_pages_have_clocks_of_their_own_and_are_added():
    assert active_time(on("a", (0, 3000)) + on("b", (0, 3000)), wall_ms=HOUR).active_ms == 6_000


def test_two_tabs_at_once_cannot_make_more_time_than_passed():
    tabs = [Activity(tab, start, start + 5000) for tab in "ab" for start in range(0, 60_000, 5000)]
    time = active_time(tabs, wall_ms=60_000)
    assert time.claimed_ms == 120_000
    assert time.active_ms == 60_000 + NETWORK_SLACK_MS
    assert time.clamped


def test_an_honest_session_is_not_clamped_by_the_way_of_its_first_request():
    assert not active_time(on("a", (0, 5000)), wall_ms=4_600).clamped


@pytest.mark.parametrize(
    "interval",
    [(0, math.inf), (math.nan, 5), (-math.inf, 0), (5, 5), (9, 3), (-10, 100), (0, 5002), (0, 1e12)],
)
def test_intervals_that_cannot_be_are_refused_and_counted(interval):
    time = active_time(on("a", interval, (0, 1000)), wall_ms=HOUR)
    assert (time.active_ms, time.refused) == (1000, 1)


def test_an_interval_of_five_seconds_on_a_rounding_clock_counts():
    assert counts(Activity("a", 0.2, 5000.9))


def test_no_events_no_time():
    assert active_time([], wall_ms=HOUR).active_ms == 0


def test_a_clock_that_went_backwards_takes_no_time_away():
    assert active_time(on("a", (0, 400)), wall_ms=-5_000).active_ms == 400
    assert clamp(5_000, wall_ms=-5_000) == NETWORK_SLACK_MS


def test_masks_of_one_session_share_its_time():
    assert clamp(20_000, wall_ms=30_000, already_counted_ms=5_000) == 20_000
    assert clamp(20_000, wall_ms=30_000, already_counted_ms=25_000) == 6_000
    assert clamp(20_000, wall_ms=30_000, already_counted_ms=90_000) == 0


intervals = st.lists(
    st.tuples(st.integers(0, 2000), st.integers(1, 300)).map(lambda pair: (pair[0], pair[0] + pair[1])), max_size=30
)


@given(intervals, st.randoms())
def test_the_union_is_the_set_of_covered_milliseconds(found, random):
    covered = {millisecond for start, end in found for millisecond in range(start, end)}
    shuffled = [*found, *found[:3]]
    random.shuffle(shuffled)
    merged = union(shuffled)
    assert sum(end - start for start, end in merged) == len(covered)
    assert all(first[1] < second[0] for first, second in pairwise(merged))
