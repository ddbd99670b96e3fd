"""Embeddings and decoders of two versions side by side: whatever is done to mix them, ids and hashes part them."""

from collections.abc import Callable
from typing import Any

import pytest

from annotator.accounts.models import Project, User
from annotator.annotation.models import Mask
from annotator.images.models import Image, ImageEmbedding
from annotator.lib import storage
from annotator.model_registry import registry
from annotator.model_registry.models import ModelState, ModelVersion
from tests.annotator.annotation.conftest import Api
from tests.annotator.making import make_image, make_model, mask_body, member

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Any, settings: Any) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def other(model: ModelVersion) -> ModelVersion:
    """A newer version, ready but not active."""
    return make_model("tiny-ba9876543210", ModelState.CANDIDATE)


def encoded(image: Image, model: ModelVersion) -> ImageEmbedding:
    """Its embedding by this version, with a file whose bytes say so."""
    data = f"{image.pk} by {model.version}".encode()
    return ImageEmbedding.objects.create(
        image=image, model_version=model, state="done", sha256=storage.put_bytes(data), bytes=len(data)
    )


@pytest.fixture(params=["the session's version first", "the other version first"])
def photos(request: Any, project: Project, model: ModelVersion, other: ModelVersion) -> list[Image]:
    """Two photos encoded by both versions, in both orders of their rows."""
    images = [make_image(project) for _ in range(2)]
    versions = [model, other] if request.param.startswith("the session's") else [other, model]
    for image in images:
        for version in versions:
            encoded(image, version)
    return images


def embedding_of(session: dict[str, Any]) -> ImageEmbedding:
    """The row that the session names, which must be of its image and its version."""
    row = ImageEmbedding.objects.get(pk=session["embedding"]["id"])
    assert (row.image_id, row.model_version.version) == (session["image"]["id"], session["model"]["version"])
    assert session["embedding"]["sha256"] == row.sha256
    assert session["embedding"]["url"] == f"/api/embeddings/{row.pk}/{row.sha256}"
    return row


def test_a_session_gets_its_own_version_s_embedding_whichever_row_is_older(
    api: Callable[[User], Api], colleague: User, photos: list[Image], model: ModelVersion
) -> None:
    session = api(colleague).session()
    assert session["model"]["version"] == model.version
    assert embedding_of(session).model_version == model
    assert session["model"]["manifest_sha256"] == model.manifest_sha256


def test_after_another_version_is_activated_an_open_session_stays_whole_and_a_new_one_is_of_the_new_version(
    api: Callable[[User], Api], colleague: User, project: Project, photos: list[Image], model: ModelVersion,
    other: ModelVersion, make_user: Callable[..., User],
) -> None:  # fmt: skip
    page = api(colleague)
    before = page.session()
    registry.activate(other)
    for answer in (page.get(f"/sessions/{before['id']}")[1], page.session()):
        assert (answer["id"], answer["model"], answer["embedding"]) == (
            before["id"],
            before["model"],
            before["embedding"],
        )
    fresh = api(member(project, make_user("other"))).session()
    assert fresh["model"]["version"] == other.version
    assert embedding_of(fresh).model_version == other


def test_a_reserved_session_starts_with_the_version_that_it_was_reserved_with(
    api: Callable[[User], Api], colleague: User, photos: list[Image], model: ModelVersion, other: ModelVersion
) -> None:
    page = api(colleague)
    page.session()
    reserved = page.session(reserve=True)
    registry.activate(other)
    status, started = page.act(reserved, "start")
    assert (status, started["model"]["version"]) == (200, model.version)
    assert embedding_of(started) == embedding_of(reserved)


def test_an_embedding_that_was_lost_is_not_replaced_by_another_version_s(
    api: Callable[[User], Api], colleague: User, photos: list[Image], model: ModelVersion, other: ModelVersion
) -> None:
    page = api(colleague)
    session = page.session()
    row = embedding_of(session)
    # It is being encoded again: nothing to decode from yet, although the other version's lies ready.
    ImageEmbedding.objects.filter(pk=row.pk).update(state="queued", sha256="", bytes=0)
    told = page.get(f"/sessions/{session['id']}")[1]["embedding"]
    assert (told["id"], told["url"], told["sha256"]) == (row.pk, None, None)
    row.delete()
    status, answer = page.get(f"/sessions/{session['id']}")
    assert status >= 400
    assert "embedding" not in answer


def test_an_id_with_another_version_s_hash_has_no_file(
    api: Callable[[User], Api], colleague: User, photos: list[Image], model: ModelVersion, other: ModelVersion
) -> None:
    client = api(colleague).client
    rows = list(ImageEmbedding.objects.select_related("model_version"))
    for row in rows:
        right = client.get(f"/api/embeddings/{row.pk}/{row.sha256}")
        assert right.content.decode() == f"{row.image_id} by {row.model_version.version}"
        for wrong in {one.sha256 for one in rows} - {row.sha256}:
            assert client.get(f"/api/embeddings/{row.pk}/{wrong}").status_code == 404


def test_a_decoder_is_served_under_its_own_version_and_hash_only(
    api: Callable[[User], Api], colleague: User, photos: list[Image], model: ModelVersion, other: ModelVersion
) -> None:
    client = api(colleague).client
    for version in (model, other):
        files = {"decode.onnx": storage.put_bytes(f"decode.onnx of {version.version}".encode())}
        ModelVersion.objects.filter(pk=version.pk).update(files=files)
    hashes = {version.version: version.files["decode.onnx"] for version in ModelVersion.objects.all()}
    for name, right in hashes.items():
        address = f"/api/models/{name}/decode.onnx"
        assert client.get(address, {"v": right}).content.decode() == f"decode.onnx of {name}"
        (wrong,) = set(hashes.values()) - {right}
        assert client.get(address, {"v": wrong}).status_code == 404


@pytest.mark.parametrize("change", ["model_version", "image_sha256"])
def test_a_mask_that_was_made_with_another_version_or_of_another_image_is_refused(
    change: str, api: Callable[[User], Api], colleague: User, photos: list[Image], other: ModelVersion
) -> None:
    page = api(colleague)
    session = page.session()
    (elsewhere,) = [image for image in photos if image.pk != session["image"]["id"]]
    wrong: Any = {"model_version": other.version, "image_sha256": elsewhere.sha256}[change]
    status, answer = page.put(f"/masks/{'1' * 8}-1111-4111-8111-{'1' * 12}", {**mask_body(session), change: wrong})
    code = {"model_version": "wrong_model", "image_sha256": "wrong_image"}[change]
    assert (status, answer["error"]["code"]) == (409, code)
    assert not Mask.objects.exists()


def test_a_version_activated_back_finds_its_own_embeddings_again(
    api: Callable[[User], Api], colleague: User, photos: list[Image], model: ModelVersion, other: ModelVersion
) -> None:
    page = api(colleague)
    for version in (other, model):
        registry.activate(version)
        session = page.session()
        assert embedding_of(session).model_version == version
        assert page.act(session, "finish")[0] == 200
