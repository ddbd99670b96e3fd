"""A project's members and hints through the API."""

from collections.abc import Callable
from typing import Any

from django.test import Client

from annotator.accounts import hints
from annotator.accounts.models import Project, User

AsUser = Callable[[User], Client]


def _add(client: Client, project: Project, username: Any) -> Any:
    body = {"username": username}
    return client.post(f"/api/projects/{project.pk}/members", body, content_type="application/json")


def test_members_are_listed_added_and_removed(
    as_user: AsUser, owner: User, colleague: User, stranger: User, project: Project
) -> None:
    client = as_user(owner)
    answer = _add(client, project, "stranger")
    assert (answer.status_code, answer.json()["username"]) == (201, "stranger")
    assert _add(client, project, "stranger").status_code == 201
    members = client.get(f"/api/projects/{project.pk}/members").json()
    assert [member["username"] for member in members] == ["colleague", "owner", "stranger"]
    assert client.delete(f"/api/projects/{project.pk}/members/{stranger.pk}").status_code == 204
    assert client.delete(f"/api/projects/{project.pk}/members/{stranger.pk}").status_code == 404
    assert as_user(stranger).get(f"/api/projects/{project.pk}").status_code == 404


def test_annotators_and_strangers_see_no_members(
    as_user: AsUser, colleague: User, stranger: User, project: Project
) -> None:
    assert as_user(colleague).get(f"/api/projects/{project.pk}/members").status_code == 403
    assert as_user(stranger).get(f"/api/projects/{project.pk}/members").status_code == 404
    assert _add(as_user(stranger), project, "stranger").status_code == 404


def test_a_name_that_nobody_has_is_said(as_user: AsUser, owner: User, project: Project) -> None:
    answer = _add(as_user(owner), project, "nobody")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "unknown_user")
    assert "username" in answer.json()["error"]["fields"]


def test_hints_are_told_from_where_one_left_off(
    as_user: AsUser, colleague: User, stranger: User, project: Project
) -> None:
    first = hints.publish(project.pk, "image_added", image_id=1)
    second = hints.publish(project.pk, "mask_saved", image_id=1)
    client = as_user(colleague)
    address = f"/api/projects/{project.pk}/hints"
    assert [hint["sequence"] for hint in client.get(address).json()] == [first.pk, second.pk]
    assert client.get(address, {"after": first.pk}).json() == [
        {"sequence": second.pk, "kind": "mask_saved", "payload": {"image_id": 1}}
    ]
    assert client.get(address, {"after": second.pk}).json() == []
    assert client.get(address, {"after": -1}).status_code == 422
    assert as_user(stranger).get(address).status_code == 404
