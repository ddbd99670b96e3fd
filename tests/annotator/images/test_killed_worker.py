"""kill -9 in the middle of a task: the row says what has to be done, and the next worker does it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from annotator.accounts.models import Project, User
from annotator.images.models import Image, ImageEmbedding
from annotator.lib import storage
from annotator.lib.jobs import JobState
from annotator.model_registry.models import ModelVersion
from tests.annotator.images import pictures

WORKER = ["-m", "celery", "-A", "tests.annotator.images.stuck_worker", "worker", "--pool=solo", "--queues=encode"]


def _database_url() -> str:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    return f"{os.environ['DATABASE_URL'].rsplit('/', 1)[0]}/{database['NAME']}"


@contextmanager
def _worker(folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "annotator.settings",
        "DATABASE_URL": _database_url(),
        "DATA_DIR": str(folder),
        "BEGUN": str(folder / "begun"),
        "JOB_LEASE_SECONDS": "2",
        "RECONCILE_SECONDS": "1",
    }
    with (folder / "worker.log").open("ab") as log:
        worker = subprocess.Popen([sys.executable, *WORKER], env=environment, stdout=log, stderr=log)
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()


def _wait(folder: Path, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline, (folder / "worker.log").read_text()
        time.sleep(0.1)


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_nothing(project: Project, owner: User, model: ModelVersion, tmp_path: Path) -> None:
    sha256 = storage.put_bytes(pictures.jpeg(6, 4))
    files = {"sha256": sha256, "display_sha256": sha256, "thumbnail_sha256": sha256, "display_type": "image/jpeg"}
    image = Image.objects.create(
        project=project, file_name="a.jpg", width=6, height=4, bytes=7, uploaded_by=owner, **files
    )
    with _worker(tmp_path) as worker:  # it finds the image by itself: no message was ever sent
        _wait(tmp_path, (tmp_path / "begun").exists)
        worker.kill()
        worker.wait()
    assert image.embeddings.get().state == JobState.RUNNING
    with _worker(tmp_path):
        _wait(tmp_path, lambda: ImageEmbedding.objects.get(image=image).state == JobState.DONE)
    embedding = image.embeddings.get()
    assert embedding.attempt == 2
    assert storage.read(embedding.sha256) == b"an embedding"
