"""Accepted masks: stored once, exactly, never lost."""

import json
import uuid
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from annotator.accounts.models import Hint, Membership, Project, User
from annotator.annotation import saving
from annotator.annotation.models import AnnotationSession, Mask
from sam_core.masks import rle
from tests.annotator.annotation.conftest import Api
from tests.annotator.making import HEIGHT, WIDTH, mask_body, member, ring

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(api, colleague: User, photos) -> Api:
    return api(colleague)


@pytest.fixture
def session(page: Api) -> dict:
    return page.session()


def new_id() -> str:
    return str(uuid.uuid4())


def started(session: dict, seconds_ago: float) -> None:
    then = timezone.now() - timedelta(seconds=seconds_ago)
    AnnotationSession.objects.filter(pk=session["id"]).update(started_at=then, created_at=then)


def code(answer: tuple[int, dict]) -> tuple[int, str]:
    return answer[0], answer[1]["error"]["code"]


# -- It works ---------------------------------------------------------------------------------------------------------


def test_a_mask_is_stored_pixel_for_pixel_with_all_that_was_told_of_it(page: Api, session, model):
    mask_id = new_id()
    status, answer = page.put(f"/masks/{mask_id}", mask_body(session))
    assert status == 201
    stored = Mask.objects.get(pk=mask_id)
    assert np.array_equal(rle.decode((HEIGHT, WIDTH), stored.counts), ring())
    assert (stored.area, stored.bbox) == (32, [3, 2, 6, 6])
    assert (stored.model_version, stored.annotator, stored.image_id) == (model, page.user, session["image"]["id"])
    created_at = answer.pop("created_at")
    assert created_at.endswith("Z")
    assert answer == {
        "id": mask_id,
        "image_id": session["image"]["id"],
        "annotator": "colleague",
        "size": [9, 11],
        "counts": rle.encode(ring()),
        "bbox": [3, 2, 6, 6],
        "area": 32,
        "prompts": {"points": [[4.5, 3.25, 1], [6.0, 5.0, 0]], "box": None},
        "chosen_token": 0,
        "predicted_iou": 0.91,
        "stability_score": 0.97,
        "brush_pixels_added": 0,
        "brush_pixels_removed": 4,
        "active_ms": 800,
        "time_limit_outcome": "within",
        "replaces": None,
    }


def test_a_saved_mask_comes_with_the_session(page: Api, session):
    first, second = new_id(), new_id()
    for mask_id in (first, second):
        page.put(f"/masks/{mask_id}", mask_body(session))
    assert [mask["id"] for mask in page.session()["masks"]] == [first, second]


def test_a_mask_painted_by_hand_needs_no_model_output(page: Api, session):
    body = mask_body(
        session, chosen_token=None, predicted_iou=None, stability_score=None, prompts={"points": [], "box": None}
    )
    assert page.put(f"/masks/{new_id()}", body)[0] == 201


def test_the_candidate_of_the_first_prompt_comes_back_with_the_prompts(page: Api, session):
    """Without it a reopened mask could not be made again from its prompts."""
    prompts = {"points": [[4.5, 3.25, 1], [6.0, 5.0, 0]], "box": None, "first_token": 3}
    mask_id, body = new_id(), mask_body(session, prompts=prompts)
    assert page.put(f"/masks/{mask_id}", body)[0] == 201
    assert page.session()["masks"][0]["prompts"] == prompts
    assert page.put(f"/masks/{mask_id}", body)[0] == 200
    assert page.put(f"/masks/{new_id()}", mask_body(session, prompts={**prompts, "first_token": 4}))[0] == 422


def test_open_pages_are_told(page: Api, session, project: Project):
    page.put(f"/masks/{new_id()}", mask_body(session))
    hint = Hint.objects.get(project=project, kind="mask_saved")
    assert hint.payload == {"image_id": session["image"]["id"]}


def test_a_mask_that_replaces_another_hides_it(page: Api, session):
    old, new = new_id(), new_id()
    page.put(f"/masks/{old}", mask_body(session))
    status, answer = page.put(f"/masks/{new}", mask_body(session, replaces=old))
    assert (status, answer["replaces"]) == (201, old)
    assert [mask["id"] for mask in page.session()["masks"]] == [new]
    assert Mask.objects.get(pk=old).deleted_at is not None


