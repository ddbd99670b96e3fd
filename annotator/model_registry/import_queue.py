"""What admins ask of imports: begin, cancel, retry, remove. The worker's part is import_run.py."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import IntegrityError, transaction

from annotator.accounts.models import User
from annotator.lib import jobs
from annotator.lib.errors import ApiError, Conflict
from annotator.lib.jobs import JobState
from annotator.lib.wake import wake
from annotator.model_registry import download, importing, uploads
from annotator.model_registry.models import ImportKind, ModelImport
from annotator.model_registry.registry import ModelNotUsable
from sam_core.official import OFFICIAL

if TYPE_CHECKING:
    from sam_core.official import OfficialModel

OPEN = (JobState.QUEUED, JobState.RUNNING)


def request_official(*, model: "OfficialModel", url: str, user: User) -> tuple[ModelImport, bool]:
    """The model's import, and whether this call began it: a second press finds the first one's.

    url: another address than the publisher's, or "". ApiError when that is none, or the disk has no room.
    """
    if url:
        try:
            download.check_address(url)
        except ModelNotUsable as error:
            raise ApiError("invalid", str(error), 422, {"url": str(error)}) from error
    newest = ModelImport.objects.filter(source=model.name).order_by("-pk").first()
    if newest is None or newest.state not in OPEN:
        uploads.check_disk(needed_for(model))
    values = {"kind": ImportKind.OFFICIAL, "file_name": model.file, "url": url, "bytes_total": model.bytes}
    return _begin(newest, model.name, user, values)


def needed_for(model: "OfficialModel") -> int:
    """Bytes of disk that downloading and importing it takes at most."""
    return uploads.NEEDED * model.about_bytes


def request_upload(*, upload_id: UUID, file_name: str, total: int, name: str, user: User) -> tuple[ModelImport, bool]:
    """The import of a file of `total` bytes that was sent whole, and whether this call began it.

    name: of the version, "" for that of the model it is like. ApiError when that is none, or bytes are missing.
    """
    if name:
        try:
            importing.check_name(name)
        except ModelNotUsable as error:
            raise ApiError("invalid", str(error), 422, {"name": str(error)}) from error
    newest = ModelImport.objects.filter(source=str(upload_id)).order_by("-pk").first()
    if newest is not None and newest.state == JobState.DONE:
        return newest, False
    uploads.whole(upload_id, total)
    values = {"kind": ImportKind.UPLOAD, "file_name": file_name, "name": name, "bytes_total": total}
    return _begin(newest, str(upload_id), user, values)


def _begin(newest: ModelImport | None, source: str, user: User, values: dict[str, Any]) -> tuple[ModelImport, bool]:
    if newest is not None and newest.state in OPEN:
        return newest, False
    try:
        with transaction.atomic():
            if newest is not None and newest.state == JobState.FAILED:
                if not jobs.retry(newest, cancelled=False, requested_by=user, **values):
                    return newest, False  # another press was first
                begun = newest
            else:
                begun = ModelImport.objects.create(source=source, requested_by=user, **values)
            wake_worker(begun.pk)
    except IntegrityError:  # two presses at once: one_open_import_per_source
        return ModelImport.objects.filter(source=source, state__in=OPEN).latest("pk"), False
    return begun, True


def cancel(found: ModelImport, *, user: User) -> None:
    """End it, whoever works on it. What came of a download is kept for a retry. Harmless when it has ended."""
    jobs.cancel(found, f"Cancelled by {user.username}.", cancelled=True, bytes_per_second=None)


def retry(found: ModelImport) -> None:
    """Queue a failed import anew; any other stays as it is. ApiError when its file is gone."""
    if found.state != JobState.FAILED:
        return
    if found.kind == ImportKind.UPLOAD and not uploads.received(UUID(found.source)):
        raise Conflict("upload_gone", "The uploaded file is not here any more. Send it again.")
    try:
        with transaction.atomic():
            if jobs.retry(found, cancelled=False):
                wake_worker(found.pk)
    except IntegrityError as error:
        raise Conflict("under_way", "The same model is being imported already.") from error


def remove(found: ModelImport) -> None:
    """Forget an import that has ended, with what it left on the disk. Conflict while it is under way."""
    deleted, _ = ModelImport.objects.filter(pk=found.pk).exclude(state__in=OPEN).delete()
    if not deleted:
        raise Conflict("under_way", "This import is under way. Cancel it first.")
    if found.kind == ImportKind.UPLOAD:
        uploads.remove(UUID(found.source))
    elif found.source in OFFICIAL:
        download.remove(OFFICIAL[found.source])


def wake_worker(import_id: int) -> None:
    from annotator.model_registry.tasks import import_model  # the task's module imports what imports this one

    wake(import_model, import_id)
