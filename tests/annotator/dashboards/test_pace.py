"""A person's own pace, on their first page."""

import json
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from annotator.accounts.models import Project, User
from annotator.dashboards.pace import Pace, own_pace
from tests.annotator.making import draw, make_image, ring

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 25)


@pytest.fixture
def mine(project: Project, colleague: User, owner: User) -> None:
    """Today 8 and 12 s, two days ago 20 s, six weeks ago 90 s; and somebody else's of today."""
    image = make_image(project)
    for seconds, ago in ((8, 0), (12, 0), (20, 2), (90, 42)):
        moment = datetime(2026, 11, 25, 10, tzinfo=UTC) - timedelta(days=ago)
        draw(image, colleague, ring(), active_ms=1000 * seconds, created_at=moment)
    draw(image, owner, ring(), active_ms=1000, created_at=datetime(2026, 11, 25, 11, tzinfo=UTC))


def test_today_stands_beside_the_last_four_weeks(colleague: User, mine):
    pace = own_pace(colleague, today=TODAY)
    assert (pace.today, pace.before) == (Pace(2, 10.0), Pace(1, 20.0))
    assert pace.days == [(date(2026, 11, 23), Pace(1, 20.0)), (TODAY, Pace(2, 10.0))]


def test_a_day_without_masks_has_no_median(colleague: User, mine):
    assert own_pace(colleague, today=date(2026, 11, 24)).today == Pace(0, None)


def test_the_first_page_shows_the_own_pace_and_nobody_elses(as_user, project, colleague: User, owner: User):
    image = make_image(project)
    assert b"page-data" not in as_user(colleague).get("/").content
    draw(image, owner, ring(), active_ms=1000, created_at=timezone.now())
    assert b"page-data" not in as_user(colleague).get("/").content
    draw(image, colleague, ring(), active_ms=7000, created_at=timezone.now())
    page = as_user(colleague).get("/").content.decode()
    found = re.search(r'<script id="page-data"[^>]*>(.*?)</script>', page)
    assert found
    assert "by the server's clock" in json.loads(found[1])["formula"]
    assert json.loads(found[1])["pace"]["today"] == {"masks": 1, "median_seconds": 7.0}