def test_prompts_that_end_outside_the_image_are_clipped_to_it(page: Api, session):
    prompts = {"points": [[-3.0, 4, 1], [12.5, 99.0, 0]], "box": [8.0, 12.0, -1.0, 2.0]}
    answer = page.put(f"/masks/{new_id()}", mask_body(session, prompts=prompts))[1]
    assert answer["prompts"] == {"points": [[0, 4, 1], [11, 9, 0]], "box": [0, 2, 8, 9]}


def test_a_deleted_mask_is_hidden_not_gone(page: Api, session, project: Project):
    mask_id = new_id()
    page.put(f"/masks/{mask_id}", mask_body(session))
    lease = {"session_id": session["id"], "lease_token": session["lease_token"]}
    assert page.post(f"/masks/{mask_id}/delete", lease) == (200, {"ok": True})
    assert page.session()["masks"] == []
    assert Mask.objects.get(pk=mask_id).deleted_at is not None
    assert Hint.objects.filter(project=project, kind="mask_saved").count() == 2


# -- Nothing is lost --------------------------------------------------------------------------------------------------


def test_a_mask_is_stored_after_its_lease_lapsed_and_the_image_went_to_another(page: Api, session, api, owner: User):
    AnnotationSession.objects.filter(pk=session["id"]).update(lease_expires_at=timezone.now() - timedelta(hours=5))
    taken = api(owner).session()
    assert page.put(f"/masks/{new_id()}", mask_body(session))[0] == 201
    assert len(api(owner).session()["masks"]) == 1
    assert taken["image"]["id"] == session["image"]["id"]


@pytest.mark.parametrize(("act", "more"), [("finish", {}), ("skip", {"reason": "time_limit"})])
def test_a_mask_is_stored_after_its_session_ended(page: Api, session, act, more):
    page.act(session, act, **more)
    assert page.put(f"/masks/{new_id()}", mask_body(session))[0] == 201


def test_a_mask_is_stored_though_what_it_replaces_is_unknown(page: Api, session):
    status, answer = page.put(f"/masks/{new_id()}", mask_body(session, replaces=new_id()))
    assert (status, answer["replaces"]) == (201, None)


def test_a_mask_cannot_replace_one_of_another_image(page: Api, session):
    other = new_id()
    page.put(f"/masks/{other}", mask_body(session))
    page.act(session, "finish")
    following = page.session()
    answer = page.put(f"/masks/{new_id()}", mask_body(following, replaces=other))[1]
    assert answer["replaces"] is None
    assert Mask.objects.get(pk=other).deleted_at is None


# -- Time -------------------------------------------------------------------------------------------------------------


def test_a_claim_of_more_time_than_passed_is_clamped_and_flagged(page: Api, session):
    started(session, seconds_ago=20)
    answer = page.put(f"/masks/{(mask_id := new_id())}", mask_body(session, active_ms=2**31 - 1))[1]
    assert 20_000 <= answer["active_ms"] < 23_000
    stored = Mask.objects.get(pk=mask_id)
    assert (stored.active_ms, stored.claimed_active_ms) == (answer["active_ms"], 2**31 - 1)


def test_the_masks_of_a_session_share_the_time_that_passed(page: Api, session):
    started(session, seconds_ago=20)
    first = page.put(f"/masks/{new_id()}", mask_body(session, active_ms=15_000))[1]
    second = page.put(f"/masks/{new_id()}", mask_body(session, active_ms=15_000))[1]
    assert first["active_ms"] == 15_000
    assert 6_000 <= second["active_ms"] < 9_000


def test_a_mask_saved_again_after_its_deletion_keeps_its_time(page: Api, session):
    started(session, seconds_ago=20)
    mask_id = new_id()
    page.put(f"/masks/{mask_id}", mask_body(session, active_ms=15_000))
    lease = {"session_id": session["id"], "lease_token": session["lease_token"]}
    page.post(f"/masks/{mask_id}/delete", lease)
    assert page.put(f"/masks/{new_id()}", mask_body(session, active_ms=15_000))[1]["active_ms"] == 15_000


