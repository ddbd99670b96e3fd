"""What the stored events tell of each mask: when, how long, how many clicks. Pure; times are in milliseconds.

A page's events are in the order of its own monotonic clock, which has nothing in common with another page's; so spans
are taken within a page and added. Active time within a span is its overlap with the page's `activity` intervals, by
the formula of timing.py; what is left of the span is idle. These are the browser's claims: the totals that figures are
made of are clamped by the server's clock (timing.active_time) and stand beside these in the sheet.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from annotator.annotation.timing import Activity, Interval, counts, total_ms, union

LEFT_THE_MASK = ("mask_accepted", "mask_dropped")
MADE_READY = ("session_shown", "mask_deleted", *LEFT_THE_MASK)  # from here on the annotator looks for the next mask


@dataclass(frozen=True)
class Event:
    """A stored event. `mask` is None where it is about none; `activity` is set for an interval of activity alone."""

    kind: str
    page: Hashable
    at_ms: float
    sequence: int
    mask: Hashable | None = None
    activity: Activity | None = None
    decode_ms: float | None = None
    answer: str = ""


@dataclass
class MaskTiming:
    """One mask's making. `to_first_prompt_ms`: active time from when the mask before was left, or the image shown."""

    mask: Hashable
    page: Hashable
    began_at_ms: float
    span_ms: float = 0.0
    active_ms: float = 0.0
    to_first_prompt_ms: float | None = None
    clicks: int = 0
    boxes: int = 0
    strokes: int = 0
    undos: int = 0
    redos: int = 0
    decode_ms: list[float] = field(default_factory=list)
    limit_reached: int = 0
    answers: list[str] = field(default_factory=list)
    end: str = ""  # accepted, dropped, or "" while it is not left

    @property
    def idle_ms(self) -> float:
        return max(0.0, self.span_ms - self.active_ms)

    @property
    def median_decode_ms(self) -> float | None:
        return median(self.decode_ms) if self.decode_ms else None


def overlap_ms(intervals: Sequence[Interval], start: float, end: float) -> float:
    """How much of [start, end] disjoint intervals cover."""
    return total_ms([(max(a, start), min(b, end)) for a, b in intervals if a < end and b > start])


def mask_timings(events: Iterable[Event]) -> list[MaskTiming]:
    """Every mask that a session's events speak of, in the order in which they began on their pages."""
    pages: dict[Hashable, list[Event]] = {}
    for event in events:
        pages.setdefault(event.page, []).append(event)
    found: dict[Hashable, MaskTiming] = {}
    for page in pages.values():
        _read_page(sorted(page, key=lambda event: (event.at_ms, event.sequence)), found)
    return list(found.values())


def _read_page(events: Sequence[Event], found: dict[Hashable, MaskTiming]) -> None:
    active = union((one.from_ms, one.to_ms) for event in events if (one := event.activity) is not None and counts(one))
    ready_at = None
    open_since: dict[Hashable, float] = {}
    for event in events:
        if event.mask is not None and event.kind != "activity":
            timing = found.get(event.mask)
            if timing is None and event.kind != "mask_deleted":
                timing = found[event.mask] = MaskTiming(event.mask, event.page, event.at_ms)
                if ready_at is not None:
                    timing.to_first_prompt_ms = overlap_ms(active, ready_at, event.at_ms)
            if timing is not None:
                _add(timing, event)
                if event.kind in LEFT_THE_MASK:
                    _close(timing, active, open_since.pop(event.mask, event.at_ms), event.at_ms)
                elif event.kind != "mask_deleted":
                    open_since.setdefault(event.mask, event.at_ms)
        if event.kind in MADE_READY:
            ready_at = event.at_ms
    # Left open: its page was closed or went on to another image. The last that is known of it is its end here.
    for mask, since in open_since.items():
        _close(found[mask], active, since, max(event.at_ms for event in events if event.mask == mask))


def _close(timing: MaskTiming, active: Sequence[Interval], start: float, end: float) -> None:
    timing.span_ms += end - start
    timing.active_ms += overlap_ms(active, start, end)


def _add(timing: MaskTiming, event: Event) -> None:
    match event.kind:
        case "point":
            timing.clicks += 1
        case "box":
            timing.boxes += 1
        case "stroke":
            timing.strokes += 1
        case "undo":
            timing.undos += 1
        case "redo":
            timing.redos += 1
        case "decode" if event.decode_ms is not None:
            timing.decode_ms.append(event.decode_ms)
        case "time_limit_reached":
            timing.limit_reached += 1
        case "time_limit_answer" if event.answer:
            timing.answers.append(event.answer)
        case "mask_accepted":
            timing.end = "accepted"
        case "mask_dropped":
            timing.end = "dropped"


def page_origin_ms(events: Iterable[tuple[float, float]]) -> float:
    """When a page's clock stood at zero, by the server's: from (received_at, monotonic) pairs in milliseconds.

    An event cannot arrive before it happens, so each pair bounds it from above; the least is off by the fastest way.
    """
    return min(received - at for received, at in events)
