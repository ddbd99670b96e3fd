"""The throughput of a project over some days, from the stored masks and sessions. Reads only."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from annotator.accounts.models import Project, User
from annotator.annotation.models import AnnotationSession, Mask, SessionState
from annotator.dashboards.throughput import MaskFact, Row, SessionFact, grouped, row, with_versions


@dataclass(frozen=True)
class PersonRow:
    """Figures of one annotator: over all the days, or of one."""

    user_id: int
    username: str
    figures: Row
    day: date | None = None


@dataclass(frozen=True)
class Throughput:
    limit_seconds: int
    annotators: list[PersonRow]  # by name
    days: list[PersonRow]  # by day, then name; no row where someone did nothing
    total: Row


def throughput(project: Project, *, first: date | None = None, last: date | None = None) -> Throughput:
    """Figures of the days (UTC) from `first` to `last`, both included; open where None. Three queries."""
    masks = with_versions(mask_facts(project.masks.all(), first, last))
    sessions = list(session_facts(project, first, last))
    limit = project.time_limit_seconds
    people = {fact.annotator for fact in masks} | {fact.annotator for fact in sessions}
    names = dict(User.objects.filter(pk__in=people).values_list("pk", "username"))
    by_person = grouped(lambda fact: (names[fact.annotator], fact.annotator), masks, sessions, limit_seconds=limit)
    by_day = grouped(
        lambda fact: (fact.day, names[fact.annotator], fact.annotator), masks, sessions, limit_seconds=limit
    )
    return Throughput(
        limit_seconds=limit,
        annotators=[PersonRow(pk, name, figures) for (name, pk), figures in by_person.items()],
        days=[PersonRow(pk, name, figures, day) for (day, name, pk), figures in by_day.items()],
        total=row(masks, sessions, limit_seconds=limit),
    )


def mask_facts(masks: QuerySet[Mask], first: date | None, last: date | None) -> Iterator[MaskFact]:
    """The masks kept in these days, and the hidden ones of any day: versions whose time belongs to a kept mask."""
    masks = masks.filter(within("created_at", first, last) | Q(deleted_at__isnull=False))
    columns = ("pk", "annotator_id", "image_id", "created_at", "active_ms", "replaces_id", "deleted_at")
    for pk, annotator, image, created, active_ms, replaces, deleted in masks.values_list(*columns).iterator():
        yield MaskFact(pk, annotator, image, _day(created), active_ms, replaces, kept=deleted is None)


def session_facts(project: Project, first: date | None, last: date | None) -> Iterator[SessionFact]:
    """Sessions that someone worked in or ended, on the day they began."""
    ended = Q(state__in=(SessionState.FINISHED, SessionState.SKIPPED))
    sessions = AnnotationSession.objects.annotate(began=Coalesce(F("started_at"), F("created_at"))).filter(
        ended | Q(active_ms__gt=0), within("began", first, last), project=project
    )
    columns = ("annotator_id", "image_id", "began", "active_ms", "state")
    for annotator, image, began, active_ms, state in sessions.values_list(*columns).iterator():
        finished, skipped = state == SessionState.FINISHED, state == SessionState.SKIPPED
        yield SessionFact(annotator, image, _day(began), active_ms, finished=finished, skipped=skipped)


def within(column: str, first: date | None, last: date | None) -> Q:
    """The condition that a moment lies in these days (UTC), both included; open where None."""
    condition = Q()
    if first is not None:
        condition &= Q(**{f"{column}__gte": datetime.combine(first, time.min, UTC)})
    if last is not None:
        condition &= Q(**{f"{column}__lte": datetime.combine(last, time.max, UTC)})
    # An empty Q in an OR would be left out of it, instead of letting everything through.
    return condition or Q(**{f"{column}__isnull": False})


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
