"""Part of a photo → its own embedding: cut from the upright photo, before other photos, forgotten in the end."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.utils import timezone

from annotator.accounts import hints
from annotator.accounts.models import Project, User
from annotator.images import crops, encoding
from annotator.images.models import CropEmbedding, Image, ImageEmbedding
from annotator.images.reading import Part
from annotator.lib import storage
from annotator.lib.jobs import JobState
from annotator.model_registry.models import ModelVersion
from sam_core.crops import CropBox
from tests.annotator.images import pictures
from tests.annotator.images.test_killed_worker import APP
from tests.annotator.making import make_crop, make_photo
from tests.annotator.worker_process import wait, worker


@pytest.fixture
def image(photo: Callable[..., Image], model: ModelVersion) -> Image:
    """800 × 600: red tells the column, green the row."""
    return photo(pictures.jpeg(800, 600))


def _crop(image: Image, model: ModelVersion, owner: User) -> CropEmbedding:
    box = crops.box_around(CropBox(420, 310, 150, 120), image)
    return crops.crop_for(image=image, model_version=model, user=owner, box=box)[0]


def test_a_crop_is_cut_from_the_whole_photo(
    monkeypatch: pytest.MonkeyPatch, fake_encoder: None, image: Image, model: ModelVersion, owner: User
) -> None:
    seen: list[tuple[Part, np.ndarray]] = []

    def embed(model_version: ModelVersion, photos: list) -> list[bytes]:
        seen.extend(photos)
        return [b"of a crop"] * len(photos)

    monkeypatch.setattr(encoding, "embed", embed)
    crop = _crop(image, model, owner)
    encoding.encode_crop(crop.pk)
    ((part, pixels),) = [(part, pixels) for part, pixels in seen if part.crop]
    assert part.crop == crop.box
    assert part.size == (crop.height, crop.width)
    assert pixels.shape == (30, 30, 3)
    expected = [255 * (crop.x + crop.width / 2) / 800, 255 * (crop.y + crop.height / 2) / 600]
    np.testing.assert_allclose(pixels[..., :2].mean((0, 1)), expected, atol=1.5)
    crop.refresh_from_db()
    assert (crop.state, storage.read(crop.sha256)) == (JobState.DONE, b"of a crop")
    told = [hint.payload for hint in hints.after(0, image.project_id) if hint.kind == "crop_state"]
    assert [(hint["state"], hint["crop_id"]) for hint in told] == [("running", crop.pk), ("done", crop.pk)]


def test_a_crop_goes_before_photos_that_wait(
    monkeypatch: pytest.MonkeyPatch,
    fake_encoder: None,
    photo: Callable[..., Image],
    image: Image,
    model: ModelVersion,
    owner: User,
) -> None:
    monkeypatch.setattr(encoding, "DRAIN_SECONDS", 600)  # of a busy machine
    others = [photo(pictures.jpeg(60 + n, 40)) for n in range(2)]
    crop = _crop(image, model, owner)
    encoding.encode(image.embeddings.get().pk)
    order = [hint.payload for hint in hints.after(0, image.project_id) if hint.payload.get("state") == "done"]
    assert [hint.get("crop_id") for hint in order] == [None, crop.pk, None, None]
    assert ImageEmbedding.objects.filter(state=JobState.DONE, image__in=others).count() == 2


@pytest.mark.parametrize("first", ["photo", "crop"])
def test_a_crop_is_encoded_alone(
    monkeypatch: pytest.MonkeyPatch,
    photo: Callable[..., Image],
    image: Image,
    model: ModelVersion,
    owner: User,
    first: str,
) -> None:
    batches: list[list[bool]] = []

    def embed(model_version: ModelVersion, photos: list) -> list[bytes]:
        batches.append([part.crop is not None for part, _ in photos])
        return [b"an embedding"] * len(photos)

    monkeypatch.setattr(encoding, "DRAIN_SECONDS", 600)
    monkeypatch.setattr(encoding, "embed", embed)
    monkeypatch.setattr(encoding, "at_once", lambda model_version: 2)
    for n in range(2):
        photo(pictures.jpeg(60 + n, 40))
    crop = _crop(image, model, owner)
    if first == "crop":
        encoding.encode_crop(crop.pk)
        assert batches == [[True], [False, False], [False]]
    else:
        encoding.encode(image.embeddings.get().pk)
        assert batches == [[False, False], [True], [False]]


def test_what_nobody_asked_for_in_an_hour_is_forgotten_with_its_file(
    image: Image, model: ModelVersion, owner: User
) -> None:
    sha256, shared = storage.put_bytes(b"old"), storage.put_bytes(b"of a photo, too")
    old = timezone.now() - timedelta(hours=1, seconds=1)
    done = {"state": JobState.DONE, "asked_at": old}
    make_crop(image, model, owner, sha256=sha256, **done)
    make_crop(image, model, owner, sha256=shared, x=2, **done)
    ImageEmbedding.objects.filter(image=image).update(sha256=shared)
    running = make_crop(image, model, owner, x=3, state=JobState.RUNNING, asked_at=old)
    young = make_crop(image, model, owner, x=4)
    crops.forget_old()
    assert set(CropEmbedding.objects.all()) == {running, young}
    assert not storage.exists(sha256)
    assert storage.exists(shared)


def test_of_one_image_so_many_are_kept(
    monkeypatch: pytest.MonkeyPatch, image: Image, model: ModelVersion, owner: User
) -> None:
    monkeypatch.setattr(crops, "MOST_PER_IMAGE", 3)
    now = timezone.now()
    kept = [
        make_crop(image, model, owner, x=n, state=JobState.FAILED, asked_at=now - timedelta(minutes=n))
        for n in range(3)
    ]
    new = _crop(image, model, owner)
    assert set(CropEmbedding.objects.all()) == {kept[0], kept[1], new}


def test_a_crop_without_its_file_is_made_anew(image: Image, model: ModelVersion, owner: User) -> None:
    crop = _crop(image, model, owner)
    CropEmbedding.objects.update(state=JobState.DONE, sha256="ab" * 32)
    again, created = crops.crop_for(image=image, model_version=model, user=owner, box=crop.box)
    assert (again.state, created) == (JobState.QUEUED, True)


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_no_crop(project: Project, owner: User, model: ModelVersion, tmp_path: Path) -> None:
    image = make_photo(project, 8, 6)
    ImageEmbedding.objects.create(image=image, model_version=model, state=JobState.DONE)
    crop = make_crop(image, model, owner)
    begun = tmp_path / "begun"
    with worker(APP, "encode", tmp_path, BEGUN=str(begun)) as process:
        wait(tmp_path, begun.exists)
        process.kill()
        process.wait()
    with worker(APP, "encode", tmp_path, BEGUN=str(begun)):
        wait(tmp_path, lambda: CropEmbedding.objects.get().state == JobState.DONE)
    crop.refresh_from_db()
    assert crop.attempt == 2
    assert storage.read(crop.sha256) == b"an embedding"
