"""Who gets which image."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from annotator.accounts.models import Membership, Project, User
from annotator.annotation import assignment
from annotator.annotation.models import AnnotationSession
from annotator.images.models import Image
from annotator.model_registry.models import ModelState, ModelVersion
from tests.annotator.annotation.conftest import Api
from tests.annotator.making import make_embedding, make_image, make_model

pytestmark = pytest.mark.django_db


def lapse(session: dict) -> None:
    AnnotationSession.objects.filter(pk=session["id"]).update(lease_expires_at=timezone.now() - timedelta(seconds=1))


# -- It works ---------------------------------------------------------------------------------------------------------


def test_images_are_given_in_the_order_of_their_upload(api, owner: User, colleague: User, photos: list[Image]):
    assert api(colleague).session()["image"]["id"] == photos[0].pk
    assert api(owner).session()["image"]["id"] == photos[1].pk  # managers annotate too


def test_a_session_holds_everything_the_page_begins_with(
    api, colleague: User, photos: list[Image], model: ModelVersion
):
    session = api(colleague).session()
    image = photos[0]
    assert session["state"] == "active"
    assert session["lease_seconds"] == 120
    assert session["image"]["display_url"] == f"/api/images/{image.pk}/display/{image.display_sha256}"
    assert session["model"] == {
        "version": model.version,
        "manifest_url": f"/api/models/{model.version}/manifest.json?v={model.manifest_sha256}",
        "manifest_sha256": model.manifest_sha256,
    }
    embedding = image.embeddings.get()
    assert session["embedding"] == {
        "id": embedding.pk,
        "state": "done",
        "url": f"/api/embeddings/{embedding.pk}/{embedding.sha256}",
        "sha256": embedding.sha256,
        "bytes": embedding.bytes,
    }
    assert session["idle_seconds"] == 15
    assert session["time_limit"] == {"policy": "remind", "seconds": 30, "max_extensions": 3}
    assert session["masks"] == []


def test_a_reload_resumes_the_same_session_with_the_same_token(api, colleague: User, photos):
    first, again = api(colleague).session(), api(colleague).session()
    assert (first["id"], first["lease_token"]) == (again["id"], again["lease_token"])


def test_a_reload_after_the_lease_lapsed_resumes_too_if_nobody_took_the_image(api, colleague: User, photos):
    first = api(colleague).session()
    lapse(first)
    again = api(colleague).session()
    assert again["id"] == first["id"]
    assert AnnotationSession.objects.get(pk=first["id"]).lease_expires_at > timezone.now()


def test_two_images_are_reserved_ahead_and_given_next(api, colleague: User, photos, project: Project, model):
    for _ in range(4):
        make_image(project, model)
    page: Api = api(colleague)
    active = page.session()
    reserved = [page.session(reserve=True)]
    reserved.append(page.session(reserve=True, known=[reserved[0]["id"]]))
    assert [session["state"] for session in reserved] == ["reserved", "reserved"]
    assert [session["image"]["id"] for session in reserved] == [photo.pk for photo in photos[1:]]
    nothing_more = page.ask(reserve=True, known=[session["id"] for session in reserved])
    assert nothing_more == {"session": None, "reason": None}
    page.act(active, "finish")
    following = page.session()
    assert (following["id"], following["state"]) == (reserved[0]["id"], "active")


def test_nobody_hoards_what_others_wait_for(api, colleague: User, owner: User, project: Project, model):
    for _ in range(4):
        make_image(project, model)
    page: Api = api(colleague)
    page.session()
    reserved = page.session(reserve=True)
    # Two are left, for two members: a second one ahead would leave too few.
    assert project.memberships.count() == 2
    assert page.ask(reserve=True, known=[reserved["id"]]) == {"session": None, "reason": None}
    make_image(project, model)
    assert page.session(reserve=True, known=[reserved["id"]])["state"] == "reserved"


def test_a_reloaded_page_gets_the_reserved_image_it_forgot(api, colleague: User, photos):
    page: Api = api(colleague)
    page.session()
    assert page.session(reserve=True)["id"] == page.session(reserve=True)["id"]


def test_a_session_keeps_its_model_version_when_another_becomes_active(
    api, colleague: User, photos, model: ModelVersion
):
    page: Api = api(colleague)
    page.session()
    ModelVersion.objects.filter(pk=model.pk).update(state=ModelState.RETIRED)
    make_model("tiny-ba9876543210")
    assert page.session()["model"]["version"] == model.version


# -- Whose image is it ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [("finish", {}), ("skip", {"reason": "unclear"})])
def test_an_image_someone_finished_or_skipped_is_given_to_nobody_again(api, owner, colleague, photos, ending):
    act, more = ending
    api(colleague).act(api(colleague).session(), act, **more)
    assert api(owner).session()["image"]["id"] == photos[1].pk
    assert api(colleague).session()["image"]["id"] == photos[2].pk


def test_a_lapsed_lease_is_freed_by_whoever_asks_next(api, owner: User, colleague: User, photos):
    first = api(colleague).session()
    lapse(first)
    taken = api(owner).session()
    assert taken["image"]["id"] == first["image"]["id"]
    assert taken["lease_token"] != first["lease_token"]
    assert AnnotationSession.objects.get(pk=first["id"]).state == "released"


def test_a_lease_that_runs_still_is_not_freed(api, owner: User, colleague: User, photos):
    first = api(colleague).session()
    assert api(owner).session()["image"]["id"] != first["image"]["id"]


def test_the_owner_of_a_freed_lease_gets_another_image(api, owner: User, colleague: User, photos):
    lapse(api(colleague).session())
    api(owner).session()
    assert api(colleague).session()["image"]["id"] == photos[1].pk


# -- Why there is none ------------------------------------------------------------------------------------------------


def test_a_project_without_images_says_so(api, colleague: User, model):
    assert api(colleague).ask() == {"session": None, "reason": "no_images"}


@pytest.mark.parametrize("state", ["queued", "running"])
def test_images_that_are_not_encoded_yet_are_not_given(api, colleague: User, project, model, state):
    make_image(project, model, state=state)
    assert api(colleague).ask() == {"session": None, "reason": "encoding"}


def test_an_image_encoded_by_a_retired_model_only_is_not_given(api, colleague: User, project, model):
    image = make_image(project)
    make_embedding(image, make_model("old-0123456789ab", ModelState.RETIRED))
    assert api(colleague).ask()["reason"] == "encoding"


def test_an_image_that_failed_to_encode_holds_nobody_up(api, colleague: User, project, model, photos):
    make_image(project, model, state="failed")
    for _ in photos:
        api(colleague).act(api(colleague).session(), "finish")
    assert api(colleague).ask() == {"session": None, "reason": "all_done"}


def test_images_in_the_hands_of_others_are_no_reason_to_wait(api, owner: User, colleague: User, project, model):
    make_image(project, model)
    api(colleague).session()
    assert api(owner).ask() == {"session": None, "reason": "all_done"}


def test_images_of_another_project_are_not_given(api, owner: User, colleague: User, project, model):
    other = Project.objects.create(name="Other", created_by=owner)
    make_image(other, model)
    assert api(colleague).ask()["reason"] == "no_images"


# -- Forbidden, bad input ---------------------------------------------------------------------------------------------


def test_a_stranger_finds_nothing(api, stranger: User, photos):
    status, answer = api(stranger).post(f"/projects/{photos[0].project_id}/sessions", {})
    assert (status, answer["error"]["code"]) == (404, "not_found")
    assert not AnnotationSession.objects.exists()


def test_someone_who_left_the_project_gets_no_more_images(api, colleague: User, photos):
    session = api(colleague).session()
    Membership.objects.filter(user=colleague).delete()
    assert api(colleague).post(f"/projects/{photos[0].project_id}/sessions", {})[0] == 404
    assert api(colleague).act(session, "renew")[0] == 404


@pytest.mark.parametrize(
    "body", [{"reserve": 1}, {"reserve": "true"}, {"known": ["1"]}, {"other": 1}, [None], [], None]
)
def test_a_strange_body_is_refused(api, colleague: User, photos, body):
    content = b"null" if body is None else body
    status, answer = api(colleague).post(f"/projects/{photos[0].project_id}/sessions", content)
    assert status in (400, 422)
    assert answer["error"]["message"]


# -- How it costs -----------------------------------------------------------------------------------------------------


def test_asking_costs_a_fixed_number_of_queries(
    colleague: User, project: Project, photos, model, django_assert_num_queries: Callable
):
    for _ in range(10):
        make_image(project, model)
    # savepoint begin and end, free, mine, take, ended?; on PostgreSQL the project's lock
    with django_assert_num_queries(7 if connection.vendor == "postgresql" else 6):
        assignment.ask(annotator=colleague, project=project)
