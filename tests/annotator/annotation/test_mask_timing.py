"""What events tell of each mask, on scripts whose figures are known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.annotation.mask_timing import Event, mask_timings, overlap_ms, page_origin_ms
from annotator.annotation.timing import Activity, union


class Page:
    """Events of one page, numbered as they come."""

    def __init__(self, name: str = "page") -> None:
        self.name = name
        self.events: list[Event] = []

    def at(self, seconds: float, kind: str, mask: str | None = None, **more) -> None:
        self.events.append(Event(kind, self.name, seconds * 1000, len(self.events), mask, **more))

    def active(self, start: float, end: float) -> None:
        interval = Activity(self.name, start * 1000, end * 1000)
        self.at(end, "activity", activity=interval)


@pytest.fixture
def page() -> Page:
    """Shown at 0; a mask from 4 to 20 with a pause from 10 to 16; dropped another from 23 to 25."""
    page = Page()
    page.at(0, "session_shown")
    page.at(4, "mask_started", "a")
    page.at(4, "point", "a")
    page.at(5, "decode", "a", decode_ms=40.0)
    page.at(8, "point", "a")
    page.at(8, "decode", "a", decode_ms=60.0)
    page.at(9, "undo", "a")
    page.at(17, "stroke", "a")
    page.at(18, "time_limit_reached", "a")
    page.at(19, "time_limit_answer", "a", answer="extend")
    page.at(20, "mask_accepted", "a")
    page.at(23, "mask_started", "b")
    page.at(23, "box", "b")
    page.at(25, "mask_dropped", "b")
    for start, end in ((1, 5), (5, 10), (16, 20), (20, 25)):
        page.active(start, end)
    return page


def test_a_mask_has_its_times_and_counts(page: Page):
    first, second = mask_timings(page.events)
    assert (first.mask, first.began_at_ms, first.end) == ("a", 4000, "accepted")
    assert (first.span_ms, first.active_ms, first.idle_ms) == (16_000, 10_000, 6_000)
    assert first.to_first_prompt_ms == 3_000  # shown at 0, but nobody was there in the first second
    assert (first.clicks, first.boxes, first.strokes, first.undos, first.redos) == (2, 0, 1, 1, 0)
    assert (first.decode_ms, first.median_decode_ms) == ([40.0, 60.0], 50.0)
    assert (first.limit_reached, first.answers) == (1, ["extend"])
    assert (second.mask, second.end, second.span_ms, second.boxes) == ("b", "dropped", 2_000, 1)
    assert second.to_first_prompt_ms == 3_000  # since the mask before was accepted
    assert second.median_decode_ms is None


def test_the_order_in_which_events_came_does_not_matter(page: Page):
    assert mask_timings(reversed(page.events)) == mask_timings(page.events)


def test_a_mask_that_comes_back_after_a_reload_has_the_spans_of_both_pages():
    first, second = Page("first"), Page("second")
    first.at(2, "point", "a")
    first.at(6, "point", "a")
    first.active(0, 5)
    second.at(100, "point", "a")
    second.at(103, "mask_accepted", "a")
    second.active(100, 103)
    (timing,) = mask_timings([*first.events, *second.events])
    assert (timing.span_ms, timing.active_ms, timing.clicks) == (4_000 + 3_000, 3_000 + 3_000, 3)
    assert timing.end == "accepted"


def test_a_dropped_mask_that_is_brought_back_is_not_timed_while_it_was_gone():
    page = Page()
    page.at(0, "point", "a")
    page.at(2, "mask_dropped", "a")
    page.at(30, "undo", "a")
    page.at(33, "mask_accepted", "a")
    page.active(28, 33)
    (timing,) = mask_timings(page.events)
    assert (timing.span_ms, timing.active_ms, timing.end) == (5_000, 3_000, "accepted")


def test_a_deletion_of_a_mask_of_another_visit_begins_none():
    page = Page()
    page.at(1, "mask_deleted", "old")
    assert mask_timings(page.events) == []


def test_intervals_that_cannot_be_do_not_count():
    page = Page()
    page.at(0, "point", "a")
    page.at(50, "mask_accepted", "a")
    page.active(0, 50)  # longer than an interval may be
    assert mask_timings(page.events)[0].active_ms == 0


def test_a_pages_clock_is_placed_by_its_fastest_event():
    assert page_origin_ms([(10_500.0, 100.0), (10_130.0, 120.0), (99_000.0, 200.0)]) == 10_010.0


whole = st.integers(0, 200)


@given(st.lists(st.tuples(whole, whole).map(sorted).filter(lambda pair: pair[0] < pair[1])), whole, whole)
def test_overlap_is_the_covered_milliseconds(found, one, other):
    start, end = sorted((one, other))
    covered = {at for a, b in found for at in range(a, b)} & set(range(start, end))
    assert overlap_ms(union([(a, b) for a, b in found]), start, end) == len(covered)
