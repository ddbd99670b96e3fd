"""Imports and activation, for admins: a checkpoint's parts, what is made of them, and which version is in use."""

from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema
from ninja.responses import Status
from pydantic import AfterValidator, Field

from annotator.accounts.models import User
from annotator.lib.errors import ApiError, Conflict, NotFound
from annotator.lib.http import Body, Id
from annotator.model_registry import import_queue, registry, uploads
from annotator.model_registry.models import ModelImport, ModelVersion
from sam_core.official import OFFICIAL

router = Router(tags=["models"])
MOST_BYTES = 2**53


class ImportOut(Schema):
    """`step` is "" before the worker has begun; bytes and their speed are those of fetching."""

    id: int
    kind: str
    source: str
    file_name: str
    name: str
    url: str
    state: str
    step: str
    bytes_done: int
    bytes_total: int | None
    bytes_per_second: float | None
    reason: str
    cancelled: bool
    version: str | None
    requested_by: str
    created_at: datetime


class UploadedOut(Schema):
    received: int


class OfficialIn(Body):
    model: str
    url: Annotated[str, Field(max_length=2000), AfterValidator(str.strip)] = ""


class UploadedIn(Body):
    upload_id: Annotated[UUID, Field(strict=False)]
    file_name: Annotated[str, Field(min_length=1, max_length=255)]
    bytes: Annotated[int, Field(ge=1, le=MOST_BYTES)]
    name: Annotated[str, Field(max_length=60), AfterValidator(str.strip)] = ""


def import_out(found: ModelImport) -> ImportOut:
    return ImportOut(
        id=found.pk,
        kind=found.kind,
        source=found.source,
        file_name=found.file_name,
        name=found.name,
        url=found.url,
        state=found.state,
        step=found.step,
        bytes_done=found.bytes_done,
        bytes_total=found.bytes_total,
        bytes_per_second=found.bytes_per_second,
        reason=found.reason,
        cancelled=found.cancelled,
        version=found.model_version.version if found.model_version else None,
        requested_by=found.requested_by.username,
        created_at=found.queued_at,
    )


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _import(import_id: int) -> ModelImport:
    found = ModelImport.objects.select_related("model_version", "requested_by").filter(pk=import_id).first()
    if found is None:
        raise NotFound("This import was removed. Reload the page.")
    return found


@router.post("/model-imports/official", response={200: ImportOut, 201: ImportOut}, url_name="model_download")
def begin_official(request: HttpRequest, body: OfficialIn) -> Status[ImportOut]:
    """Download and import a published model; while that is under way, a second press gets the same answer."""
    model = OFFICIAL.get(body.model)
    if model is None:
        raise ApiError("unknown_model", f"There is no such model. Known: {', '.join(OFFICIAL)}.", 422)
    begun, is_new = import_queue.request_official(model=model, url=body.url, user=_user(request))
    return Status(201 if is_new else 200, import_out(begun))


@router.post("/model-imports/uploaded", response={200: ImportOut, 201: ImportOut}, url_name="model_import")
def begin_uploaded(request: HttpRequest, body: UploadedIn) -> Status[ImportOut]:
    """Import a file whose parts were all sent."""
    begun, is_new = import_queue.request_upload(
        upload_id=body.upload_id, file_name=body.file_name, total=body.bytes, name=body.name, user=_user(request)
    )
    return Status(201 if is_new else 200, import_out(begun))


@router.post("/model-imports/{import_id}/cancel", response=ImportOut, url_name="model_import_cancel")
def cancel_import(request: HttpRequest, import_id: Id) -> ImportOut:
    found = _import(import_id)
    import_queue.cancel(found, user=_user(request))
    return import_out(found)


@router.post("/model-imports/{import_id}/retry", response=ImportOut, url_name="model_import_retry")
def retry_import(request: HttpRequest, import_id: Id) -> ImportOut:
    found = _import(import_id)
    import_queue.retry(found)
    return import_out(found)


@router.delete("/model-imports/{import_id}", response={204: None}, url_name="model_import_remove")
def remove_import(request: HttpRequest, import_id: Id) -> Status[None]:
    """Forget an import that has ended, and what it left on the disk."""
    import_queue.remove(_import(import_id))
    return Status(204, None)


@router.get("/model-uploads/{upload_id}", response=UploadedOut, url_name="model_upload_state")
def upload_state(request: HttpRequest, upload_id: UUID) -> UploadedOut:
    """How much of the file has arrived: where to go on."""
    return UploadedOut(received=uploads.received(upload_id))


@router.put("/model-uploads/{upload_id}", response=UploadedOut, url_name="model_upload_part")
def upload_part(
    request: HttpRequest,
    upload_id: UUID,
    offset: Annotated[int, Query(ge=0, le=MOST_BYTES)],
    total: Annotated[int, Query(ge=1, le=MOST_BYTES)],
) -> UploadedOut:
    """One part of the file as the request's body, from `offset` on."""
    return UploadedOut(received=uploads.append(upload_id, offset=offset, total=total, data=request.body))


@router.delete("/model-uploads/{upload_id}", response={204: None}, url_name="model_upload_remove")
def remove_upload(request: HttpRequest, upload_id: UUID) -> Status[None]:
    """Drop a file that is being sent. One that an import has taken over stays."""
    if not ModelImport.objects.filter(source=str(upload_id)).exists():
        uploads.remove(upload_id)
    return Status(204, None)


@router.post("/model-versions/{version_id}/activate", response={204: None}, url_name="model_activate")
def activate_version(request: HttpRequest, version_id: Id) -> Status[None]:
    """New images are encoded with this version from now on. Doing it twice changes nothing."""
    model = ModelVersion.objects.filter(pk=version_id).first()
    if model is None:
        raise NotFound("There is no such version. Reload the page.")
    if not registry.is_complete(model):
        message = f"Files of {model.version} are missing from the store. Import its checkpoint again."
        raise Conflict("files_missing", message)
    if registry.active_model() != model:
        registry.activate(model)
    return Status(204, None)
