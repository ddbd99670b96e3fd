"""An export as a job: asked for by a manager, written by a worker, then a file in the store."""

import errno
import logging
import time

from django.db import transaction

from annotator.accounts import hints
from annotator.accounts.models import Project, User
from annotator.datasets.archive import Summary, write_archive
from annotator.datasets.models import Export
from annotator.lib import jobs, storage
from annotator.lib.jobs import JobState
from annotator.lib.wake import wake

logger = logging.getLogger(__name__)
SECONDS_BETWEEN_HINTS = 1.0

NO_SPACE = "The server's disk is full. Free some space, then export again."
BROKE = "Something broke while the archive was written. Export again; if it stays, show an admin the worker's log."


def request_export(*, project: Project, user: User) -> tuple[Export, bool]:
    """The project's next export, and whether it is new: one that waits still will hold everything there is now."""
    with transaction.atomic():
        # Two presses of the button at once: the second waits here and finds the first one's row.
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        waiting = Export.objects.filter(project=project, state=JobState.QUEUED).order_by("pk").first()
        if waiting is not None:
            return waiting, False
        export = Export.objects.create(project=project, requested_by=user)
        tell(export)
        wake_worker(export.pk)
    return export, True


def wake_worker(export_id: int) -> None:
    from annotator.datasets.tasks import export_project  # the task's module imports this one

    wake(export_project, export_id)


def tell(export: Export) -> None:
    hints.publish(
        export.project_id, "export_state", export_id=export.pk, state=export.state, progress=round(export.progress, 3)
    )


def run(export_id: int) -> None:
    """Writes the archive of a queued export. A message too many changes nothing: the row is claimed first."""
    export = jobs.claim(Export.objects.filter(pk=export_id))
    if export is None:
        return
    tell(export)
    try:
        with jobs.beating(export), storage.scratch_folder() as folder:
            path = folder / "export.zip"
            summary = write_archive(path, project=export.project, progress=_Progress(export))
            _finish(export, summary, storage.put_file(path), path.stat().st_size)
    except jobs.LostLease:
        logger.warning("export %s went to another worker", export_id)
    except Exception as error:
        logger.exception("export %s", export_id)
        _fail(export, error)


def _finish(export: Export, summary: Summary, sha256: str, size: int) -> None:
    with transaction.atomic():
        jobs.finish(export, sha256=sha256, bytes=size, images=summary.images, masks=summary.masks)
        if summary.problems:
            number = len(summary.problems)
            left_out = "1 mask was left out" if number == 1 else f"{number} masks were left out"
            export.reason = f"{left_out}: problems.json in the archive says which and why."
            export.save(update_fields=["reason"])
        tell(export)


def _fail(export: Export, error: Exception) -> None:
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    try:
        jobs.fail(export, NO_SPACE if full else BROKE, again=not full)
        tell(export)
    except jobs.LostLease:
        logger.warning("export %s went to another worker", export.pk)


class _Progress:
    """Tells the row and the open pages how far it is, once a second at most. LostLease when another worker has it."""

    def __init__(self, export: Export) -> None:
        self.export, self.last = export, time.monotonic()

    def __call__(self, share: float) -> None:
        if time.monotonic() - self.last < SECONDS_BETWEEN_HINTS:
            return
        self.last = time.monotonic()
        jobs.heartbeat(self.export, progress=share)
        self.export.progress = share
        tell(self.export)
