"""An import in a worker: fetched, read, exported, tried out, registered; every way it can go wrong ends in its row.

A download is long and a worker has other work too: it fetches for a while, queues itself behind the others, and goes on
where it stopped. The same way another worker goes on when one was killed.
"""

import errno
import logging
import time
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from annotator.lib import jobs
from annotator.lib.jobs import LostLease
from annotator.model_registry import download, import_queue, importing, uploads
from annotator.model_registry.models import ImportKind, ImportStep, ModelImport, SourceKind
from annotator.model_registry.registry import ModelNotUsable
from sam_core.official import OFFICIAL

logger = logging.getLogger(__name__)
TURN_SECONDS = 20.0
TELL_SECONDS = 0.5

NO_SPACE = "The server's disk is full. Make room, then retry."
NO_MEMORY = "The worker has too little memory for this model. Give it more, then retry."


class TurnOver(Exception):
    """It was fetched for long enough: now the others."""


def run(import_id: int) -> None:
    """Claims the row and works on it. A message too many changes nothing."""
    job = jobs.claim(ModelImport.objects.select_related("requested_by").filter(pk=import_id))
    if job is None:
        return
    try:
        with jobs.beating(job):
            _work(job)
    except TurnOver:
        _hand_back(job)
    except LostLease:
        logger.info("import %s was cancelled, or went to another worker", import_id)
    except Exception as error:
        _fail(job, error)


def _work(job: ModelImport) -> None:
    if job.kind == ImportKind.UPLOAD:
        path, kind = uploads.path(UUID(job.source)), SourceKind.FILE
        if not path.is_file():
            raise ModelNotUsable("The uploaded file is not here any more. Send it again.")
    else:
        path, kind = _fetched(job), SourceKind.OFFICIAL
    importing.import_checkpoint(
        path,
        job.name or None,
        kind=kind,
        file_name=job.file_name,
        by=job.requested_by,
        told=partial(_tell_step, job),
        waiting=partial(jobs.heartbeat, job),
        # In the registration's transaction: who cancels in time finds nothing registered.
        also=lambda model: jobs.finish(job, model_version=model, step=""),
    )
    path.unlink(missing_ok=True)  # what is stored is the converted file


def _fetched(job: ModelImport) -> Path:
    model = OFFICIAL.get(job.source)
    if model is None:
        raise ModelNotUsable(f"{job.source} is no official model that this version knows.")
    return download.fetch(model, job.url or None, Fetching(job))


def _tell_step(job: ModelImport, step: ImportStep) -> None:
    jobs.heartbeat(job, step=step, bytes_per_second=None)


class Fetching:
    """Tells the row how far it is. TurnOver once the turn is over, LostLease when the job is not ours any more."""

    def __init__(self, job: ModelImport) -> None:
        self.job = job
        self.began = self.told = time.monotonic()
        self.first = self.last = -1
        self.from_anew = False

    def __call__(self, done: int, total: int | None) -> None:
        now = time.monotonic()
        if self.first < 0:
            self.first = self.last = done
            self._tell(done, total, None)
        if done < self.first:
            self.from_anew = True  # the server knows no ranges: another turn would begin at 0 again
        if now - self.told >= TELL_SECONDS or done == total:
            speed = max(0, done - self.last) / max(now - self.told, 1e-3)
            before = self.job.bytes_per_second
            self._tell(done, total, speed if before is None else 0.7 * before + 0.3 * speed)
            self.told, self.last = now, done
        if now - self.began > TURN_SECONDS and done > self.first and done != total and not self.from_anew:
            raise TurnOver

    def _tell(self, done: int, total: int | None, speed: float | None) -> None:
        values: dict[str, Any] = {"bytes_done": done, "bytes_per_second": speed, "step": ImportStep.FETCHING}
        if total is not None:
            values["bytes_total"] = total
        jobs.heartbeat(self.job, progress=done / total if total else None, **values)
        self.job.bytes_per_second = speed


def _hand_back(job: ModelImport) -> None:
    try:
        jobs.hand_back(job)
    except LostLease:
        logger.info("import %s was cancelled, or went to another worker", job.pk)
    else:
        import_queue.wake_worker(job.pk)


def _fail(job: ModelImport, error: Exception) -> None:
    reason, again = reason_of(error)
    logger.warning("import %s, attempt %s: %s", job.pk, job.attempt, reason, exc_info=not _is_expected(error))
    try:
        jobs.fail(job, reason, again=again)  # the reconciler sends it again after a while
    except LostLease:
        logger.info("import %s was cancelled, or went to another worker", job.pk)


def reason_of(error: Exception) -> tuple[str, bool]:
    """(why, for the person who can mend it; whether it may go away by itself)."""
    if _is_expected(error):
        return str(error), isinstance(error, download.Busy)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NO_SPACE, False
    if isinstance(error, MemoryError) or "allocate memory" in str(error):
        return NO_MEMORY, False
    return f"The import broke ({type(error).__name__}). The worker's log says more; retry once it is mended.", True


def _is_expected(error: Exception) -> bool:
    return isinstance(error, ModelNotUsable)
