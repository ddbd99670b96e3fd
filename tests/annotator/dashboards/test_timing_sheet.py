"""The sheets of every mask and every visit."""

import csv
import io
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from annotator.accounts.models import Project, User
from annotator.annotation.models import AnnotationSession, TimingEvent
from annotator.dashboards.timing_sheet import MASK_COLUMNS, VISIT_COLUMNS
from tests.annotator.making import draw, make_image, ring, session_on

pytestmark = pytest.mark.django_db

BEGAN = datetime(2026, 11, 23, 8, 0, 0, tzinfo=UTC)
PAGE = uuid.uuid4()


def log(session: AnnotationSession, seconds: float, kind: str, mask=None, **data) -> None:
    TimingEvent.objects.create(
        id=uuid.uuid4(),
        session=session,
        annotator=session.annotator,
        page_id=PAGE,
        sequence=TimingEvent.objects.count(),
        kind=kind,
        monotonic_ms=1000 * seconds,
        mask_id=mask,
        data=data,
        received_at=BEGAN + timedelta(seconds=seconds + 2),
    )


@pytest.fixture
def visit(project: Project, colleague: User) -> AnnotationSession:
    """One mask accepted in 6 s, of which 4 s active; one dropped; a saved one whose events never came."""
    image = make_image(project, file_name="=photo.jpg")
    session = session_on(
        image,
        colleague,
        started_at=BEGAN,
        ended_at=BEGAN + timedelta(seconds=30),
        active_ms=20_000,
        claimed_active_ms=21_000,
    )
    mask = draw(image, colleague, ring(), active_ms=4_000, claimed_active_ms=4_000, chosen_token=2)
    draw(image, colleague, ring(), active_ms=9_000, claimed_active_ms=9_500, deleted_at=BEGAN)
    log(session, 0, "session_shown")
    log(session, 1, "mask_started", mask.pk)
    log(session, 1, "prompt", mask.pk, prompt="point", label=1)
    log(session, 2, "decode", mask.pk, ms=51.5)
    log(session, 3, "activity", mask.pk, from_ms=0, to_ms=3000)
    log(session, 7, "activity", mask.pk, from_ms=5000, to_ms=7000)
    log(session, 7, "mask_accepted", mask.pk)
    dropped = uuid.uuid4()
    log(session, 9, "prompt", dropped, prompt="box")
    log(session, 10, "mask_dropped", dropped)
    return session


def sheet(client, project: Project, name: str, **query: str) -> list[dict[str, str]]:
    answer = client.get(f"/api/projects/{project.pk}/{name}.csv", query)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Disposition"] == f'attachment; filename="{name}-{project.pk}.csv"'
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_every_mask_has_a_line(as_user, owner: User, project: Project, visit):
    accepted, dropped, unheard = sheet(as_user(owner), project, "mask-times")
    assert tuple(accepted) == MASK_COLUMNS
    assert accepted["image"] == "'=photo.jpg"
    assert (
        accepted["began_utc"] == "2026-11-23T08:00:03+00:00"
    )  # by the server's clock, the fastest event's way included
    assert (accepted["active_seconds"], accepted["idle_seconds"]) == ("4.0", "2.0")
    assert (accepted["counted_active_seconds"], accepted["flagged"]) == ("4.0", "")
    assert (accepted["clicks"], accepted["candidate"], accepted["median_decode_ms"]) == ("1", "2", "51.5")
    assert (accepted["seconds_to_first_prompt"], accepted["ended_as"]) == ("1.0", "accepted")
    assert (dropped["ended_as"], dropped["boxes"], dropped["counted_active_seconds"]) == ("dropped", "1", "")
    assert (unheard["ended_as"], unheard["flagged"], unheard["clicks"]) == ("deleted or replaced", "yes", "")


def test_every_visit_has_a_line(as_user, owner: User, project: Project, visit):
    (line,) = sheet(as_user(owner), project, "visit-times")
    assert tuple(line) == VISIT_COLUMNS
    assert (line["state"], line["wall_seconds"], line["idle_seconds"]) == ("finished", "30.0", "10.0")
    assert (line["counted_active_seconds"], line["claimed_active_seconds"], line["flagged"]) == ("20.0", "21.0", "yes")
    assert (line["masks_accepted"], line["masks_dropped"], line["pages"]) == ("1", "1", "1")


@pytest.mark.parametrize("name", ["mask-times", "visit-times"])
def test_days_choose_the_visits(as_user, owner: User, project: Project, visit, name):
    assert sheet(as_user(owner), project, name, **{"from": "2026-11-24"}) == []
    assert sheet(as_user(owner), project, name, to="2026-11-23") != []


@pytest.mark.parametrize("name", ["mask-times", "visit-times"])
@pytest.mark.parametrize(("who", "status"), [("colleague", 403), ("stranger", 404), ("admin", 200)])
def test_who_may_have_them(as_user, project: Project, visit, request, who, status, name):
    client = as_user(request.getfixturevalue(who))
    assert client.get(f"/api/projects/{project.pk}/{name}.csv").status_code == status


def test_queries_do_not_grow_with_the_visits(as_user, owner: User, project: Project, visit, django_assert_num_queries):
    client = as_user(owner)
    client.get(f"/api/projects/{project.pk}/mask-times.csv")
    with django_assert_num_queries(7) as few:
        client.get(f"/api/projects/{project.pk}/mask-times.csv")
    for _ in range(5):
        session_on(make_image(project), owner, started_at=BEGAN)
    with django_assert_num_queries(len(few)):
        client.get(f"/api/projects/{project.pk}/mask-times.csv")
