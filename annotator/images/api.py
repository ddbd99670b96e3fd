"""Images as JSON, and the bytes that the browser shows and decodes."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, cast

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import File, Query, Router, Schema, UploadedFile
from ninja.responses import Status

from annotator.accounts.models import Role, User
from annotator.accounts.permissions import project_for, visible
from annotator.images import crops, queue
from annotator.images.ingest import ingest
from annotator.images.listing import ListedImage, list_images, listed
from annotator.images.models import CropEmbedding, Image, ImageEmbedding
from annotator.lib.errors import Conflict, Forbidden, NotFound
from annotator.lib.http import Id, stored_file
from annotator.lib.jobs import JobState

router = Router(tags=["images"])


class ImageOut(Schema):
    id: int
    file_name: str
    width: int
    height: int
    bytes: int
    state: str
    reason: str
    encode_ms: float | None
    masks: int
    thumbnail_url: str
    display_url: str
    created_at: datetime


class RefusedOut(Schema):
    file_name: str
    code: str
    reason: str


class UploadOut(Schema):
    accepted: list[ImageOut]
    refused: list[RefusedOut]


class StatesOut(Schema):
    queued: int
    running: int
    done: int
    failed: int


class ImageListOut(Schema):
    count: int
    states: StatesOut
    items: list[ImageOut]


def image_out(item: ListedImage) -> ImageOut:
    image = item.image
    return ImageOut(
        id=image.pk,
        file_name=image.file_name,
        width=image.width,
        height=image.height,
        bytes=image.bytes,
        state=item.state,
        reason=item.reason,
        encode_ms=item.encode_ms,
        masks=item.masks,
        thumbnail_url=f"/api/images/{image.pk}/thumbnail/{image.thumbnail_sha256}",
        display_url=f"/api/images/{image.pk}/display/{image.display_sha256}",
        created_at=image.created_at,
    )


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def image_for(user: User, image_id: int, *, at_least: Role = Role.ANNOTATOR) -> Image:
    """The image. NotFound for strangers, Forbidden for members whose role is too low."""
    image = Image.objects.filter(visible(user), pk=image_id).first()
    if image is None:
        raise NotFound()
    if at_least == Role.MANAGER and user.role == Role.ANNOTATOR:
        raise Forbidden()
    return image


@router.post("/projects/{project_id}/images", response=UploadOut, url_name="image_upload")
def image_upload(request: HttpRequest, project_id: Id, file: Annotated[UploadedFile, File()]) -> UploadOut:
    user = _user(request)
    project = project_for(user, project_id, at_least=Role.MANAGER)
    path = Path(cast(TemporaryUploadedFile, file).temporary_file_path())
    result = ingest(project=project, user=user, path=path, name=file.name or "photo")
    return UploadOut(
        accepted=[image_out(item) for item in listed(result.accepted)],
        refused=[RefusedOut(file_name=r.file_name, code=r.code, reason=r.reason) for r in result.refused],
    )


@router.get("/projects/{project_id}/images", response=ImageListOut, url_name="image_list")
def image_list(
    request: HttpRequest,
    project_id: Id,
    state: JobState | None = None,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> ImageListOut:
    project = project_for(_user(request), project_id)
    listing = list_images(project=project, state=state, offset=offset, limit=limit)
    items = [image_out(item) for item in listing.items]
    return ImageListOut(count=listing.count, states=StatesOut(**listing.states), items=items)


@router.post("/images/{image_id}/retry", response=ImageOut, url_name="image_retry")
def image_retry(request: HttpRequest, image_id: Id) -> ImageOut:
    """Only a failed image changes; asking twice is harmless."""
    image = image_for(_user(request), image_id, at_least=Role.MANAGER)
    queue.retry(image)
    (again,) = listed([image])
    return image_out(again)


@router.delete("/images/{image_id}", response={204: None}, url_name="image_delete")
def image_delete(request: HttpRequest, image_id: Id) -> Status[None]:
    image = image_for(_user(request), image_id, at_least=Role.MANAGER)
    with transaction.atomic():
        if image.masks.exists() or image.sessions.filter(state__in=["reserved", "active"]).exists():
            raise Conflict(
                "has_masks", "This image has masks, or somebody is working on it. Only others can be deleted."
            )
        crops.forget_of(image)
        image.delete()
    return Status(204, None)


@router.get("/images/{image_id}/display/{sha256}", url_name="image_display")
def image_display(request: HttpRequest, image_id: Id, sha256: str) -> HttpResponse:
    image = image_for(_user(request), image_id)
    return _file(request, sha256, image.display_sha256, image.display_type)


@router.get("/images/{image_id}/thumbnail/{sha256}", url_name="image_thumbnail")
def image_thumbnail(request: HttpRequest, image_id: Id, sha256: str) -> HttpResponse:
    image = image_for(_user(request), image_id)
    return _file(request, sha256, image.thumbnail_sha256, "image/jpeg")


@router.get("/embeddings/{embedding_id}/{sha256}", url_name="embedding_file")
def embedding_file(request: HttpRequest, embedding_id: Id, sha256: str) -> HttpResponse:
    visible_rows = ImageEmbedding.objects.filter(visible(_user(request), "image__project"), pk=embedding_id)
    embedding = visible_rows.first()
    if embedding is None:
        raise NotFound()
    return _file(request, sha256, embedding.sha256, "application/octet-stream")


@router.get("/crops/{crop_id}/{sha256}", url_name="crop_file")
def crop_file(request: HttpRequest, crop_id: Id, sha256: str) -> HttpResponse:
    """The embedding of a part of an image."""
    crop = CropEmbedding.objects.filter(visible(_user(request), "image__project"), pk=crop_id).first()
    if crop is None:
        raise NotFound("This part of the image is not encoded any more. Ask for it again.")
    return _file(request, sha256, crop.sha256, "application/octet-stream")


def _file(request: HttpRequest, asked: str, sha256: str, content_type: str) -> HttpResponse:
    if not sha256 or asked != sha256:
        raise NotFound("This address belongs to an older version of the file. Reload the page.")
    return stored_file(request, sha256, content_type)
