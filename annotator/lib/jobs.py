"""The abstract job row: the database is the truth of what a worker has to do, a Celery message only wakes it.

Every change is one conditional update whose row count is checked. A worker that was thought dead holds an old fencing
token, so that whatever it still writes changes nothing.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, models
from django.db.models import F, Q, QuerySet
from django.utils import timezone

logger = logging.getLogger(__name__)


class JobState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


MAX_ATTEMPTS = 3
GAVE_UP = "The worker stopped in the middle of this three times. Look at its log, then retry."


class Job(models.Model):
    """A piece of background work.

    A worker claims it with one conditional update that raises `attempt` and `fencing_token` and sets the lease; every
    later write of that worker names the token, so that a worker thought dead cannot overwrite its successor.
    """

    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED, db_index=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    fencing_token = models.PositiveIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    progress = models.FloatField(default=0.0, help_text="0 to 1")
    reason = models.TextField(blank=True, help_text="Why it failed, in words for the person who can mend it")
    queued_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


AnyJob = TypeVar("AnyJob", bound=Job)


class LostLease(Exception):
    """Another worker has the job now: stop, and write nothing more."""


def _claimable() -> Q:
    lapsed = Q(state=JobState.RUNNING, lease_expires_at__lt=timezone.now())
    return (Q(state=JobState.QUEUED) | lapsed) & Q(attempt__lt=MAX_ATTEMPTS)


def claim(queryset: QuerySet[AnyJob], worker_lease_seconds: float | None = None) -> AnyJob | None:
    """The oldest job of `queryset` that is queued or whose worker fell silent, now ours; None when there is none."""
    lease = timedelta(seconds=worker_lease_seconds or settings.JOB_LEASE_SECONDS)
    while True:
        job = queryset.filter(_claimable()).order_by("queued_at", "pk").first()
        if job is None:
            return None
        now = timezone.now()
        # The token in the condition: of two workers that read the same row, the second changes nothing and looks again.
        won = queryset.model._default_manager.filter(_claimable(), pk=job.pk, fencing_token=job.fencing_token).update(
            state=JobState.RUNNING,
            attempt=F("attempt") + 1,
            fencing_token=F("fencing_token") + 1,
            lease_expires_at=now + lease,
            heartbeat_at=now,
            progress=0.0,
            reason="",
            finished_at=None,
        )
        if won:
            job.refresh_from_db()
            return job


def _held(job: Job) -> QuerySet[Any]:
    return type(job)._default_manager.filter(pk=job.pk, fencing_token=job.fencing_token, state=JobState.RUNNING)


def heartbeat(
    job: Job, *, progress: float | None = None, worker_lease_seconds: float | None = None, **values: Any
) -> None:
    """Say that the worker lives, how far it is (0 to 1), and what else the row is to tell of it.

    LostLease when the job is not ours any more.
    """
    now = timezone.now()
    values |= {
        "heartbeat_at": now,
        "lease_expires_at": now + timedelta(seconds=worker_lease_seconds or settings.JOB_LEASE_SECONDS),
    }
    if progress is not None:
        values["progress"] = min(1.0, max(0.0, progress))
    if not _held(job).update(**values):
        raise LostLease


def finish(job: Job, **values: Any) -> None:
    """Done, together with what the work produced. LostLease when another worker has it, whose result then counts."""
    done = {"state": JobState.DONE, "progress": 1.0, "reason": "", "lease_expires_at": None}
    if not _held(job).update(**done, finished_at=timezone.now(), **values):
        raise LostLease
    job.refresh_from_db()


def fail(job: Job, reason: str, *, again: bool = False) -> None:
    """Failed, for a reason in words. With `again` (a passing trouble) it is queued anew while it has attempts left."""
    queued = again and job.attempt < MAX_ATTEMPTS
    state = JobState.QUEUED if queued else JobState.FAILED
    finished = None if queued else timezone.now()
    if not _held(job).update(state=state, reason=reason, lease_expires_at=None, finished_at=finished):
        raise LostLease
    job.refresh_from_db()


def hand_back(job: Job) -> None:
    """Queue a job of ours anew, behind the others and with all its attempts: it goes well and takes long."""
    queued = {"state": JobState.QUEUED, "attempt": 0, "lease_expires_at": None, "queued_at": timezone.now()}
    if not _held(job).update(**queued):
        raise LostLease
    job.refresh_from_db()


def cancel(job: Job, reason: str, **values: Any) -> bool:
    """Fail a job that waits or runs, whoever has it: its worker learns it by LostLease. False when it has ended."""
    ended = {"state": JobState.FAILED, "reason": reason, "lease_expires_at": None, "finished_at": timezone.now()}
    changed = (
        type(job)
        ._default_manager.filter(pk=job.pk, state__in=[JobState.QUEUED, JobState.RUNNING])
        .update(fencing_token=F("fencing_token") + 1, **ended, **values)
    )
    job.refresh_from_db()
    return bool(changed)


def retry(job: Job, **values: Any) -> bool:
    """Queue a failed job anew, with all its attempts. False when it is not failed (any more)."""
    changed = (
        type(job)
        ._default_manager.filter(pk=job.pk, state=JobState.FAILED)
        .update(
            state=JobState.QUEUED,
            attempt=0,
            fencing_token=F("fencing_token") + 1,
            progress=0.0,
            reason="",
            queued_at=timezone.now(),
            finished_at=None,
            **values,
        )
    )
    job.refresh_from_db()
    return bool(changed)


def requeue_stalled(queryset: QuerySet[AnyJob]) -> tuple[list[AnyJob], list[AnyJob]]:
    """Rows whose worker fell silent: (queued again, given up after the last attempt), each with its new state."""
    again: list[AnyJob] = []
    given_up: list[AnyJob] = []
    for job in queryset.filter(state=JobState.RUNNING, lease_expires_at__lt=timezone.now()).order_by("pk"):
        last = job.attempt >= MAX_ATTEMPTS
        values: dict[str, Any] = (
            {"state": JobState.FAILED, "reason": GAVE_UP, "finished_at": timezone.now()}
            if last
            else {"state": JobState.QUEUED}
        )
        silent = _held(job).filter(lease_expires_at__lt=timezone.now())
        if silent.update(fencing_token=F("fencing_token") + 1, lease_expires_at=None, **values):
            job.refresh_from_db()
            (given_up if last else again).append(job)
    return again, given_up


@contextmanager
def beating(job: Job) -> Iterator[None]:
    """Keep the lease alive from a thread while the body computes, for work that cannot stop to say so itself."""
    with Beating() as held:
        held.add(job)
        yield


class Beating:
    """Keeps the leases of any number of jobs alive from one thread, until the end of the `with`."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat of jobs", daemon=True)

    def __enter__(self) -> "Beating":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()

    def add(self, job: Job) -> None:
        """Of a job that ends meanwhile no more is said, as its row is held no longer."""
        self._jobs.append(job)

    def _beat(self) -> None:
        try:
            while not self._stop.wait(settings.JOB_LEASE_SECONDS / 4):
                for job in self._jobs.copy():
                    try:
                        heartbeat(job)
                    except LostLease:
                        self._jobs.remove(job)  # if it was not us who ended it, the worker learns it at `finish`
                    except Exception:
                        logger.exception("heartbeat of %s %s", type(job).__name__, job.pk)
        finally:
            connection.close()
