"""kill -9 in the middle of a download: the next worker goes on with the byte after the last that came."""

import hashlib
from pathlib import Path

import pytest

from annotator.accounts.models import User
from annotator.lib.jobs import JobState
from annotator.model_registry.models import ModelImport
from tests.annotator.model_registry.file_server import FileServer, serving
from tests.annotator.worker_process import wait, worker

APP = "tests.annotator.model_registry.fetching_worker"
DATA = hashlib.shake_256(b"a checkpoint").digest(3_000_000)
THIRD = 1_000_000


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_s_download_goes_on_where_it_was(admin: User, tmp_path: Path) -> None:
    sha256 = hashlib.sha256(DATA).hexdigest()
    part = tmp_path / "downloads" / "model.pth.part"
    with serving(FileServer(DATA, stalls_after=THIRD)) as server:
        job = ModelImport.objects.create(
            kind="official", source="tiny_vit", file_name="model.pth", url=server.address, requested_by=admin
        )
        with worker(APP, "default", tmp_path, SHA256=sha256) as process:
            wait(tmp_path, lambda: part.is_file() and part.stat().st_size >= THIRD)
            process.kill()
            process.wait()
        job.refresh_from_db()
        assert (job.state, job.step) == (JobState.RUNNING, "fetching")
        server.stalls_after = None
        with worker(APP, "default", tmp_path, SHA256=sha256):
            wait(tmp_path, lambda: ModelImport.objects.get().state == JobState.DONE)
    job.refresh_from_db()
    assert server.asked == ["", f"bytes={THIRD}-"]
    assert (job.attempt, job.bytes_done, str(job.model_version)) == (2, len(DATA), f"fetched-{len(DATA)}")
    assert not any(part.parent.iterdir())
