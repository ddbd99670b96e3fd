"""Scripted work against what is stored of it: the whole way from a page's intervals to the session's active time."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from annotator.accounts.models import User
from annotator.annotation.events import store_events
from annotator.annotation.models import AnnotationSession
from annotator.annotation.schemas import EventIn
from tests.contract.timing_scenarios import SCENARIOS, allowed_error_s, requests

pytestmark = pytest.mark.django_db


def played(scenario: dict[str, Any], session: AnnotationSession) -> AnnotationSession:
    """The session after all events have come. It was finished at the end of the scenario's wall time."""
    delivery = scenario["delivery"]
    began = datetime.fromisoformat(delivery.get("began", "2026-05-04T08:00:00+00:00")).astimezone(UTC)
    ended = began + timedelta(seconds=scenario["wall_s"])
    AnnotationSession.objects.filter(pk=session.pk).update(started_at=began, ended_at=ended, state="finished")
    for number, events in enumerate(requests(scenario, session.pk)):
        now = ended + timedelta(seconds=delivery.get("after_s", 0) + number)
        # Built without validation: what a forger sends may be no number at all.
        store_events(annotator=session.annotator, sent=[EventIn.model_construct(**event) for event in events], now=now)
    return AnnotationSession.objects.get(pk=session.pk)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["name"])
def test_what_is_stored_is_what_was_worked(scenario: dict[str, Any], api, colleague: User, photos):
    session = AnnotationSession.objects.get(pk=api(colleague).session()["id"])
    with timezone.override(scenario["delivery"].get("time_zone", "UTC")):
        session = played(scenario, session)
    assert session.active_ms / 1000 == pytest.approx(scenario["truth_s"], abs=allowed_error_s(scenario) + 1e-6)
    assert (session.claimed_active_ms > session.active_ms) == scenario["flagged"]


def test_the_scenarios_are_many_and_can_fail():
    assert len({scenario["name"] for scenario in SCENARIOS}) == len(SCENARIOS) >= 40
    assert sum(scenario["truth_s"] > allowed_error_s(scenario) for scenario in SCENARIOS) >= 40
    assert all(math.isfinite(scenario["truth_s"]) for scenario in SCENARIOS)
