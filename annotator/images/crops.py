"""Parts of an image encoded by themselves, for whoever looks at them closely.

They are made when asked for, from the pixels of the whole photo, and can be made again at any time. So they are
forgotten when the work on their image ends, at the latest an hour after somebody last asked, and of one image at most
MOST_PER_IMAGE are kept.
"""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from annotator.accounts.models import User
from annotator.images import queue
from annotator.images.models import CropEmbedding, Image, ImageEmbedding
from annotator.lib import storage
from annotator.lib.errors import ApiError
from annotator.lib.jobs import JobState
from annotator.model_registry.models import ModelVersion
from sam_core.crops import CropBox, crop_around, is_crop

MOST_PER_IMAGE = 32
MOST_PER_MINUTE = 30
KEPT = timedelta(hours=1)


def crop_for(
    *, image: Image, model_version: ModelVersion, user: User, box: CropBox, now: datetime | None = None
) -> tuple[CropEmbedding, bool]:
    """The embedding of this crop, and whether this call queued it.

    What this person asked for before and nobody has begun is given up: they look elsewhere now. ApiError for a box
    that is none of the image's crops, or when too many were asked for.
    """
    now = now or timezone.now()
    if not is_crop(box, image.width, image.height):
        message = "This part of the image can't be encoded by itself. Go on with the whole image."
        raise ApiError("bad_crop", message, 422, {"crop_box": "is none of the image's crops"})
    of_image = CropEmbedding.objects.filter(image=image, model_version=model_version)
    of_image.filter(asked_by=user, state=JobState.QUEUED).exclude(**vars(box)).delete()
    found = of_image.filter(**vars(box)).first()
    if found is not None and not _lost(found):
        CropEmbedding.objects.filter(pk=found.pk).update(asked_at=now)
        return found, False
    if found is not None:
        found.delete()
    recent = CropEmbedding.objects.filter(asked_by=user, queued_at__gt=now - timedelta(minutes=1))
    if recent.count() >= MOST_PER_MINUTE:
        message = "Many parts of this image were asked for within a minute. Rest on one, or go on with the whole image."
        raise ApiError("too_many_crops", message, 429)
    _make_room(of_image)
    try:
        with transaction.atomic():
            crop = CropEmbedding.objects.create(
                image=image, model_version=model_version, asked_by=user, asked_at=now, **vars(box)
            )
            queue.wake_worker(crop)
    except IntegrityError:  # asked for twice at once, and the other was first
        return of_image.get(**vars(box)), False
    return crop, True


def box_around(view: CropBox, image: Image) -> CropBox:
    """The crop that holds what is in sight. ApiError for a view that lies outside of the image or fits into no crop."""
    try:
        box = crop_around(view, image.width, image.height)
    except ValueError as error:
        message = f"This part lies outside of the image: {error}."
        raise ApiError("bad_view", message, 422, {"view": str(error)}) from error
    if box is None:
        message = "This part is too large, or the image too small, to be encoded by itself. Zoom in further."
        raise ApiError("bad_view", message, 422, {"view": "fits into no crop"})
    return box


def _lost(crop: CropEmbedding) -> bool:
    """Its file was removed in the very moment in which it was made anew."""
    return crop.state == JobState.DONE and not storage.exists(crop.sha256)


def _make_room(of_image: QuerySet[CropEmbedding]) -> None:
    ended = of_image.filter(state__in=[JobState.DONE, JobState.FAILED])
    over = of_image.count() - MOST_PER_IMAGE + 1
    if over > 0:
        _forget(ended.order_by("asked_at")[:over])


def forget_of(image: Image) -> None:
    """The work on this image has ended. What a worker has in hand goes later, with `forget_old`."""
    _forget(CropEmbedding.objects.filter(image=image).exclude(state=JobState.RUNNING))


def forget_old(*, now: datetime | None = None) -> None:
    """What nobody asked for in the last hour."""
    old = CropEmbedding.objects.filter(asked_at__lt=(now or timezone.now()) - KEPT)
    _forget(old.exclude(state=JobState.RUNNING))


def _forget(crops: QuerySet[CropEmbedding]) -> None:
    """Rows first: a file without a row is waste, a row without its file would be a lie."""
    for crop in crops:
        crop.delete()
        if crop.sha256 and not _named(crop.sha256):
            storage.remove(crop.sha256)


def _named(sha256: str) -> bool:
    """The same photo in another project has the same file."""
    return any(rows.objects.filter(sha256=sha256).exists() for rows in (CropEmbedding, ImageEmbedding))
