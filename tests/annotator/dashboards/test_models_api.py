"""The models page's list and its acts on versions, and who may see and do them."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from annotator.accounts.models import Project, User
from annotator.accounts.permissions import RULES, api_operations
from annotator.lib import storage
from annotator.model_registry import registry
from annotator.model_registry.models import ModelImport, ModelState, ModelVersion
from sam_core.official import OFFICIAL
from tests.annotator.making import make_embedding, make_image, make_model

pytestmark = pytest.mark.django_db
AsUser = Callable[[User], Client]
ACTS = sorted(
    key for key, name in api_operations().items() if name.startswith("api:model_") and name != "api:model_file"
)


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of made-up versions are there."""
    monkeypatch.setattr(storage, "exists", lambda sha256: True)
    monkeypatch.setattr(storage, "size", lambda sha256: 1000)


def listed(client: Client) -> dict[str, Any]:
    answer = client.get("/api/models")
    assert answer.status_code == 200
    return answer.json()


def test_the_list_tells_how_far_each_version_s_images_are(
    as_user: AsUser, admin: User, project: Project, whole: None
) -> None:
    old, new = make_model("old-1", ModelState.RETIRED), make_model("new-1")
    for state in ("done", "queued", "failed"):
        make_embedding(make_image(project, old), new, state=state)
    make_image(project, old, state="queued")  # waits for the new one too, without a row yet
    told = {one["version"]: one for one in listed(as_user(admin))["versions"]}
    counts = {
        version: [one[f"images_{what}"] for what in ("encoded", "waiting", "failed")] for version, one in told.items()
    }
    assert counts == {"new-1": [1, 2, 1], "old-1": [3, 1, 0]}
    assert (told["new-1"]["state"], told["old-1"]["state"]) == ("active", "retired")
    assert (told["new-1"]["bytes"], told["new-1"]["complete"], told["new-1"]["published"]) == (1000, True, False)


def test_its_queries_do_not_grow_with_versions_and_imports(
    as_user: AsUser, admin: User, whole: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        make_model(f"v-{number}", ModelState.CANDIDATE)
        ModelImport.objects.create(kind="upload", source=str(number), file_name="a.pth", requested_by=admin)
    client = as_user(admin)
    with django_assert_num_queries(6):  # two of them find out who asks
        assert len(listed(client)["imports"]) == 5


def test_it_offers_every_published_model_with_its_terms_and_the_disk_it_takes(as_user: AsUser, admin: User) -> None:
    told = listed(as_user(admin))
    assert [one["name"] for one in told["official"]] == list(OFFICIAL)
    for one in told["official"]:
        assert (one["licence"], one["version"], one["needed_bytes"]) == ("Apache License 2.0", None, 3 * one["bytes"])
        assert one["bytes"] > 10_000_000
        assert one["title"]
        assert one["publisher"]
    assert [one["name"] for one in told["official"] if not one["exact"]] == ["vit_l"]
    assert told["free_bytes"] > 0


def test_a_version_that_came_of_a_published_file_is_told_beside_it(as_user: AsUser, admin: User) -> None:
    model = make_model("vit_b-1", ModelState.CANDIDATE)
    ModelVersion.objects.filter(pk=model.pk).update(source_sha256=OFFICIAL["vit_b"].sha256)
    told = listed(as_user(admin))
    assert told["versions"][0]["published"]
    assert {one["name"]: one["version"] for one in told["official"]}["vit_b"] == "vit_b-1"
    assert (told["versions"][0]["complete"], told["versions"][0]["bytes"]) == (False, None)


def test_activating_is_for_good_until_another_is_activated(as_user: AsUser, admin: User, whole: None) -> None:
    old, new = make_model("old-1"), make_model("new-1", ModelState.CANDIDATE)
    client = as_user(admin)
    for _ in range(2):
        assert client.post(f"/api/model-versions/{new.pk}/activate").status_code == 204
        activated_at = ModelVersion.objects.get(pk=new.pk).activated_at
        assert registry.active_model() == new
    assert ModelVersion.objects.get(pk=new.pk).activated_at == activated_at
    assert client.post(f"/api/model-versions/{old.pk}/activate").status_code == 204
    assert registry.active_model() == old


def test_a_version_whose_files_are_gone_is_not_activated(as_user: AsUser, admin: User) -> None:
    old, lost = make_model("old-1"), make_model("lost-1", ModelState.CANDIDATE)
    answer = as_user(admin).post(f"/api/model-versions/{lost.pk}/activate")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "files_missing")
    assert as_user(admin).post("/api/model-versions/999/activate").status_code == 404
    assert registry.active_model() == old


@pytest.mark.parametrize(("route", "method"), ACTS)
def test_only_admins_see_and_do_anything(
    route: str, method: str, as_user: AsUser, owner: User, colleague: User, admin: User
) -> None:
    model = make_model("old-1", ModelState.CANDIDATE)
    made = ModelImport.objects.create(kind="upload", source="x", file_name="a.pth", requested_by=admin)
    ids = {"version_id": model.pk, "import_id": made.pk, "upload_id": uuid.uuid4()}
    address = "/" + route.replace("uuid:", "").replace("int:", "").format(**ids)
    body = {"data": json.dumps({}), "content_type": "application/json"} if method in ("POST", "PUT") else {}
    for client, status in ((as_user(owner), 403), (as_user(colleague), 403), (Client(), 401)):
        assert getattr(client, method.lower())(address, **body).status_code == status
    assert RULES[api_operations()[route, method]].at_least == "admin"
    made.refresh_from_db()
    model.refresh_from_db()
    assert (made.state, model.state) == ("queued", "candidate")


def test_the_page_is_for_admins_and_in_their_navigation(
    as_user: AsUser, admin: User, owner: User, colleague: User
) -> None:
    answer = as_user(admin).get("/models/")
    assert answer.status_code == 200
    assert "csrftoken" in answer.cookies
    page = answer.content.decode()
    assert '<a href="/models/" aria-current="true">Models</a>' in page
    for user in (owner, colleague):
        refused = as_user(user).get("/models/")
        assert (refused.status_code, "This is not open to you" in refused.content.decode()) == (403, True)
        assert "/models/" not in as_user(user).get("/").content.decode()
    door = Client().get("/models/")
    assert (door.status_code, door.headers["Location"]) == (302, "/sign-in/?next=%2Fmodels%2F")
