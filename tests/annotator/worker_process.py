"""A Celery worker as a process of its own, on the test's database, to be killed in the middle of its work."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection


@contextmanager
def worker(app: str, queue: str, folder: Path, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Runs the Celery application of the module `app`; its data folder and its log are in `folder`."""
    command = ["-m", "celery", "-A", app, "worker", "--pool=solo", f"--queues={queue}"]
    given = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "annotator.settings",
        "DATABASE_URL": _database_url(),
        "DATA_DIR": str(folder),
        "JOB_LEASE_SECONDS": "2",
        "RECONCILE_SECONDS": "1",
        **environment,
    }
    with (folder / "worker.log").open("ab") as log:
        process = subprocess.Popen([sys.executable, *command], env=given, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait(folder: Path, condition: Callable[[], bool]) -> None:
    """Until the condition holds, else the worker's log is the failure."""
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline, (folder / "worker.log").read_text()
        time.sleep(0.1)


def _database_url() -> str:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    return f"{os.environ['DATABASE_URL'].rsplit('/', 1)[0]}/{database['NAME']}"
