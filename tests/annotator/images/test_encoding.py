"""Photo → embedding: every way it can go ends in the row, and the page is told."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from annotator.accounts import hints
from annotator.accounts.models import Project
from annotator.images import encoding
from annotator.images.models import Image, ImageEmbedding
from annotator.lib import jobs, reconciler, storage
from annotator.lib.jobs import JobState
from annotator.model_registry.models import ModelVersion
from tests.annotator.images import pictures


@pytest.fixture
def embedding(photo: Callable[..., Image], model: ModelVersion) -> ImageEmbedding:
    return photo(pictures.with_exif(6)).embeddings.get()


def _states(project: Project) -> list[str]:
    return [hint.payload["state"] for hint in hints.after(0, project.pk) if hint.kind == "embedding_state"]


def _break(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def embed(*arguments: object) -> list[bytes]:
        raise error

    monkeypatch.setattr(encoding, "embed", embed)
    monkeypatch.setattr(encoding, "at_once", lambda model_version: 1)


def test_a_photo_is_encoded_upright_and_stored(fake_encoder: None, embedding: ImageEmbedding, project: Project) -> None:
    encoding.encode(embedding.pk)
    embedding.refresh_from_db()
    data = storage.read(embedding.sha256)
    assert (embedding.state, embedding.bytes, embedding.attempt) == (JobState.DONE, len(data), 1)
    assert data.startswith(b"fake-000000000000 (30, 20, 3)")  # upright, in the model's frame
    assert embedding.encode_ms is not None
    assert embedding.encode_ms > 0
    assert _states(project) == ["running", "done"]
    hint = hints.after(0, project.pk)[-1]
    assert hint.payload == {
        "image_id": embedding.image_id,
        "embedding_id": embedding.pk,
        "state": "done",
        "reason": "",
    }


def test_a_second_message_does_nothing(fake_encoder: None, embedding: ImageEmbedding, project: Project) -> None:
    encoding.encode(embedding.pk)
    encoding.encode(embedding.pk)
    encoding.encode(99_999)
    assert _states(project) == ["running", "done"]


def test_a_passing_trouble_is_tried_three_times(
    monkeypatch: pytest.MonkeyPatch, embedding: ImageEmbedding, project: Project
) -> None:
    _break(monkeypatch, OSError(28, "No space left on device"))
    for _ in range(4):
        encoding.encode(embedding.pk)
    embedding.refresh_from_db()
    assert (embedding.state, embedding.attempt) == (JobState.FAILED, 3)
    assert embedding.reason == "The server's disk is full. Make room, then retry."
    assert _states(project) == ["running", "queued", "running", "queued", "running", "failed"]


def test_a_missing_file_fails_at_once_with_a_reason(fake_encoder: None, embedding: ImageEmbedding) -> None:
    storage.path(embedding.image.display_sha256).unlink()
    encoding.encode(embedding.pk)
    embedding.refresh_from_db()
    assert (embedding.state, embedding.attempt) == (JobState.FAILED, 1)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "too little memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "too little memory"),
        (KeyError("x"), "KeyError"),
    ],
)
def test_reasons_are_words(error: Exception, words: str) -> None:
    reason, again = encoding.reason_of(error)
    assert words in reason
    assert again


def test_a_worker_that_comes_late_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, fake_encoder: None, embedding: ImageEmbedding, project: Project
) -> None:
    def put_bytes(data: bytes) -> str:
        ImageEmbedding.objects.update(fencing_token=99)  # meanwhile another worker took it
        return "f" * 64

    monkeypatch.setattr(storage, "put_bytes", put_bytes)
    encoding.encode(embedding.pk)
    embedding.refresh_from_db()
    assert (embedding.state, embedding.sha256) == (JobState.RUNNING, "")
    assert _states(project) == ["running"]


def test_the_reconciler_finds_photos_without_a_row(
    photo: Callable[..., Image], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    from annotator.images import tasks

    image = photo(pictures.jpeg())
    request.getfixturevalue("model")
    sent: list[int] = []
    monkeypatch.setattr(tasks.encode_image, "delay", sent.append)
    kind: type[jobs.Job] = ImageEmbedding
    monkeypatch.setitem(reconciler.WATCHES, kind, replace(reconciler.WATCHES[kind], send=sent.append))
    reconciler.reconcile({"encode"}, waited_seconds=0)
    assert sent == [image.embeddings.get().pk]


def test_giving_up_is_told(embedding: ImageEmbedding, project: Project) -> None:
    from annotator.images import tasks  # noqa: F401 - registers its watch

    ImageEmbedding.objects.update(
        state=JobState.RUNNING, attempt=jobs.MAX_ATTEMPTS, lease_expires_at="2020-01-01T00:00:00Z"
    )
    reconciler.reconcile({"encode"}, waited_seconds=60)
    embedding.refresh_from_db()
    assert (embedding.state, embedding.reason) == (JobState.FAILED, jobs.GAVE_UP)
    assert _states(project) == ["failed"]
