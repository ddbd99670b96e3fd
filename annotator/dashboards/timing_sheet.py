"""Every mask and every visit with its times, as CSV lines: what the figures of the throughput page are made of."""

import csv
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import F
from django.db.models.functions import Coalesce

from annotator.accounts.models import Project
from annotator.annotation.events import ACTIVITY, activity
from annotator.annotation.mask_timing import Event, MaskTiming, mask_timings, page_origin_ms
from annotator.annotation.models import AnnotationSession, Mask, TimingEvent
from annotator.annotation.wall_time import wall_ms
from annotator.dashboards.figures import within
from annotator.dashboards.sheet import cell

SESSIONS_AT_ONCE = 200  # a big project's events do not fit into memory together

MASK_COLUMNS = (
    "mask", "session", "image", "annotator", "began_utc", "ended_as",
    "counted_active_seconds", "claimed_active_seconds", "flagged",
    "active_seconds", "idle_seconds", "seconds_to_first_prompt",
    "clicks", "boxes", "strokes", "undos", "redos", "candidate",
    "decodes", "median_decode_ms", "longest_decode_ms",
    "limit_reached", "limit_answers", "limit_outcome",
)  # fmt: skip
VISIT_COLUMNS = (
    "session", "image", "annotator", "began_utc", "ended_utc", "state", "skip_reason", "wall_seconds",
    "counted_active_seconds", "claimed_active_seconds", "flagged", "idle_seconds", "masks_accepted", "masks_dropped",
    "pages",
)  # fmt: skip


class _Line:
    """A file for csv.writer that hands each line on."""

    def write(self, line: str) -> str:
        return line


def csv_lines(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow(map(cell, row))


def mask_rows(project: Project, first: date | None, last: date | None) -> Iterator[tuple[Any, ...]]:
    """One row per mask that was begun in a visit that began in these days (UTC), dropped ones included."""
    for session, events in _visits(project, first, last):
        origins = _origins(events)
        masks: dict[Any, Mask] = {mask.pk: mask for mask in session.masks.all()}
        timings: dict[Any, MaskTiming] = {timing.mask: timing for timing in mask_timings(map(_event, events))}
        # A mask whose events are lost or still on their way was saved all the same.
        for mask_id in [*timings, *(pk for pk in masks if pk not in timings)]:
            yield _mask_row(session, mask_id, timings.get(mask_id), masks.get(mask_id), origins)


def visit_rows(project: Project, first: date | None, last: date | None) -> Iterator[tuple[Any, ...]]:
    """One row per visit (session) that began in these days (UTC)."""
    now = datetime.now(UTC)
    for session, events in _visits(project, first, last):
        timings = mask_timings(map(_event, events))
        wall = wall_ms(session, now=now)
        yield (
            session.pk,
            session.image.file_name,
            session.annotator.username,
            _moment(session.started_at or session.created_at),
            _moment(session.ended_at),
            session.state,
            session.skip_reason,
            _seconds(wall),
            _seconds(session.active_ms),
            _seconds(session.claimed_active_ms),
            _yes(session.claimed_active_ms > session.active_ms),
            _seconds(max(0, wall - session.active_ms)),
            sum(timing.end == "accepted" for timing in timings),
            sum(timing.end == "dropped" for timing in timings),
            len({event.page_id for event in events}),
        )


def _visits(
    project: Project, first: date | None, last: date | None
) -> Iterator[tuple[AnnotationSession, list[TimingEvent]]]:
    sessions = (
        AnnotationSession.objects.annotate(began=Coalesce(F("started_at"), F("created_at")))
        .filter(within("began", first, last), project=project)
        .exclude(state="reserved")
        .order_by("began", "pk")
    )
    everything = list(sessions.values_list("pk", flat=True))
    for start in range(0, len(everything), SESSIONS_AT_ONCE):
        keys = everything[start : start + SESSIONS_AT_ONCE]
        chunk = sessions.filter(pk__in=keys).select_related("image", "annotator").prefetch_related("masks")
        events: dict[int, list[TimingEvent]] = {}
        for event in TimingEvent.objects.filter(session_id__in=keys).iterator():
            events.setdefault(event.session_id, []).append(event)
        for session in chunk:
            yield session, events.get(session.pk, [])


def _event(row: TimingEvent) -> Event:
    kind, data = row.kind, row.data
    if kind == "prompt" and "change" not in data:  # moved or removed, it is no further prompt
        kind = "box" if data.get("prompt") == "box" else "point"
    ms = data.get("ms")
    return Event(
        kind=kind,
        page=row.page_id,
        at_ms=row.monotonic_ms,
        sequence=row.sequence,
        mask=row.mask_id,
        activity=activity(row.page_id, data) if kind == ACTIVITY else None,
        decode_ms=float(ms) if kind == "decode" and isinstance(ms, int | float) else None,
        answer=str(data.get("answer", "")),
    )


def _origins(events: Iterable[TimingEvent]) -> dict[Any, float]:
    pages: dict[Any, list[tuple[float, float]]] = {}
    for event in events:
        pages.setdefault(event.page_id, []).append((1000 * event.received_at.timestamp(), event.monotonic_ms))
    return {page: page_origin_ms(pairs) for page, pairs in pages.items()}


def _mask_row(
    session: AnnotationSession, mask_id: Any, timing: MaskTiming | None, mask: Mask | None, origins: dict[Any, float]
) -> tuple[Any, ...]:
    began = datetime.fromtimestamp((origins[timing.page] + timing.began_at_ms) / 1000, UTC) if timing else None
    ended = timing.end if timing else "accepted"
    if mask is not None and mask.deleted_at is not None:
        ended = "deleted or replaced"
    return (
        mask_id,
        session.pk,
        session.image.file_name,
        session.annotator.username,
        _moment(began),
        ended or "left open",
        _seconds(mask.active_ms) if mask else None,
        _seconds(mask.claimed_active_ms) if mask else None,
        _yes(mask.claimed_active_ms > mask.active_ms) if mask else None,
        *(
            (
                _seconds(timing.active_ms),
                _seconds(timing.idle_ms),
                _seconds(timing.to_first_prompt_ms),
                timing.clicks,
                timing.boxes,
                timing.strokes,
                timing.undos,
                timing.redos,
            )
            if timing
            else (None,) * 8
        ),
        mask.chosen_token if mask else None,
        len(timing.decode_ms) if timing else None,
        timing and timing.median_decode_ms,
        max(timing.decode_ms) if timing and timing.decode_ms else None,
        timing.limit_reached if timing else None,
        " ".join(timing.answers) if timing else None,
        mask.time_limit_outcome if mask else None,
    )


def _seconds(ms: float | None) -> float | None:
    return None if ms is None else round(ms / 1000, 3)


def _moment(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else ""


def _yes(value: bool) -> str:
    return "yes" if value else ""
