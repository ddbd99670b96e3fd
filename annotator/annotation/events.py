"""Timing events: stored as they come, append-only, doubles tolerated; and the active time that follows from them."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from annotator.accounts.models import User
from annotator.accounts.permissions import visible
from annotator.annotation.models import AnnotationSession, TimingEvent
from annotator.annotation.schemas import EventIn
from annotator.annotation.timing import Activity, active_time
from annotator.annotation.wall_time import wall_ms

ACTIVITY = "activity"


@dataclass(frozen=True)
class Stored:
    stored: int
    known: int  # came before, or twice in this request
    refused: int  # of sessions that are not this person's


def store_events(*, annotator: User, sent: Collection[EventIn], now: datetime | None = None) -> Stored:
    """Stores what is new, and brings the active time of the sessions up to date."""
    now = now or timezone.now()
    by_id: dict[UUID, EventIn] = {}
    for event in sent:
        by_id.setdefault(event.id, event)
    with transaction.atomic():
        # In the order of their ids, so that two requests for the same sessions cannot wait for each other.
        sessions = AnnotationSession.objects.select_for_update(no_key=True).order_by("pk")
        own = {
            session.pk: session
            for session in sessions.filter(
                pk__in=AnnotationSession.objects.filter(
                    visible(annotator), annotator=annotator, pk__in={event.session_id for event in sent}
                ).values("pk")
            )
        }
        mine = [event for event in by_id.values() if event.session_id in own]
        known = set(TimingEvent.objects.filter(pk__in=[event.id for event in mine]).values_list("pk", flat=True))
        new = [event for event in mine if event.id not in known]
        TimingEvent.objects.bulk_create([_row(event, annotator, now) for event in new], ignore_conflicts=True)
        for session_id in {event.session_id for event in new if event.kind == ACTIVITY}:
            _update_active_time(own[session_id], now=now)
    refused = sum(event.session_id not in own for event in sent)
    return Stored(stored=len(new), known=len(sent) - refused - len(new), refused=refused)


def _row(event: EventIn, annotator: User, now: datetime) -> TimingEvent:
    return TimingEvent(
        id=event.id,
        session_id=event.session_id,
        annotator=annotator,
        page_id=event.page_id,
        sequence=event.sequence,
        kind=event.kind,
        monotonic_ms=event.monotonic_ms,
        mask_id=event.mask_id,
        data=event.data,
        received_at=now,
    )


def _update_active_time(session: AnnotationSession, *, now: datetime) -> None:
    events = session.timing_events.filter(kind=ACTIVITY).values_list("page_id", "data")
    time = active_time((activity(page, data) for page, data in events), wall_ms=wall_ms(session, now=now))
    AnnotationSession.objects.filter(pk=session.pk).update(
        active_ms=time.active_ms, claimed_active_ms=min(time.claimed_ms, 2**31 - 1)
    )


def activity(page: Any, data: dict[str, Any]) -> Activity:
    """The interval of a stored event. What is no number becomes NaN, which the formula refuses and counts."""
    return Activity(page, _number(data.get("from_ms")), _number(data.get("to_ms")))


def _number(value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < 1e15 else math.nan
