"""kill -9 in the middle of a task: the row says what has to be done, and the next worker does it."""

from pathlib import Path

import pytest

from annotator.accounts.models import Project
from annotator.images.models import ImageEmbedding
from annotator.lib import storage
from annotator.lib.jobs import JobState
from annotator.model_registry.models import ModelVersion
from tests.annotator.making import make_photo
from tests.annotator.worker_process import wait, worker

APP = "tests.annotator.images.stuck_worker"


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_nothing(project: Project, model: ModelVersion, tmp_path: Path) -> None:
    image = make_photo(project, 6, 4)
    begun = tmp_path / "begun"
    with worker(APP, "encode", tmp_path, BEGUN=str(begun)) as process:  # it finds the image: no message was ever sent
        wait(tmp_path, begun.exists)
        process.kill()
        process.wait()
    assert image.embeddings.get().state == JobState.RUNNING
    with worker(APP, "encode", tmp_path, BEGUN=str(begun)):
        wait(tmp_path, lambda: ImageEmbedding.objects.get(image=image).state == JobState.DONE)
    embedding = image.embeddings.get()
    assert embedding.attempt == 2
    assert storage.read(embedding.sha256) == b"an embedding"