def test_a_version_that_was_replaced_keeps_its_share_of_the_time(page: Api, session):
    started(session, seconds_ago=20)
    first, second = new_id(), new_id()
    page.put(f"/masks/{first}", mask_body(session, active_ms=10_000))
    page.put(f"/masks/{second}", mask_body(session, active_ms=5_000, replaces=first))
    answer = page.put(f"/masks/{new_id()}", mask_body(session, active_ms=15_000))[1]
    assert 6_000 <= answer["active_ms"] < 9_000


def test_an_honest_claim_stays_as_it_is(page: Api, session):
    started(session, seconds_ago=60)
    mask_id = new_id()
    body = mask_body(session, active_ms=45_000, time_limit_outcome="kept")
    answer = page.put(f"/masks/{mask_id}", body)[1]
    assert (answer["active_ms"], answer["time_limit_outcome"]) == (45_000, "kept")
    assert Mask.objects.get(pk=mask_id).claimed_active_ms == 45_000


def test_a_mask_over_the_limit_is_never_stored_as_within_it(page: Api, session):
    started(session, seconds_ago=60)
    body = mask_body(session, active_ms=31_000, time_limit_outcome="within")
    assert page.put(f"/masks/{new_id()}", body)[1]["time_limit_outcome"] == "ignored"


# -- It is forbidden to others ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["owner", "stranger", "admin", "another member"])
def test_nobody_else_may_save_or_delete_in_a_session(api, page, session, project, make_user, request, who):
    mask_id = new_id()
    page.put(f"/masks/{mask_id}", mask_body(session))
    other = api(member(project, make_user("other")) if who == "another member" else request.getfixturevalue(who))
    assert code(other.put(f"/masks/{new_id()}", mask_body(session))) == (404, "not_found")
    lease = {"session_id": session["id"], "lease_token": session["lease_token"]}
    assert code(other.post(f"/masks/{mask_id}/delete", lease)) == (404, "not_found")
    assert Mask.objects.get().deleted_at is None


def test_someone_who_left_the_project_saves_nothing_more(page: Api, session, colleague: User):
    Membership.objects.filter(user=colleague).delete()
    assert page.put(f"/masks/{new_id()}", mask_body(session))[0] == 404


def test_a_mask_of_another_image_cannot_be_deleted_from_here(page: Api, session):
    mask_id = new_id()
    page.put(f"/masks/{mask_id}", mask_body(session))
    page.act(session, "finish")
    following = page.session()
    lease = {"session_id": following["id"], "lease_token": following["lease_token"]}
    assert page.post(f"/masks/{mask_id}/delete", lease)[0] == 404
    assert Mask.objects.get().deleted_at is None


def test_without_the_token_of_the_lease_nothing_is_stored_or_deleted(page: Api, session):
    mask_id = new_id()
    page.put(f"/masks/{mask_id}", mask_body(session))
    wrong = {"session_id": session["id"], "lease_token": new_id()}
    assert code(page.put(f"/masks/{new_id()}", {**mask_body(session), **wrong})) == (409, "lease_lost")
    assert code(page.post(f"/masks/{mask_id}/delete", wrong)) == (409, "lease_lost")
    assert Mask.objects.get().deleted_at is None


# -- Bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"image_sha256": "00" * 32}, (409, "wrong_image")),
        ({"model_version": "other-0123456789ab"}, (409, "wrong_model")),
        ({"size": [11, 9]}, (422, "wrong_size")),
        ({"size": [1_000_000_000, 1_000_000_000]}, (422, "invalid")),
        ({"size": [9]}, (422, "invalid")),
        ({"counts": "P1"}, (422, "invalid_rle")),  # the runs end early: other readers go on past their memory
        ({"counts": "n2"}, (422, "invalid_rle")),
        ({"counts": ""}, (422, "invalid_rle")),
        ({"counts": "Ω"}, (422, "invalid_rle")),
        ({"counts": [99]}, (422, "invalid")),
        ({"active_ms": -1}, (422, "invalid")),
        ({"active_ms": 1.5}, (422, "invalid")),
        ({"active_ms": 2**31}, (422, "invalid")),
        ({"chosen_token": 4}, (422, "invalid")),
        ({"predicted_iou": 1e9}, (422, "invalid")),
        ({"time_limit_outcome": "late"}, (422, "invalid")),
        ({"replaces": "abc"}, (422, "invalid")),
        ({"prompts": {"points": [[1, 2, 2]], "box": None}}, (422, "invalid")),
        ({"prompts": {"points": [[1, 2]], "box": None}}, (422, "invalid")),
        ({"prompts": {"points": [], "box": [1, 2, 3]}}, (422, "invalid")),
        ({"prompts": {"points": [], "box": None, "text": "cat"}}, (422, "invalid")),
        ({"prompts": {"points": [[1, 2, 1]] * 1001, "box": None}}, (422, "invalid")),
        ({"more": 1}, (422, "invalid")),
    ],
)
def test_what_does_not_fit_is_refused_with_a_reason(page: Api, session, change, expected):
    answer = page.put(f"/masks/{new_id()}", mask_body(session, **change))
    assert code(answer) == expected
    assert answer[1]["error"]["message"]
    assert not Mask.objects.exists()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("place", ["point", "score"])
