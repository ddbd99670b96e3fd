"""What is queued is encoded in batches, read ahead of the encoder; each row ends as it would alone."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from annotator.images import encoding
from annotator.images.models import Image, ImageEmbedding
from annotator.images.reading import Part, Readers, readers_for
from annotator.lib import jobs, storage
from annotator.lib.confined import Refused
from annotator.lib.jobs import JobState
from annotator.model_registry.models import ModelVersion
from tests.annotator.images import pictures


class Encoder:
    """Stands in for the real one: takes `batch` photos at once, and notes how many came."""

    def __init__(self, batch: int) -> None:
        self.batch = batch
        self.took: list[int] = []
        self.breaks_on: int | None = None

    def embed(self, model_version: ModelVersion, photos: Sequence[tuple[Part, np.ndarray]]) -> list[bytes]:
        self.took.append(len(photos))
        if self.breaks_on in [part.image.pk for part, _ in photos]:
            raise ValueError("this photo breaks the encoder")
        return [f"embedding of {part.image.pk}, {pixels.shape}".encode() for part, pixels in photos]


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> Encoder:
    encoder = Encoder(batch=3)
    monkeypatch.setattr(encoding, "embed", encoder.embed)
    monkeypatch.setattr(encoding, "at_once", lambda model_version: encoder.batch)
    return encoder


@pytest.fixture
def rows(photo: Callable[..., Image], model: ModelVersion) -> list[ImageEmbedding]:
    """Five photos that wait, the oldest first."""
    return [photo(pictures.jpeg(60, 40 + place), f"{place}.jpg").embeddings.get() for place in range(5)]


def _states() -> list[str]:
    return list(ImageEmbedding.objects.order_by("pk").values_list("state", flat=True))


def test_one_message_encodes_all_that_waits(encoder: Encoder, rows: list[ImageEmbedding]) -> None:
    encoding.encode(rows[0].pk)
    assert encoder.took == [3, 2]
    assert _states() == [JobState.DONE] * 5
    for row in ImageEmbedding.objects.all():
        assert storage.read(row.sha256).startswith(f"embedding of {row.image_id}, (".encode())
    for row in rows:  # their messages come late
        encoding.encode(row.pk)
    assert encoder.took == [3, 2]
    assert set(ImageEmbedding.objects.values_list("attempt", flat=True)) == {1}


def test_after_its_time_a_task_takes_no_more(
    encoder: Encoder, rows: list[ImageEmbedding], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "DRAIN_SECONDS", 0.0)
    encoding.encode(rows[0].pk)
    assert _states() == [JobState.DONE] * 3 + [JobState.QUEUED] * 2


def test_a_photo_that_cannot_be_read_fails_alone(encoder: Encoder, rows: list[ImageEmbedding]) -> None:
    storage.path(rows[1].image.display_sha256).unlink()
    encoding.encode(rows[0].pk)
    assert _states() == [JobState.DONE, JobState.FAILED, JobState.DONE, JobState.DONE, JobState.DONE]
    rows[1].refresh_from_db()
    assert "missing" in rows[1].reason


def test_a_photo_that_breaks_the_encoder_fails_alone(encoder: Encoder, rows: list[ImageEmbedding]) -> None:
    encoder.breaks_on = rows[1].image_id
    encoding.encode(rows[0].pk)
    assert encoder.took == [3, 1, 1, 1, 2]
    assert _states() == [JobState.DONE, JobState.QUEUED, JobState.DONE, JobState.DONE, JobState.DONE]


def test_a_row_that_failed_before_takes_no_others_down(encoder: Encoder, rows: list[ImageEmbedding]) -> None:
    ImageEmbedding.objects.filter(pk=rows[2].pk).update(attempt=1)
    encoding.encode(rows[2].pk)
    assert encoder.took == [1]
    ImageEmbedding.objects.filter(pk=rows[3].pk).update(attempt=1)
    encoding.encode(rows[0].pk)
    assert _states() == [JobState.DONE, JobState.DONE, JobState.DONE, JobState.QUEUED, JobState.DONE]


def test_rows_of_other_models_wait_for_their_own_batch(encoder: Encoder, rows: list[ImageEmbedding]) -> None:
    fields = {"name": "other", "checkpoint_sha256": "1" * 64, "decoder_sha256": "1" * 64}
    other = ModelVersion.objects.create(version="other-1", manifest={"image_size": 30}, **fields)
    ImageEmbedding.objects.filter(pk=rows[1].pk).update(model_version=other)
    encoding.encode(rows[0].pk)
    assert _states() == [JobState.DONE, JobState.QUEUED, JobState.DONE, JobState.DONE, JobState.DONE]


def test_every_claimed_row_keeps_its_lease(
    encoder: Encoder, rows: list[ImageEmbedding], monkeypatch: pytest.MonkeyPatch
) -> None:
    added: list[int] = []
    add = jobs.Beating.add

    def watched(self: jobs.Beating, job: jobs.Job) -> None:
        added.append(job.pk)
        add(self, job)

    monkeypatch.setattr(jobs.Beating, "add", watched)
    encoding.encode(rows[0].pk)
    assert sorted(added) == sorted(row.pk for row in rows)


def test_a_model_that_cannot_be_loaded_fails_the_row_in_words(
    rows: list[ImageEmbedding], monkeypatch: pytest.MonkeyPatch
) -> None:
    from sam_core.encoders import BackendError

    def refuse(model_version: ModelVersion) -> int:
        raise BackendError("the encoder backend onnx-int8 cannot be used: its masks differ")

    monkeypatch.setattr(encoding, "at_once", refuse)
    encoding.encode(rows[0].pk)
    rows[0].refresh_from_db()
    assert rows[0].state == JobState.FAILED
    assert "ENCODER_BACKEND" in rows[0].reason
    assert _states()[1:] == [JobState.QUEUED] * 4


def test_there_are_as_many_readers_as_photos_are_encoded_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    assert [readers_for(batch) for batch in (1, 2, 8)] == [1, 2, 4]


def test_readers_read_several_at_once_and_refuse_one_by_one(rows: list[ImageEmbedding]) -> None:
    with Readers(30, 3) as readers:
        wrong = Image.objects.get(pk=rows[4].image_id)
        wrong.width = 59
        futures = [readers.begin(Part(row.image)) for row in rows[:4]]
        assert [future.result().shape for future in futures] == [(20, 30, 3), (21, 30, 3), (21, 30, 3), (22, 30, 3)]
        with pytest.raises(Refused, match="another size"):
            readers.begin(Part(wrong)).result()
        children = [child._child for child in readers._children]
    assert 1 <= len(children) <= 3
    assert all(child is not None and child.poll() is not None for child in children)  # none is left behind
