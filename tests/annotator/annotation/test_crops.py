"""Asking for a part of the image at hand: the same one for the same look, one's own image only, within limits."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from annotator.accounts.models import Project, User
from annotator.annotation.models import AnnotationSession
from annotator.images import crops
from annotator.images.models import CropEmbedding, Image
from annotator.lib import storage
from annotator.lib.jobs import JobState
from annotator.model_registry.models import ModelState, ModelVersion
from tests.annotator.making import make_crop, make_image, make_model, mask_body

VIEW = [1000, 800, 700, 500]


@pytest.fixture
def image(project: Project, model: ModelVersion, settings: Settings, tmp_path: Any) -> Image:
    settings.DATA_DIR = tmp_path
    return make_image(project, model, width=4000, height=3000)


@pytest.fixture
def page(api: Callable[..., Any], colleague: User, image: Image) -> Any:
    return api(colleague)


def test_a_look_gets_the_crop_around_it_and_the_same_look_the_same(page: Any) -> None:
    session = page.session()
    status, crop = page.act(session, "crops", view=VIEW)
    assert status == 201
    assert crop["crop_box"] == [875, 500, 1000, 1000]
    assert (crop["state"], crop["url"], crop["sha256"]) == ("queued", None, None)
    assert page.act(session, "crops", view=[1010, 805, 690, 490]) == (200, crop)
    assert page.get(f"/sessions/{session['id']}/crops/{crop['id']}") == (200, crop)
    assert CropEmbedding.objects.count() == 1


def test_the_very_crop_of_a_mask_is_encoded_anew_once_it_is_forgotten(page: Any, image: Image) -> None:
    session = page.session()
    _, crop = page.act(session, "crops", view=VIEW)
    again = page.act(session, "crops", crop_box=crop["crop_box"])
    assert again == (200, crop)
    crops.forget_of(image)
    status, anew = page.act(session, "crops", crop_box=crop["crop_box"])
    assert (status, anew["crop_box"], anew["state"]) == (201, crop["crop_box"], "queued")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"crop_box": [876, 500, 1000, 1000]}, "bad_crop"),
        ({"crop_box": [3500, 2500, 1000, 1000]}, "bad_crop"),
        ({}, "invalid"),
        ({"crop_box": [875, 500, 1000, 1000], "view": VIEW}, "invalid"),
    ],
)
def test_a_part_that_no_mask_can_be_of_is_refused(page: Any, asked: dict[str, Any], code: str) -> None:
    status, answer = page.act(page.session(), "crops", **asked)
    assert (status, answer["error"]["code"]) == (422, code)
    assert not CropEmbedding.objects.exists()


def test_its_file_is_read_by_its_hash(page: Any) -> None:
    session = page.session()
    _, crop = page.act(session, "crops", view=VIEW)
    CropEmbedding.objects.update(state=JobState.DONE, sha256=storage.put_bytes(b"of a crop"))
    _, done = page.act(session, "crops", view=VIEW)
    answer = page.client.get(done["url"])
    assert (answer.status_code, answer.content) == (200, b"of a crop")
    assert page.client.get(f"/api/crops/{crop['id']}/{'0' * 64}").status_code == 404


@pytest.mark.parametrize(
    ("view", "code"),
    [
        ([3990, 0, 11, 5], "bad_view"),
        ([0, 0, 0, 5], "bad_view"),
        ([0, 0, 2500, 2500], "bad_view"),
        ([0, 0, 5], "invalid"),
        ([-1, 0, 5, 5], "invalid"),
        ([0.5, 0, 5, 5], "invalid"),
    ],
)
def test_a_bad_look_is_refused_in_words(page: Any, view: list[Any], code: str) -> None:
    status, answer = page.act(page.session(), "crops", view=view)
    assert (status, answer["error"]["code"]) == (422, code)
    assert not CropEmbedding.objects.exists()


def test_a_small_image_has_no_crops(project: Project, page: Any, image: Image) -> None:
    Image.objects.filter(pk=image.pk).update(width=150, height=100)
    assert page.act(page.session(), "crops", view=[10, 10, 20, 20])[0] == 422


def test_only_whoever_holds_the_image_may_ask(
    api: Callable[..., Any], page: Any, owner: User, stranger: User, as_user: Callable[[User], Client]
) -> None:
    session = page.session()
    _, crop = page.act(session, "crops", view=VIEW)
    for other in (owner, stranger):
        assert api(other).act(session, "crops", view=VIEW)[0] == 404
        assert api(other).get(f"/sessions/{session['id']}/crops/{crop['id']}")[0] == 404
    wrong = {**session, "lease_token": "3d6c3f5e-1b7a-4f0e-8a44-9b5e7d2c1f02"}
    assert page.act(wrong, "crops", view=VIEW)[1]["error"]["code"] == "lease_lost"
    AnnotationSession.objects.update(state="released")
    assert page.act(session, "crops", view=VIEW)[1]["error"]["code"] == "lease_lost"


def test_a_crop_of_another_image_or_model_is_not_the_sessions(page: Any, image: Image, project: Project) -> None:
    session, other = page.session(), make_model("other-0123456789ab", ModelState.RETIRED)
    model = image.embeddings.get().model_version
    for crop in (
        make_crop(image, other, page.user),
        make_crop(make_image(project, model, width=4000, height=3000), model, page.user),
    ):
        assert page.get(f"/sessions/{session['id']}/crops/{crop.pk}")[0] == 404
    make_crop(image, other, page.user, x=875, y=500, width=1000, height=1000)
    assert page.act(session, "crops", view=VIEW)[0] == 201  # its own model's


def test_a_look_elsewhere_gives_up_what_nobody_has_begun(page: Any) -> None:
    session = page.session()
    _, first = page.act(session, "crops", view=VIEW)
    page.act(session, "crops", view=[3000, 2000, 700, 500])
    assert page.get(f"/sessions/{session['id']}/crops/{first['id']}")[0] == 404
    CropEmbedding.objects.update(state=JobState.RUNNING)
    page.act(session, "crops", view=VIEW)
    assert CropEmbedding.objects.count() == 2


def test_too_many_within_a_minute_are_refused(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crops, "MOST_PER_MINUTE", 1)
    session = page.session()
    page.act(session, "crops", view=VIEW)
    CropEmbedding.objects.update(state=JobState.RUNNING)
    status, answer = page.act(session, "crops", view=[3000, 2000, 700, 500])
    assert (status, answer["error"]["code"]) == (429, "too_many_crops")
    assert page.act(session, "crops", view=VIEW)[0] == 200  # what is there already costs nothing
    CropEmbedding.objects.update(queued_at=timezone.now() - timedelta(minutes=2))
    assert page.act(session, "crops", view=[3000, 2000, 700, 500])[0] == 201


def test_the_end_of_the_work_forgets_its_crops(page: Any) -> None:
    session = page.session()
    page.act(session, "crops", view=VIEW)
    sha256 = storage.put_bytes(b"of a crop")
    CropEmbedding.objects.update(state=JobState.DONE, sha256=sha256)
    assert page.act(session, "finish")[0] == 200
    assert not CropEmbedding.objects.exists()
    assert not storage.exists(sha256)


def test_a_mask_tells_of_the_crop_it_was_made_in(page: Any, image: Image) -> None:
    Image.objects.filter(pk=image.pk).update(width=11, height=9)
    session = page.session()
    prompts = {"points": [[4.5, 3.0, 1]], "box": None, "crop_box": [2, 1, 6, 8]}
    status, mask = page.put("/masks/0b8f2a4e-6a33-4c0e-9d52-7f5a7c1e2d01", mask_body(session, prompts=prompts))
    assert (status, mask["prompts"]["crop_box"]) == (201, [2, 1, 6, 8])
    for wrong in ([2, 1, 10, 8], [0, 0, 0, 1]):
        body = mask_body(session, prompts={**prompts, "crop_box": wrong})
        status, answer = page.put("/masks/0b8f2a4e-6a33-4c0e-9d52-7f5a7c1e2d02", body)
        assert (status, answer["error"]["code"]) == (422, "wrong_crop")
