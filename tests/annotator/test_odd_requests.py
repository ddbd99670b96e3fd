"""Whatever is sent, the answer is the one error shape and never a crash."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from annotator.accounts import projects
from annotator.accounts.models import Project, User

AsUser = Callable[[User], Client]


def _error(answer: Any) -> dict[str, Any]:
    error = answer.json()["error"]
    assert set(error) <= {"code", "message", "fields"}
    assert error["message"].endswith(".")
    return error


@pytest.mark.parametrize("name", ["\ud800", "\udfff x", "a\0b"])
def test_text_that_no_database_keeps_is_refused(as_user: AsUser, owner: User, name: str) -> None:
    answer = as_user(owner).post("/api/projects", json.dumps({"name": name}), content_type="application/json")
    assert answer.status_code in (400, 422)
    assert _error(answer)
    assert Project.objects.count() == 0


@pytest.mark.parametrize(
    "address",
    [
        "/api/models/%00/manifest.json",
        "/api/models/x/%00",
        "/api/projects/0",
        "/api/projects/-1",
        "/api/projects/9223372036854775808",
        "/api/projects/1e3",
        "/api/projects/１/hints?after=99999999999999999999",
        "/api/images/1/display/%ff",
    ],
)
def test_odd_addresses_are_refused(as_user: AsUser, colleague: User, address: str) -> None:
    answer = as_user(colleague).get(address)
    assert answer.status_code in (400, 404, 422)
    assert _error(answer)


def test_a_wrong_method_is_refused(as_user: AsUser, owner: User) -> None:
    assert as_user(owner).put("/api/me").status_code == 405


def test_a_body_that_is_too_large_is_413(as_user: AsUser, owner: User, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = as_user(owner).post("/api/projects", {"name": "x" * 200}, content_type="application/json")
    assert (answer.status_code, _error(answer)["code"]) == (413, "too_large")


def test_a_crash_tells_nothing_of_its_inside(as_user: AsUser, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(**values: Any) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(projects, "create_project", crash)
    answer = as_user(owner).post("/api/projects", {"name": "Harbour"}, content_type="application/json")
    assert (answer.status_code, _error(answer)["code"]) == (500, "server_error")
    assert b"hunter2" not in answer.content


def test_the_description_of_the_api_is_complete(as_user: AsUser, colleague: User) -> None:
    paths = as_user(colleague).get("/api/openapi.json").json()["paths"]
    assert "/api/projects/{project_id}/images" in paths
    assert Client().get("/api/openapi.json").status_code == 401
