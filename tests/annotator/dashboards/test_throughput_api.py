"""The throughput page's figures, as JSON and CSV."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client

from annotator.accounts.models import Project, Role, User
from annotator.dashboards.figures import throughput
from annotator.dashboards.sheet import cell
from tests.annotator.making import draw, make_image, member, ring, session_on

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 24, 0, 0, 0, tzinfo=UTC)

Json = Callable[..., dict]


@pytest.fixture
def figures(as_user: Callable[[User], Client], owner: User, project: Project) -> Json:
    def get(**query: str) -> dict:
        answer = as_user(owner).get(f"/api/projects/{project.pk}/throughput", query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    return get


@pytest.fixture
def two_days(project: Project, colleague: User, owner: User) -> None:
    """The colleague: two masks on Monday's image, one on Tuesday's; the owner: a skip on Tuesday."""
    first, second, third = (make_image(project) for _ in range(3))
    session_on(first, colleague, started_at=MONDAY, active_ms=50_000)
    draw(first, colleague, ring(), active_ms=10_000, created_at=MONDAY)
    draw(first, colleague, ring(), active_ms=40_000, created_at=MONDAY)
    session_on(second, colleague, started_at=TUESDAY, active_ms=15_500)
    draw(second, colleague, ring(), active_ms=12_000, created_at=TUESDAY)
    session_on(third, owner, "skipped", started_at=TUESDAY, active_ms=2_000)


# -- It works ---------------------------------------------------------------------------------------------------------


def test_nothing_was_done_yet(figures: Json):
    nothing = {
        "masks": 0, "median_seconds": None, "mean_seconds": None, "images": 0, "masks_per_image": None, "skips": 0,
        "over_limit_share": None, "active_seconds": 0.0,
    }  # fmt: skip
    assert figures() == {"limit_seconds": 30, "annotators": [], "days": [], "total": nothing}


def test_figures_per_annotator(figures: Json, two_days, colleague: User, owner: User):
    assert figures()["annotators"] == [
        {
            "user_id": colleague.pk, "username": "colleague", "masks": 3, "median_seconds": 12.0,
            "mean_seconds": 20.667, "images": 2, "masks_per_image": 1.5, "skips": 0, "over_limit_share": 0.3333,
            "active_seconds": 65.5,
        },
        {
            "user_id": owner.pk, "username": "owner", "masks": 0, "median_seconds": None, "mean_seconds": None,
            "images": 0, "masks_per_image": None, "skips": 1, "over_limit_share": None, "active_seconds": 2.0,
        },
    ]  # fmt: skip


def test_figures_per_day_and_annotator(figures: Json, two_days):
    days = [
        (day["day"], day["username"], day["masks"], day["median_seconds"], day["skips"]) for day in figures()["days"]
    ]
    assert days == [
        ("2026-11-23", "colleague", 2, 25.0, 0),
        ("2026-11-24", "colleague", 1, 12.0, 0),
        ("2026-11-24", "owner", 0, None, 1),
    ]


def test_the_total_is_of_all_masks_not_of_medians(figures: Json, two_days):
    total = figures()["total"]
    assert (total["masks"], total["median_seconds"], total["images"], total["skips"]) == (3, 12.0, 2, 1)
    assert total["active_seconds"] == 67.5


@pytest.mark.parametrize(
    ("query", "masks", "skips"),
    [
        ({"from": "2026-11-24"}, 1, 1),
        ({"to": "2026-11-23"}, 2, 0),
        ({"from": "2026-11-23", "to": "2026-11-24"}, 3, 1),
        ({"from": "2026-11-25"}, 0, 0),
        ({"from": "0001-01-01", "to": "9999-12-31"}, 3, 1),
    ],
)
def test_days_are_those_of_utc_both_ends_included(figures: Json, two_days, query, masks, skips):
    total = figures(**query)["total"]
    assert (total["masks"], total["skips"]) == (masks, skips)


def test_a_reopened_mask_brings_the_time_of_its_versions_from_before_the_range(figures, project, colleague):
    image = make_image(project)
    old = draw(image, colleague, ring(), active_ms=20_000, created_at=MONDAY, deleted_at=TUESDAY)
    draw(image, colleague, ring(), active_ms=5_000, created_at=TUESDAY, replaces=old)
    draw(image, colleague, ring(), active_ms=99_000, created_at=TUESDAY, deleted_at=TUESDAY)
    total = figures(**{"from": "2026-11-24"})["total"]
    assert (total["masks"], total["median_seconds"]) == (1, 25.0)
    assert figures(to="2026-11-23")["total"]["masks"] == 0


def test_the_limit_is_the_projects(figures: Json, project: Project, two_days):
    Project.objects.filter(pk=project.pk).update(time_limit_seconds=11)
    found = figures()
    assert found["limit_seconds"] == 11
    assert found["total"]["over_limit_share"] == 0.6667


def test_a_reserved_session_is_no_work(figures: Json, project: Project, colleague: User):
    session_on(make_image(project), colleague, "reserved")
    assert figures()["annotators"] == []


def test_other_projects_do_not_count(figures: Json, owner: User):
    other = Project.objects.create(name="Other", created_by=owner)
    draw(make_image(other), owner, ring())
    assert figures()["annotators"] == []


def test_the_number_of_queries_is_fixed(project, two_days, make_user, django_assert_num_queries):
    for number in range(5):
        draw(make_image(project), member(project, make_user(f"annotator {number}")), ring())
    with django_assert_num_queries(3):
        throughput(project)


# -- CSV --------------------------------------------------------------------------------------------------------------


def sheet(client: Client, project: Project, **query: str) -> list[dict[str, str]]:
    answer = client.get(f"/api/projects/{project.pk}/throughput.csv", query)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="throughput-{project.pk}.csv"'
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_sheet_has_days_annotators_and_the_total(as_user, owner: User, project: Project, two_days):
    lines = sheet(as_user(owner), project)
    assert [(line["day"], line["annotator"], line["masks"], line["median_seconds"]) for line in lines] == [
        ("2026-11-23", "colleague", "2", "25.0"),
        ("2026-11-24", "colleague", "1", "12.0"),
        ("2026-11-24", "owner", "0", ""),
        ("all days", "colleague", "3", "12.0"),
        ("all days", "owner", "0", ""),
        ("all days", "(everyone)", "3", "12.0"),
    ]
    assert {line["limit_seconds"] for line in lines} == {"30"}
    assert [line["masks"] for line in sheet(as_user(owner), project, to="2026-11-23")] == ["2", "2", "2"]


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "-2", "@SUM(A1)"])
def test_a_name_that_looks_like_a_formula_is_quoted(as_user, owner, project, make_user, name):
    draw(make_image(project), member(project, make_user(name)), ring())
    assert sheet(as_user(owner), project)[0]["annotator"] == f"'{name}"


@pytest.mark.parametrize(
    ("value", "written"), [("\t=1", "'\t=1"), ("\r=1", "'\r=1"), ("anna", "anna"), (-1.5, -1.5), (None, "")]
)
def test_only_text_that_would_run_is_quoted(value, written):
    assert cell(value) == written


# -- It is forbidden to others ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["throughput", "throughput.csv"])
@pytest.mark.parametrize(("who", "status"), [("colleague", 403), ("stranger", 404), ("admin", 200)])
def test_who_may_look(as_user, project: Project, two_days, request, who, status, ending):
    client = as_user(request.getfixturevalue(who))
    assert client.get(f"/api/projects/{project.pk}/{ending}").status_code == status


def test_a_manager_who_is_no_member_does_not_look(as_user, project: Project, make_user):
    other = make_user("manager", Role.MANAGER)
    assert as_user(other).get(f"/api/projects/{project.pk}/throughput").status_code == 404


# -- Bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["throughput", "throughput.csv"])
@pytest.mark.parametrize(
    "query", [{"from": "yesterday"}, {"to": "2026-13-01"}, {"from": "2026-11-24", "to": "2026-11-23"}, {"from": "1e99"}]
)
def test_days_that_are_none_are_refused(as_user, owner: User, project: Project, ending, query):
    answer = as_user(owner).get(f"/api/projects/{project.pk}/{ending}", query)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")
