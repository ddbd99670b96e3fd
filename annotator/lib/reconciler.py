"""Makes lost messages harmless: looks at the rows and wakes a worker for what waits.

It runs in every worker, for the queues that this worker consumes, so that it never piles up messages that nobody takes.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from celery import signals
from django.conf import settings
from django.db import close_old_connections, connection
from django.utils import timezone

from annotator.lib import jobs, storage
from annotator.lib.jobs import Job, JobState

logger = logging.getLogger(__name__)
BATCH = 100
CHORES_SECONDS = 3600.0


@dataclass(frozen=True)
class Watch:
    """A kind of job. send(pk) wakes a worker; gave_up(job) tells people that it failed for good; prepare() makes rows
    that ought to be there."""

    model: type[Job]
    queue: str
    send: Callable[[int], Any]
    gave_up: Callable[[Any], Any] | None = None
    prepare: Callable[[], Any] | None = None


WATCHES: dict[type[Job], Watch] = {}
CHORES: list[Callable[[], Any]] = [storage.sweep]


def watch(
    model: type[Job],
    *,
    queue: str,
    send: Callable[[int], Any],
    gave_up: Callable[[Any], Any] | None = None,
    prepare: Callable[[], Any] | None = None,
) -> None:
    """Called once by the module of the job's task."""
    WATCHES[model] = Watch(model, queue, send, gave_up, prepare)


def chore(act: Callable[[], Any]) -> None:
    """Have every worker do this at its start and then every hour. It may be done by several at once."""
    CHORES.append(act)


def do_chores() -> None:
    """All of them, though one may break."""
    for act in CHORES:
        try:
            act()
        except Exception:
            logger.exception("chore %s", getattr(act, "__qualname__", act))


def reconcile(queues: set[str], *, waited_seconds: float | None = None) -> int:
    """Queue stalled rows again and send what waits without a message; returns how many were sent.

    A row counts as forgotten when nothing of its kind is running although it was queued a while ago: while a worker is
    busy, the messages behind it are not lost but late.
    """
    waited = timedelta(seconds=settings.RECONCILE_SECONDS if waited_seconds is None else waited_seconds)
    sent = 0
    for kind in [kind for kind in WATCHES.values() if kind.queue in queues]:
        if kind.prepare:
            kind.prepare()
        rows = kind.model._default_manager.all()
        again, given_up = jobs.requeue_stalled(rows)
        for job in given_up:
            if kind.gave_up:
                kind.gave_up(job)
        pks = [job.pk for job in again]
        if not rows.filter(state=JobState.RUNNING).exists():
            late = rows.filter(state=JobState.QUEUED, queued_at__lte=timezone.now() - waited)
            pks += list(late.exclude(pk__in=pks).order_by("queued_at", "pk").values_list("pk", flat=True)[:BATCH])
        for pk in pks:
            kind.send(pk)
        sent += len(pks)
    return sent


class Reconciler(threading.Thread):
    """Reconciles at the worker's start and then every RECONCILE_SECONDS, and does the chores."""

    def __init__(self, queues: set[str]) -> None:
        super().__init__(name="reconciler", daemon=True)
        self.queues = queues
        self.stopping = threading.Event()

    def run(self) -> None:
        self._once(waited_seconds=0)
        do_chores()
        done_at = time.monotonic()
        while not self.stopping.wait(settings.RECONCILE_SECONDS):
            self._once()
            if time.monotonic() - done_at >= CHORES_SECONDS:
                do_chores()
                done_at = time.monotonic()
        connection.close()

    def _once(self, waited_seconds: float | None = None) -> None:
        close_old_connections()
        try:
            reconcile(self.queues, waited_seconds=waited_seconds)
        except Exception:  # the database may be away for a while; the next round tries again
            logger.exception("reconciling %s", self.queues)

    def stop(self) -> None:
        self.stopping.set()
        self.join(timeout=5)


_running: list[Reconciler] = []


@signals.worker_ready.connect
def _start(sender: Any, **kwargs: Any) -> None:
    reconciler = Reconciler(set(sender.app.amqp.queues.consume_from))
    _running.append(reconciler)
    reconciler.start()


@signals.worker_shutdown.connect
def _stop(**kwargs: Any) -> None:
    while _running:
        _running.pop().stop()
