"""A project's images, with the state of their encoding by the active model."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from annotator.accounts.models import Project, User
from annotator.images import queue
from annotator.images.models import Image, ImageEmbedding
from annotator.lib import storage
from annotator.lib.jobs import JobState
from annotator.model_registry import registry
from annotator.model_registry.models import ModelVersion

AsUser = Callable[[User], Client]


@pytest.fixture
def images(project: Project, owner: User, model: ModelVersion) -> list[Image]:
    """One image per state, oldest first: queued, running, done, failed."""
    made = []
    for number, state in enumerate(JobState):
        sha256 = storage.put_bytes(f"file {number}".encode())
        image = Image.objects.create(
            project=project,
            file_name=f"{number}.jpg",
            sha256=sha256,
            display_sha256=sha256,
            display_type="image/jpeg",
            thumbnail_sha256=sha256,
            width=6,
            height=4,
            bytes=9,
            uploaded_by=owner,
        )
        failed = {"reason": "The disk is full.", "attempt": 3} if state == JobState.FAILED else {}
        done = {"sha256": sha256, "encode_ms": 12.5} if state == JobState.DONE else {}
        ImageEmbedding.objects.create(image=image, model_version=model, state=state, **failed, **done)
        made.append(image)
    return made


def _get(client: Client, project: Project, **query: Any) -> Any:
    return client.get(f"/api/projects/{project.pk}/images", query)


def test_images_come_newest_first_with_their_states(
    as_user: AsUser, colleague: User, project: Project, images: list[Image]
) -> None:
    page = _get(as_user(colleague), project).json()
    assert page["count"] == 4
    assert page["states"] == {"queued": 1, "running": 1, "done": 1, "failed": 1}
    assert [item["state"] for item in page["items"]] == ["failed", "done", "running", "queued"]
    assert page["items"][0]["reason"] == "The disk is full."
    assert page["items"][1]["encode_ms"] == 12.5


def test_one_state_and_one_page_can_be_asked_for(
    as_user: AsUser, colleague: User, project: Project, images: list[Image]
) -> None:
    client = as_user(colleague)
    failed = _get(client, project, state="failed").json()
    assert (failed["count"], [item["id"] for item in failed["items"]]) == (1, [images[3].pk])
    second = _get(client, project, offset=1, limit=2).json()
    assert (second["count"], [item["id"] for item in second["items"]]) == (4, [images[2].pk, images[1].pk])


def test_odd_questions_are_refused(as_user: AsUser, colleague: User, project: Project) -> None:
    for query in ({"limit": 0}, {"limit": 100000}, {"offset": -1}, {"state": "lost"}):
        assert _get(as_user(colleague), project, **query).status_code == 422


def test_strangers_see_nothing(as_user: AsUser, stranger: User, project: Project, images: list[Image]) -> None:
    client = as_user(stranger)
    assert _get(client, project).status_code == 404
    assert client.get("/api/projects/99999999999999999999/images").status_code == 422
    assert client.post(f"/api/images/{images[0].pk}/retry").status_code == 404
    assert client.delete(f"/api/images/{images[0].pk}").status_code == 404


def test_a_page_costs_the_same_queries_whatever_is_on_it(
    as_user: AsUser, colleague: User, project: Project, images: list[Image], django_assert_num_queries: Any
) -> None:
    client = as_user(colleague)
    with django_assert_num_queries(7):  # session, user, project, active model, states, page, masks
        _get(client, project)


def test_an_old_models_embeddings_do_not_count(
    as_user: AsUser, colleague: User, project: Project, images: list[Image], model: ModelVersion
) -> None:
    newer = ModelVersion.objects.create(
        version="new-1", name="new", checkpoint_sha256="1" * 64, decoder_sha256="1" * 64, manifest={}
    )
    registry.activate(newer)
    assert _get(as_user(colleague), project).json()["states"]["queued"] == 4
    assert queue.queue_missing_embeddings() == 4
    assert queue.queue_missing_embeddings() == 0
    assert ImageEmbedding.objects.filter(model_version=newer, state=JobState.QUEUED).count() == 4
    assert ImageEmbedding.objects.filter(model_version=model).count() == 4


def test_a_failed_image_is_retried(as_user: AsUser, owner: User, images: list[Image]) -> None:
    client = as_user(owner)
    answer = client.post(f"/api/images/{images[3].pk}/retry")
    assert (answer.json()["state"], answer.json()["reason"]) == ("queued", "")
    assert ImageEmbedding.objects.get(image=images[3]).attempt == 0
    assert client.post(f"/api/images/{images[2].pk}/retry").json()["state"] == "done"


def test_annotators_may_neither_retry_nor_delete(as_user: AsUser, colleague: User, images: list[Image]) -> None:
    client = as_user(colleague)
    assert client.post(f"/api/images/{images[3].pk}/retry").status_code == 403
    assert client.delete(f"/api/images/{images[3].pk}").status_code == 403


def test_an_image_is_deleted_once(as_user: AsUser, owner: User, images: list[Image]) -> None:
    client = as_user(owner)
    assert client.delete(f"/api/images/{images[0].pk}").status_code == 204
    assert client.delete(f"/api/images/{images[0].pk}").status_code == 404
    assert Image.objects.count() == 3


def test_an_image_that_somebody_works_on_is_not_deleted(
    as_user: AsUser, owner: User, colleague: User, project: Project, images: list[Image], model: ModelVersion
) -> None:
    images[2].sessions.create(
        project=project,
        annotator=colleague,
        model_version=model,
        state="active",
        lease_expires_at="2100-01-01T00:00:00Z",
    )
    answer = as_user(owner).delete(f"/api/images/{images[2].pk}")
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "has_masks"
    assert Image.objects.filter(pk=images[2].pk).exists()
