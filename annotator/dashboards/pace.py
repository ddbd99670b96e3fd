"""A person's own pace: seconds per mask today against their own last weeks. Nobody else's is in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from annotator.accounts.models import User
from annotator.annotation.models import Mask
from annotator.dashboards.figures import mask_facts
from annotator.dashboards.throughput import MaskFact, with_versions

WEEKS = 4


@dataclass(frozen=True)
class Pace:
    """Masks and the median of their active seconds; None where there are no masks."""

    masks: int
    median_seconds: float | None


@dataclass(frozen=True)
class OwnPace:
    """Today, the four weeks before today, and each of all these days on which a mask was made, in order."""

    today: Pace
    before: Pace
    days: list[tuple[date, Pace]]


def own_pace(user: User, *, today: date) -> OwnPace:
    """By the formula of the throughput page (`throughput.FORMULA`), over all projects. Days are in UTC."""
    first = today - timedelta(weeks=WEEKS)
    facts = with_versions(mask_facts(Mask.objects.filter(annotator=user), first, today))
    by_day: dict[date, list[MaskFact]] = {}
    for fact in facts:
        by_day.setdefault(fact.day, []).append(fact)
    return OwnPace(
        today=_pace(by_day.get(today, [])),
        before=_pace([fact for fact in facts if fact.day < today]),
        days=[(day, _pace(by_day[day])) for day in sorted(by_day)],
    )


def _pace(masks: Sequence[MaskFact]) -> Pace:
    return Pace(len(masks), round(median(mask.active_ms for mask in masks) / 1000, 3) if masks else None)
