"""Projects through the API: who sees which, who makes and changes them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from annotator.accounts.models import Membership, Project, User

AsUser = Callable[[User], Client]


def _send(client: Client, method: str, address: str, body: Any) -> Any:
    return getattr(client, method)(address, body, content_type="application/json")


def test_a_manager_makes_a_project_and_is_its_first_member(as_user: AsUser, owner: User) -> None:
    answer = _send(as_user(owner), "post", "/api/projects", {"name": "  Harbour ", "time_limit_policy": "advance"})
    assert answer.status_code == 201, answer.content
    project = Project.objects.get()
    assert answer.json() == {
        "id": project.pk,
        "name": "Harbour",
        "guidelines": "",
        "time_limit_policy": "advance",
        "time_limit_seconds": 30,
        "max_extensions": 3,
        "idle_seconds": 15,
        "annotators_per_image": 1,
        "images": 0,
        "images_ready": 0,
        "images_failed": 0,
        "images_done": 0,
        "masks": 0,
        "members": 1,
    }
    assert project.created_by == owner
    assert list(project.members.all()) == [owner]


def test_annotators_make_and_change_nothing(as_user: AsUser, colleague: User, project: Project) -> None:
    client = as_user(colleague)
    assert _send(client, "post", "/api/projects", {"name": "Mine"}).status_code == 403
    assert _send(client, "patch", f"/api/projects/{project.pk}", {"name": "Mine"}).status_code == 403


def test_each_sees_their_projects_and_an_admin_all(
    as_user: AsUser, colleague: User, stranger: User, admin: User, project: Project
) -> None:
    for user, expected in ((colleague, [project.pk]), (stranger, []), (admin, [project.pk])):
        client = as_user(user)
        assert [row["id"] for row in client.get("/api/projects").json()] == expected
        assert client.get(f"/api/projects/{project.pk}").status_code == (200 if expected else 404)


def test_the_list_costs_the_same_queries_whatever_it_holds(
    as_user: AsUser, owner: User, project: Project, django_assert_num_queries: Any
) -> None:
    client = as_user(owner)
    for number in range(3):
        other = Project.objects.create(name=f"Other {number}", created_by=owner)
        Membership.objects.create(project=other, user=owner)
    with django_assert_num_queries(4):  # session, user, projects, their progress
        assert len(client.get("/api/projects").json()) == 4


def test_only_what_is_named_changes(as_user: AsUser, owner: User, project: Project) -> None:
    answer = _send(as_user(owner), "patch", f"/api/projects/{project.pk}", {"time_limit_seconds": 45})
    assert (answer.json()["time_limit_seconds"], answer.json()["name"]) == (45, "Street scenes")
    project.refresh_from_db()
    assert project.time_limit_seconds == 45


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "   "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "Harbour", "time_limit_policy": "sometimes"}, "time_limit_policy"),
        ({"name": "Harbour", "time_limit_seconds": 2}, "time_limit_seconds"),
        ({"name": "Harbour", "time_limit_seconds": "30"}, "time_limit_seconds"),
        ({"name": "Harbour", "max_extensions": 21}, "max_extensions"),
        ({"name": "Harbour", "idle_seconds": 1}, "idle_seconds"),
        ({"name": "Harbour", "time_limit_seconds": 10, "idle_seconds": 10}, "idle_seconds"),
        ({"name": "Harbour", "owner": 1}, "owner"),
        ({}, "name"),
    ],
)
def test_a_value_that_is_not_valid_is_named(as_user: AsUser, owner: User, body: dict[str, Any], field: str) -> None:
    answer = _send(as_user(owner), "post", "/api/projects", body)
    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == [field]
    assert Project.objects.count() == 0


def test_nothing_may_be_made_empty(as_user: AsUser, owner: User, project: Project) -> None:
    answer = _send(as_user(owner), "patch", f"/api/projects/{project.pk}", {"name": None})
    assert list(answer.json()["error"]["fields"]) == ["name"]


def test_nonsense_is_no_project(as_user: AsUser, owner: User) -> None:
    for body in ("[]", "null", "{", '"name"'):
        answer = as_user(owner).post("/api/projects", body, content_type="application/json")
        assert answer.status_code in (400, 422)
        assert answer.json()["error"]["message"]
