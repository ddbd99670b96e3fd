"""How fast masks are made: the figures of the throughput page, from plain facts.

The formula, which the page shows as `FORMULA`, is the contract; a test holds each sentence of it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from statistics import fmean, median
from typing import Any

SECONDS_PER_MASK = (
    "Seconds per mask are the active seconds of a kept mask: page visible and focused, with input within the idle "
    "limit of the project's settings, never more than the time that passed by the server's clock. A mask that was "
    "reopened counts once, with the time of all its versions, on the day (UTC) of the last; a deleted mask does not "
    "count."
)
FORMULA = (
    f"{SECONDS_PER_MASK} Images are the different images with a mask, or finished; one that several people worked on "
    "counts for each of them. Masks per image are masks divided by images. Skips are sessions ended by “Skip image”. "
    "Over the limit is the share of masks that took longer than the project's limit of today. Active seconds are all "
    "active time in sessions, between masks too, on the day a session began."
)


@dataclass(frozen=True)
class MaskFact:
    """One stored mask. `replaces` names the version before it; `kept` is false of a deleted or replaced one."""

    id: Any
    annotator: Any
    image: Any
    day: date
    active_ms: int
    replaces: Any = None
    kept: bool = True


@dataclass(frozen=True)
class SessionFact:
    annotator: Any
    image: Any
    day: date
    active_ms: int
    finished: bool = False
    skipped: bool = False


@dataclass(frozen=True)
class Row:
    """Figures of one group. None where there is nothing to divide by."""

    masks: int
    median_seconds: float | None
    mean_seconds: float | None
    images: int
    masks_per_image: float | None
    skips: int
    over_limit_share: float | None
    active_seconds: float


def with_versions(facts: Iterable[MaskFact]) -> list[MaskFact]:
    """The kept masks, each with the active time of the versions it replaced added to its own."""
    by_id = {fact.id: fact for fact in facts}
    return [_summed(fact, by_id) for fact in by_id.values() if fact.kept]


def _summed(fact: MaskFact, by_id: Mapping[Any, MaskFact]) -> MaskFact:
    total, seen, older = fact.active_ms, {fact.id}, by_id.get(fact.replaces)
    while older is not None and older.id not in seen:
        total += older.active_ms
        seen.add(older.id)
        older = by_id.get(older.replaces)
    return MaskFact(fact.id, fact.annotator, fact.image, fact.day, total)


def row(masks: Iterable[MaskFact], sessions: Iterable[SessionFact], *, limit_seconds: int) -> Row:
    """Figures of a group of masks, as `with_versions` gives them, and sessions."""
    masks, sessions = list(masks), list(sessions)
    seconds = [mask.active_ms / 1000 for mask in masks]
    images = {(mask.annotator, mask.image) for mask in masks}
    images |= {(session.annotator, session.image) for session in sessions if session.finished}
    return Row(
        masks=len(masks),
        median_seconds=_rounded(median(seconds)) if seconds else None,
        mean_seconds=_rounded(fmean(seconds)) if seconds else None,
        images=len(images),
        masks_per_image=_rounded(len(masks) / len(images)) if images else None,
        skips=sum(session.skipped for session in sessions),
        over_limit_share=_rounded(sum(second > limit_seconds for second in seconds) / len(seconds), 4)
        if seconds
        else None,
        active_seconds=_rounded(sum(session.active_ms for session in sessions) / 1000),
    )


def grouped(
    key: Callable[[MaskFact | SessionFact], Any],
    masks: Iterable[MaskFact],
    sessions: Iterable[SessionFact],
    *,
    limit_seconds: int,
) -> dict[Any, Row]:
    """One row per value of `key`, in the order of the keys."""
    groups: dict[Any, tuple[list[MaskFact], list[SessionFact]]] = {}
    for mask in masks:
        groups.setdefault(key(mask), ([], []))[0].append(mask)
    for session in sessions:
        groups.setdefault(key(session), ([], []))[1].append(session)
    return {name: row(*groups[name], limit_seconds=limit_seconds) for name in sorted(groups)}


def _rounded(value: float, digits: int = 3) -> float:
    return round(value, digits)