def test_numbers_that_are_not_finite_are_refused(page: Api, session, number, place):
    body = mask_body(session)
    body |= {"predicted_iou": 12345} if place == "score" else {"prompts": {"points": [[12345, 1, 1]], "box": None}}
    content = json.dumps(body).replace("12345", number).encode()
    assert page.put(f"/masks/{new_id()}", content)[0] in (400, 422)
    assert not Mask.objects.exists()


def test_a_mask_without_pixels_is_refused(page: Api, session):
    answer = page.put(f"/masks/{new_id()}", mask_body(session, np.zeros((HEIGHT, WIDTH), dtype=bool)))
    assert code(answer) == (422, "empty_mask")


def test_a_body_that_is_far_too_long_is_refused(page: Api, session, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000
    answer = page.put(f"/masks/{new_id()}", mask_body(session, counts="0" * 20_000))
    assert code(answer) == (413, "too_large")


def test_an_unknown_mask_cannot_be_deleted(page: Api, session):
    lease = {"session_id": session["id"], "lease_token": session["lease_token"]}
    assert page.post(f"/masks/{new_id()}/delete", lease)[0] == 404


def test_an_id_that_is_no_uuid_has_no_address(page: Api, session):
    assert page.put("/masks/7", mask_body(session))[0] == 404


# -- Second call ------------------------------------------------------------------------------------------------------


def test_the_same_save_again_gives_the_same_answer(page: Api, session):
    mask_id, body = new_id(), mask_body(session)
    first, again = page.put(f"/masks/{mask_id}", body), page.put(f"/masks/{mask_id}", body)
    assert (first[0], again[0]) == (201, 200)
    assert first[1] == again[1]
    assert Mask.objects.count() == 1


def test_the_same_id_with_another_body_is_refused(page: Api, session):
    mask_id = new_id()
    page.put(f"/masks/{mask_id}", mask_body(session))
    answer = page.put(f"/masks/{mask_id}", mask_body(session, ~ring()))
    assert code(answer) == (422, "id_taken")
    assert np.array_equal(rle.decode((HEIGHT, WIDTH), Mask.objects.get().counts), ring())


def test_a_repeated_save_does_not_bring_a_deleted_mask_back(page: Api, session):
    mask_id, body = new_id(), mask_body(session)
    page.put(f"/masks/{mask_id}", body)
    lease = {"session_id": session["id"], "lease_token": session["lease_token"]}
    assert page.post(f"/masks/{mask_id}/delete", lease) == page.post(f"/masks/{mask_id}/delete", lease)
    assert page.put(f"/masks/{mask_id}", body)[0] == 200
    assert Mask.objects.get().deleted_at is not None


def test_the_same_save_twice_at_once_is_one_mask(page: Api, session, monkeypatch):
    """The second looked before the first had stored: the database decides, and both get the one mask."""
    mask_id, body = new_id(), mask_body(session)
    look = saving._stored

    def look_before_the_other_stores(*arguments):
        monkeypatch.setattr(saving, "_stored", look)
        assert page.put(f"/masks/{mask_id}", body)[0] == 201

    monkeypatch.setattr(saving, "_stored", look_before_the_other_stores)
    assert page.put(f"/masks/{mask_id}", body)[0] == 200
    assert Mask.objects.count() == 1
