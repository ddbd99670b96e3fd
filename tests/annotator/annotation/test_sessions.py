"""Starting, renewing, finishing, skipping."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotator.accounts.models import User
from annotator.annotation.models import AnnotationSession
from tests.annotator.annotation.conftest import Api
from tests.annotator.making import member

pytestmark = pytest.mark.django_db

ACTS = {"start": {}, "renew": {}, "finish": {}, "skip": {"reason": "unclear"}}
OTHER_TOKEN = "00000000-0000-4000-8000-000000000000"


def row(session: dict) -> AnnotationSession:
    return AnnotationSession.objects.get(pk=session["id"])


def lapse(session: dict) -> None:
    AnnotationSession.objects.filter(pk=session["id"]).update(lease_expires_at=timezone.now() - timedelta(seconds=1))


@pytest.fixture
def page(api, colleague: User, photos) -> Api:
    return api(colleague)


@pytest.fixture
def session(page: Api) -> dict:
    return page.session()


# -- It works ---------------------------------------------------------------------------------------------------------


def test_a_reserved_session_starts(page: Api, session):
    reserved = page.session(reserve=True)
    status, started = page.act(reserved, "start")
    assert (status, started["id"], started["state"]) == (200, reserved["id"], "active")
    assert row(reserved).started_at is not None


def test_renewing_prolongs_the_lease_and_the_reserved_ones(page: Api, session):
    reserved = page.session(reserve=True)
    lapse(session)
    lapse(reserved)
    assert page.act(session, "renew") == (200, {"lease_seconds": 120})
    soonest = timezone.now() + timedelta(seconds=110)
    assert row(session).lease_expires_at > soonest
    assert row(reserved).lease_expires_at > soonest


def test_finishing_ends_the_session(page: Api, session):
    assert page.act(session, "finish") == (200, {"ok": True})
    assert row(session).state == "finished"
    assert row(session).ended_at is not None


def test_skipping_keeps_the_reason_and_the_note(page: Api, session):
    assert page.act(session, "skip", reason="low_quality", note="All of it is blurred")[0] == 200
    ended = row(session)
    assert (ended.state, ended.skip_reason, ended.skip_note) == ("skipped", "low_quality", "All of it is blurred")


def test_one_can_read_ones_session_again(page: Api, session):
    assert page.get(f"/sessions/{session['id']}") == (200, session)


# -- The lease was taken ----------------------------------------------------------------------------------------------


@pytest.fixture
def taken(page: Api, api, owner: User, session) -> dict:
    """The colleague's session after the owner got its image."""
    lapse(session)
    api(owner).session()
    return session


@pytest.mark.parametrize("act", ["start", "renew"])
def test_a_lease_that_was_taken_is_lost(page: Api, taken, act):
    status, answer = page.act(taken, act)
    assert (status, answer["error"]["code"]) == (409, "lease_lost")


@pytest.mark.parametrize(("act", "state"), [("finish", "finished"), ("skip", "skipped")])
def test_work_done_after_the_lease_was_taken_ends_the_image_all_the_same(page: Api, taken, act, state):
    assert page.act(taken, act, **ACTS[act])[0] == 200
    assert row(taken).state == state


def test_renewing_does_not_take_an_image_back(page: Api, taken):
    page.act(taken, "renew")
    assert row(taken).state == "released"


# -- It is forbidden to others ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("who", ["owner", "stranger", "admin", "another member"])
def test_nobody_else_may_touch_a_session(api, session, project, make_user, request, act, who):
    other = member(project, make_user("other")) if who == "another member" else request.getfixturevalue(who)
    status, answer = api(other).act(session, act, **ACTS[act])
    assert (status, answer["error"]["code"]) == (404, "not_found")
    assert api(other).get(f"/sessions/{session['id']}")[0] == 404
    assert row(session).state == "active"


@pytest.mark.parametrize("act", ACTS)
def test_without_the_token_of_the_lease_nothing_happens(page: Api, session, act):
    before = row(session)
    status, answer = page.act({**session, "lease_token": OTHER_TOKEN}, act, **ACTS[act])
    assert (status, answer["error"]["code"]) == (409, "lease_lost")
    assert (row(session).state, row(session).lease_expires_at) == (before.state, before.lease_expires_at)


# -- Bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more",
    [{"reason": "bored"}, {}, {"reason": "other", "note": "x" * 2001}, {"reason": "other", "note": "a\x00b"}, {"x": 1}],
)
def test_a_strange_skip_is_refused(page: Api, session, more):
    assert page.act(session, "skip", **more)[0] == 422
    assert row(session).state == "active"


def test_half_a_character_in_a_note_is_refused(page: Api, session):
    body = f'{{"lease_token": "{session["lease_token"]}", "reason": "other", "note": "\\ud800"}}'.encode()
    assert page.post(f"/sessions/{session['id']}/skip", body)[0] == 422


@pytest.mark.parametrize("address", ["/sessions/0/start", "/sessions/99999999999999999999/start"])
def test_a_silly_id_is_refused(page: Api, session, address):
    assert page.post(address, {"lease_token": session["lease_token"]})[0] == 422


@pytest.mark.parametrize("token", ["", "abc", 7, None])
def test_a_token_that_is_none_is_refused(page: Api, session, token):
    assert page.act({**session, "lease_token": token}, "finish")[0] == 422


# -- Second call ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ACTS)
def test_each_act_may_be_repeated(page: Api, session, act):
    first = page.act(session, act, **ACTS[act])
    ended = row(session).ended_at
    assert page.act(session, act, **ACTS[act]) == first
    assert first[0] == 200
    assert row(session).ended_at == ended


def test_the_first_ending_stands(page: Api, session):
    page.act(session, "skip", reason="unclear")
    status, answer = page.act(session, "finish")
    assert (status, answer["error"]["code"]) == (409, "session_ended")
    assert row(session).state == "skipped"


@pytest.mark.parametrize("act", ["start", "renew"])
def test_an_ended_session_does_not_begin_again(page: Api, session, act):
    page.act(session, "finish")
    status, answer = page.act(session, act)
    assert (status, answer["error"]["code"]) == (409, "session_ended")
