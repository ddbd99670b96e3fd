"""A client that speaks JSON, and a project with a model and three encoded photos."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from annotator.accounts.models import Project, User
from annotator.images.models import Image
from annotator.model_registry.models import ModelVersion
from tests.annotator.making import make_image, make_model


class Api:
    """JSON in, JSON out, signed in as one person."""

    def __init__(self, user: User, project: Project) -> None:
        self.client, self.user, self.project = Client(), user, project
        self.client.force_login(user)

    def send(self, method: str, address: str, body: Any = None) -> tuple[int, Any]:
        content = body if isinstance(body, bytes) else json.dumps(body if body is not None else {}).encode()
        answer = self.client.generic(method, f"/api{address}", content, content_type="application/json")
        return answer.status_code, answer.json()

    def get(self, address: str) -> tuple[int, Any]:
        answer = self.client.get(f"/api{address}")
        return answer.status_code, answer.json()

    def post(self, address: str, body: Any = None) -> tuple[int, Any]:
        return self.send("POST", address, body)

    def put(self, address: str, body: Any) -> tuple[int, Any]:
        return self.send("PUT", address, body)

    def ask(self, **body: Any) -> dict[str, Any]:
        status, answer = self.post(f"/projects/{self.project.pk}/sessions", body)
        assert status == 200, answer
        return answer

    def session(self, **body: Any) -> dict[str, Any]:
        answer = self.ask(**body)
        assert answer["session"] is not None, answer
        return answer["session"]

    def act(self, session: dict[str, Any], act: str, **more: Any) -> tuple[int, Any]:
        return self.post(f"/sessions/{session['id']}/{act}", {"lease_token": session["lease_token"], **more})


@pytest.fixture
def model(db: None) -> ModelVersion:
    return make_model()


@pytest.fixture
def photos(project: Project, model: ModelVersion) -> list[Image]:
    return [make_image(project, model) for _ in range(3)]


@pytest.fixture
def api(project: Project) -> Callable[[User], Api]:
    return lambda user: Api(user, project)
