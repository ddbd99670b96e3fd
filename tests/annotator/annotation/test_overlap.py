"""A project that asks for several annotators per image: different people, each for themselves, and no more of them."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotator.accounts.models import Membership, Project, User
from annotator.annotation import assignment
from annotator.annotation.models import AnnotationSession, Mask
from annotator.dashboards.home import projects_with_progress
from annotator.images.models import Image
from tests.annotator.annotation.conftest import Api
from tests.annotator.making import mask_body

ApiOf = Callable[[User], Api]


@pytest.fixture
def helper(project: Project, make_user: Callable[..., User]) -> User:
    """A third member."""
    user = make_user("helper")
    Membership.objects.create(project=project, user=user)
    return user


@pytest.fixture
def pairs(project: Project) -> Project:
    """Two people for each image."""
    project.annotators_per_image = 2
    project.save()
    return project


def test_two_people_get_the_same_image_and_the_third_the_next(
    api: ApiOf, pairs: Project, photos: list[Image], owner: User, colleague: User, helper: User
):
    first, second = api(owner).session(), api(colleague).session()
    assert first["image"]["id"] == second["image"]["id"] == photos[0].pk
    assert api(helper).session()["image"]["id"] == photos[1].pk
    assert sorted(AnnotationSession.objects.filter(image=photos[0]).values_list("place", flat=True)) == [0, 1]


def test_one_person_goes_through_all_images_once_each(
    api: ApiOf, pairs: Project, photos: list[Image], owner: User, colleague: User
):
    seen = []
    for user in (owner, colleague):
        while (session := api(user).ask())["session"] is not None:
            seen.append((user, session["session"]["image"]["id"]))
            api(user).act(session["session"], "finish")
        assert session["reason"] == "all_done"
    assert seen == [(user, photo.pk) for user in (owner, colleague) for photo in photos]


def test_a_skip_is_one_persons_word(api: ApiOf, pairs: Project, photos: list[Image], owner: User, colleague: User):
    api(owner).act(api(owner).session(), "skip", reason="unclear")
    assert api(colleague).session()["image"]["id"] == photos[0].pk


def test_a_place_whose_lease_lapsed_is_taken_by_another(
    api: ApiOf, pairs: Project, photos: list[Image], owner: User, colleague: User, helper: User
):
    session = api(owner).session()
    api(colleague).session()
    AnnotationSession.objects.filter(pk=session["id"]).update(lease_expires_at=timezone.now() - timedelta(1))
    assert api(helper).session()["image"]["id"] == photos[0].pk


def test_the_database_itself_refuses_a_second_lease_of_one_person(
    api: ApiOf, pairs: Project, photos: list[Image], colleague: User
):
    session = AnnotationSession.objects.get(pk=api(colleague).session()["id"])
    session.pk, session.place = None, 1
    with pytest.raises(IntegrityError), transaction.atomic():
        session.save()


def test_nobody_sees_deletes_or_replaces_what_another_drew(
    api: ApiOf, pairs: Project, photos: list[Image], owner: User, colleague: User
):
    theirs, mine = api(owner).session(), api(colleague).session()
    _, drawn = api(owner).put(f"/masks/{uuid4()}", mask_body(theirs))
    assert api(colleague).get(f"/sessions/{mine['id']}")[1]["masks"] == []
    lease = {"session_id": mine["id"], "lease_token": mine["lease_token"]}
    assert api(colleague).post(f"/masks/{drawn['id']}/delete", lease)[0] == 404
    status, kept = api(colleague).put(f"/masks/{uuid4()}", mask_body(mine, replaces=drawn["id"]))
    assert (status, kept["replaces"]) == (201, None)
    assert Mask.objects.filter(deleted_at=None).count() == 2
    assert [mask["id"] for mask in api(owner).get(f"/sessions/{theirs['id']}")[1]["masks"]] == [drawn["id"]]


def test_more_people_may_be_asked_for_later(
    api: ApiOf, project: Project, photos: list[Image], owner: User, colleague: User
):
    for _ in photos:
        api(owner).act(api(owner).session(), "finish")
    assert api(colleague).ask()["reason"] == "all_done"
    assert api(owner).send("PATCH", f"/projects/{project.pk}", {"annotators_per_image": 2})[0] == 200
    assert api(owner).ask()["reason"] == "all_done"
    assert api(colleague).session()["image"]["id"] == photos[0].pk
    project.refresh_from_db()
    assert assignment.free_images(project, colleague).count() == 2


@pytest.mark.parametrize("people", [0, 21, "2", None])
def test_a_number_of_people_that_cannot_be_is_refused(api: ApiOf, project: Project, owner: User, people):
    status, answer = api(owner).send("PATCH", f"/projects/{project.pk}", {"annotators_per_image": people})
    assert status == 422
    assert "annotators_per_image" in answer["error"]["fields"]


def test_an_annotator_does_not_decide_how_many(api: ApiOf, project: Project, colleague: User):
    assert api(colleague).send("PATCH", f"/projects/{project.pk}", {"annotators_per_image": 2})[0] == 403


def test_an_image_is_done_when_enough_people_were_at_it(
    api: ApiOf, pairs: Project, photos: list[Image], owner: User, colleague: User
):
    for _ in photos:
        api(owner).act(api(owner).session(), "finish")
    api(colleague).act(api(colleague).session(), "finish")
    (mine,), (theirs,) = projects_with_progress(owner), projects_with_progress(colleague)
    assert (mine.images_done, mine.images_left, mine.has_work) == (1, 0, False)
    assert (theirs.images_done, theirs.images_left, theirs.has_work) == (1, 2, True)
