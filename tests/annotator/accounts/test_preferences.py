"""What a person chose for themselves: kept, told to the annotate page, and nobody else's."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from annotator.accounts.models import Preferences, Project, User

AsUser = Callable[[User], Client]
KEYS = {"accept": ["g"], "zoom.in": ["Ctrl+Shift+x"], "undo": []}


def _save(client: Client, body: Any) -> Any:
    return client.put("/api/me/preferences", body, content_type="application/json")


def _on_the_page(client: Client, project: Project) -> Any:
    return client.get(f"/projects/{project.pk}/annotate/").context["page_data"]["preferences"]


def test_keys_are_kept_and_told_to_the_page(as_user: AsUser, colleague: User, owner: User, project: Project) -> None:
    client = as_user(colleague)
    assert _on_the_page(client, project) == {"keys": {}}
    answer = _save(client, {"keys": KEYS})
    assert (answer.status_code, answer.json()) == (200, {"keys": KEYS})
    assert _on_the_page(client, project) == {"keys": KEYS}
    assert _on_the_page(as_user(owner), project) == {"keys": {}}


def test_saving_again_replaces_all_of_them(as_user: AsUser, colleague: User) -> None:
    client = as_user(colleague)
    _save(client, {"keys": KEYS})
    assert _save(client, {"keys": {"drop": ["x"]}}).json() == {"keys": {"drop": ["x"]}}
    assert Preferences.objects.count() == 1


@pytest.mark.django_db
def test_the_signed_out_keep_nothing() -> None:
    assert _save(Client(), {"keys": {}}).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"keys": {}, "colour": "red"},
        {"keys": {"accept": "g"}},
        {"keys": {"accept": ["a b"]}},
        {"keys": {"accept": ["x" * 40]}},
        {"keys": {"accept": ["a", "b", "c", "d", "e"]}},
        {"keys": {"<script>": ["g"]}},
        {"keys": {f"command.{number}": ["g"] for number in range(201)}},
    ],
)
def test_what_are_no_keys_is_refused(as_user: AsUser, colleague: User, body: Any) -> None:
    answer = _save(as_user(colleague), body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")
    assert not Preferences.objects.exists()
