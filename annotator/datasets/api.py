"""Exports: asked for, listed, downloaded."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import cast

from asgiref.sync import sync_to_async
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from ninja import Router, Status
from pydantic import BaseModel

from annotator.accounts.models import Role, User
from annotator.accounts.permissions import has_role, project_for, visible
from annotator.datasets.exporting import request_export
from annotator.datasets.models import Export
from annotator.datasets.names import safe
from annotator.lib import storage
from annotator.lib.errors import Forbidden, NotFound
from annotator.lib.http import Id
from annotator.lib.jobs import JobState

router = Router(tags=["datasets"])
CHUNK = 1024 * 1024


class ExportOut(BaseModel):
    id: int
    state: str
    progress: float
    reason: str
    bytes: int
    images: int
    masks: int
    url: str | None
    created_at: datetime
    requested_by: str


def export_out(export: Export) -> ExportOut:
    done = export.state == JobState.DONE
    return ExportOut(
        id=export.pk,
        state=export.state,
        progress=export.progress,
        reason=export.reason,
        bytes=export.bytes,
        images=export.images,
        masks=export.masks,
        url=reverse("api:export_file", args=[export.pk]) if done else None,
        created_at=export.queued_at,
        requested_by=export.requested_by.username,
    )


@router.post("/projects/{project_id}/exports", response={200: ExportOut, 201: ExportOut}, url_name="export_create")
def create_export(request: HttpRequest, project_id: Id) -> Status:
    """A new export; or, while one waits for a worker, that one."""
    user = cast(User, request.user)
    project = project_for(user, project_id, at_least=Role.MANAGER)
    export, is_new = request_export(project=project, user=user)
    return Status(201 if is_new else 200, export_out(export))


@router.get("/projects/{project_id}/exports", response=list[ExportOut], url_name="export_list")
def list_exports(request: HttpRequest, project_id: Id) -> list[ExportOut]:
    """The project's exports, newest first."""
    project = project_for(cast(User, request.user), project_id, at_least=Role.MANAGER)
    exports = Export.objects.filter(project=project).select_related("requested_by").order_by("-pk")[:200]
    return [export_out(export) for export in exports]


@router.get("/exports/{export_id}/file", url_name="export_file")
def export_file(request: HttpRequest, export_id: Id) -> StreamingHttpResponse:
    """The zip, streamed in pieces whatever its size."""
    user = cast(User, request.user)
    export = Export.objects.select_related("project").filter(visible(user), pk=export_id).first()
    if export is None:
        raise NotFound()
    if not has_role(user, Role.MANAGER):
        raise Forbidden()
    if export.state != JobState.DONE or not storage.exists(export.sha256):
        raise NotFound("This export has no file. Wait until it is done, or export again.")
    response = StreamingHttpResponse(_chunks(storage.path(export.sha256)), content_type="application/zip")
    response["Content-Length"] = str(export.bytes)
    file_name = safe(f"{export.project.name} masks {export.pk}.zip")
    response["Content-Disposition"] = content_disposition_header(True, file_name) or "attachment"
    response["Cache-Control"] = "private, no-transform"
    return response


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    """Read in threads of their own: a generator that is not async would be read whole before the first byte leaves."""
    with path.open("rb") as file:
        read = sync_to_async(file.read, thread_sensitive=False)
        while chunk := await read(CHUNK):
            yield chunk
