"""The bytes that a browser fetches: to members only, for ever the same, and asked for once."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from annotator.accounts.models import User
from annotator.images import encoding
from annotator.images.models import Image, ImageEmbedding
from annotator.lib import storage
from annotator.model_registry.models import ModelVersion
from tests.annotator.images import pictures

AsUser = Callable[[User], Client]


@pytest.fixture
def image(photo: Callable[..., Image], model: ModelVersion, fake_encoder: None) -> Image:
    image = photo(pictures.with_exif(6))
    encoding.encode(image.embeddings.get().pk)
    return image


@pytest.fixture
def addresses(image: Image) -> dict[str, str]:
    embedding = image.embeddings.get()
    return {
        f"/api/images/{image.pk}/display/{image.display_sha256}": "image/jpeg",
        f"/api/images/{image.pk}/thumbnail/{image.thumbnail_sha256}": "image/jpeg",
        f"/api/embeddings/{embedding.pk}/{embedding.sha256}": "application/octet-stream",
    }


def test_members_get_the_bytes_once(as_user: AsUser, colleague: User, addresses: dict[str, str]) -> None:
    client = as_user(colleague)
    for address, content_type in addresses.items():
        answer = client.get(address)
        assert answer.headers["Content-Type"] == content_type
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert answer.content == storage.read(address.rsplit("/", 1)[1])
        again = client.get(address, HTTP_IF_NONE_MATCH=answer.headers["ETag"])
        assert (again.status_code, again.content) == (304, b"")
        assert client.get(address, HTTP_IF_NONE_MATCH='"other"').status_code == 200


def test_strangers_and_the_signed_out_get_nothing(as_user: AsUser, stranger: User, addresses: dict[str, str]) -> None:
    for address in addresses:
        assert as_user(stranger).get(address).status_code == 404
        assert Client().get(address).status_code == 401


def test_a_wrong_hash_is_never_answered_with_another_file(
    as_user: AsUser, colleague: User, addresses: dict[str, str]
) -> None:
    for address in addresses:
        for wrong in ("0" * 64, "x", "..%2F..%2Fsecret_key"):
            assert as_user(colleague).get(f"{address.rsplit('/', 1)[0]}/{wrong}").status_code == 404


def test_a_file_that_is_gone_says_so(as_user: AsUser, colleague: User, addresses: dict[str, str]) -> None:
    address = next(iter(addresses))
    storage.path(address.rsplit("/", 1)[1]).unlink()
    answer = as_user(colleague).get(address)
    assert answer.status_code == 404
    assert "store" in answer.json()["error"]["message"]


def test_what_is_shown_is_upright_and_tells_no_place(as_user: AsUser, colleague: User, image: Image) -> None:
    answer = as_user(colleague).get(f"/api/images/{image.pk}/display/{image.display_sha256}")
    assert pictures.GPS not in answer.content
    assert pictures.opened(answer.content).size == (image.width, image.height) == (40, 60)


def test_an_embedding_that_is_not_done_has_no_file(as_user: AsUser, colleague: User, image: Image) -> None:
    ImageEmbedding.objects.update(sha256="")
    embedding: Any = image.embeddings.get()
    assert as_user(colleague).get(f"/api/embeddings/{embedding.pk}/{'0' * 64}").status_code == 404
