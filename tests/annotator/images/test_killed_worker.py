"""kill -9 in the middle of a task: the row says what has to be done, and the next worker does it."""

from pathlib import Path

import pytest

from annotator.accounts.models import Project, User
from annotator.images.models import Image, ImageEmbedding
from annotator.lib import storage
from annotator.lib.jobs import JobState
from annotator.model_registry.models import ModelVersion
from tests.annotator.images import pictures
from tests.annotator.worker_process import wait, worker

APP = "tests.annotator.images.stuck_worker"


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_nothing(project: Project, owner: User, model: ModelVersion, tmp_path: Path) -> None:
    sha256 = storage.put_bytes(pictures.jpeg(6, 4))
    files = {"sha256": sha256, "display_sha256": sha256, "thumbnail_sha256": sha256, "display_type": "image/jpeg"}
    image = Image.objects.create(
        project=project, file_name="a.jpg", width=6, height=4, bytes=7, uploaded_by=owner, **files
    )
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
