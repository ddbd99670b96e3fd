"""Timing events, and the active time that follows from them."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from annotator.accounts.models import User
from annotator.annotation.models import AnnotationSession, TimingEvent
from tests.annotator.annotation.conftest import Api
from tests.annotator.making import event

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(api, colleague: User, photos) -> Api:
    return api(colleague)


@pytest.fixture
def session(page: Api) -> dict:
    """A session that began a minute ago."""
    session = page.session()
    AnnotationSession.objects.filter(pk=session["id"]).update(started_at=timezone.now() - timedelta(minutes=1))
    return session


def activity(session: dict, from_ms: float, to_ms: float, **changes) -> dict:
    return event(session, "activity", data={"from_ms": from_ms, "to_ms": to_ms}, **changes)


def times(session: dict) -> tuple[int, int]:
    row = AnnotationSession.objects.get(pk=session["id"])
    return row.active_ms, row.claimed_active_ms


# -- It works ---------------------------------------------------------------------------------------------------------


def test_events_are_stored_as_they_were_sent(page: Api, session):
    sent = event(session, "decode", data={"ms": 41.5}, monotonic_ms=99.25)
    assert page.post("/events", {"events": [sent]}) == (200, {"stored": 1, "known": 0, "refused": 0})
    stored = TimingEvent.objects.get(pk=sent["id"])
    assert (stored.kind, stored.data, stored.monotonic_ms) == ("decode", {"ms": 41.5}, 99.25)
    assert (stored.session_id, stored.annotator, stored.sequence) == (session["id"], page.user, sent["sequence"])


def test_activity_adds_up_to_the_active_time_of_the_session(page: Api, session):
    page.post("/events", {"events": [activity(session, 0, 5000), activity(session, 4000, 7000)]})
    assert times(session) == (7000, 7000)
    page.post("/events", {"events": [activity(session, 20_000, 21_000)]})
    assert times(session) == (8000, 8000)


def test_intervals_may_come_late_and_shuffled(page: Api, session):
    page.post("/events", {"events": [activity(session, 6000, 9000), activity(session, 0, 2000)]})
    page.post("/events", {"events": [activity(session, 2000, 6500)]})
    assert times(session) == (9000, 9000)


def test_events_of_two_sessions_come_in_one_request(page: Api, session):
    page.act(session, "finish")
    following = page.session()
    sent = [activity(session, 0, 3000), activity(following, 3000, 4000)]
    assert page.post("/events", {"events": sent})[1]["stored"] == 2
    assert (times(session)[0], times(following)[0]) == (3000, 1000)


def test_none_are_fine(page: Api, session):
    assert page.post("/events", {"events": []}) == (200, {"stored": 0, "known": 0, "refused": 0})


# -- What cannot be ---------------------------------------------------------------------------------------------------


def test_more_time_than_passed_is_clamped_and_flagged(page: Api, session):
    sent = [activity(session, start, start + 5000) for start in range(0, 600_000, 5000)]
    page.post("/events", {"events": sent})
    active, claimed = times(session)
    assert claimed == 600_000
    assert 60_000 <= active < 64_000


def test_an_interval_that_cannot_be_is_kept_as_an_event_and_not_counted(page: Api, session):
    sent = [activity(session, 0, 60_000), activity(session, 0, 1000), event(session, "activity", data={"to_ms": "5"})]
    assert page.post("/events", {"events": sent})[1]["stored"] == 3
    assert times(session) == (1000, 1000)


def test_a_session_that_ended_grows_no_further_than_its_end(page: Api, session):
    page.act(session, "finish")
    AnnotationSession.objects.filter(pk=session["id"]).update(ended_at=timezone.now() - timedelta(seconds=50))
    page.post("/events", {"events": [activity(session, start, start + 5000) for start in range(0, 40_000, 5000)]})
    assert times(session)[0] < 12_000


# -- It is forbidden to others ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["owner", "stranger", "admin"])
def test_events_of_a_session_that_is_not_ones_own_are_refused_and_hold_up_no_others(api, page, session, request, who):
    other = api(request.getfixturevalue(who))
    assert other.post("/events", {"events": [event(session)]}) == (200, {"stored": 0, "known": 0, "refused": 1})
    assert not TimingEvent.objects.exists()


def test_an_event_of_a_deleted_session_does_not_hold_up_the_others(page: Api, session):
    sent = [event({**session, "id": 10**9}), event(session)]
    assert page.post("/events", {"events": sent})[1] == {"stored": 1, "known": 0, "refused": 1}


# -- Bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "coffee"},
        {"id": "7"},
        {"sequence": -1},
        {"sequence": 2**31},
        {"monotonic_ms": -1},
        {"monotonic_ms": "1"},
        {"mask_id": 5},
        {"data": []},
        {"data": {"text": "x" * 4000}},
        {"data": {"text": "a\x00b"}},
        {"more": 1},
    ],
)
def test_a_strange_event_is_refused(page: Api, session, change):
    status, answer = page.post("/events", {"events": [event(session, **change)]})
    assert (status, answer["error"]["code"]) == (422, "invalid")
    assert not TimingEvent.objects.exists()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
@pytest.mark.parametrize("place", ["monotonic_ms", "data"])
def test_numbers_that_are_not_finite_are_refused(page: Api, session, number, place):
    change: dict[str, Any] = {place: {"ms": 12345} if place == "data" else 12345}
    sent = event(session, **change)
    content = json.dumps({"events": [sent]}).replace("12345", number).encode()
    assert page.post("/events", content)[0] in (400, 422)
    assert not TimingEvent.objects.exists()


def test_more_than_five_hundred_at_once_are_refused(page: Api, session):
    assert page.post("/events", {"events": [event(session)] * 501})[0] == 422


def test_text_that_looks_like_an_escape_is_text(page: Api, session):
    assert page.post("/events", {"events": [event(session, data={"text": "\\u0000"})]})[1]["stored"] == 1


# -- Second call ------------------------------------------------------------------------------------------------------


def test_events_sent_again_are_known_and_counted_once(page: Api, session):
    sent = [activity(session, 0, 5000), event(session)]
    assert page.post("/events", {"events": sent})[1] == {"stored": 2, "known": 0, "refused": 0}
    assert page.post("/events", {"events": [*sent, event(session)]})[1] == {"stored": 1, "known": 2, "refused": 0}
    assert times(session) == (5000, 5000)


def test_an_event_twice_in_one_request_is_one(page: Api, session):
    sent = activity(session, 0, 5000)
    assert page.post("/events", {"events": [sent, sent]})[1] == {"stored": 1, "known": 1, "refused": 0}


def test_what_was_stored_first_stands(page: Api, session):
    sent = activity(session, 0, 5000)
    page.post("/events", {"events": [sent]})
    page.post("/events", {"events": [{**sent, "data": {"from_ms": 0, "to_ms": 1}}]})
    assert TimingEvent.objects.get().data == {"from_ms": 0, "to_ms": 5000}
