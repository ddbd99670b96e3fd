"""Accepted masks and timing events, stored so that nothing is lost and nothing doubled.

Needs the web process and the database only. A save is accepted with the session's token even when its lease lapsed or
the session ended: the mask was drawn, and the browser may have been offline for hours.
"""

import hashlib
import json
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, Sum
from django.utils import timezone

from annotator.accounts import hints
from annotator.accounts.models import User
from annotator.annotation import time_limit, timing
from annotator.annotation.models import AnnotationSession, Mask
from annotator.annotation.schemas import MaskIn, Prompts
from annotator.annotation.sessions import masks_at_hand, session_for
from annotator.annotation.wall_time import wall_ms
from annotator.lib.errors import ApiError, Conflict, NotFound
from sam_core.crops import CropBox
from sam_core.masks import rle


def save_mask(*, annotator: User, mask_id: UUID, sent: MaskIn, now: datetime | None = None) -> tuple[Mask, bool]:
    """The stored mask, and whether this call stored it. Raises ApiError saying what is wrong with the request."""
    session = session_for(annotator, sent.session_id, lease_token=sent.lease_token)
    # As it was sent: a field that is newer than the body must not change the sum of one that waited in a browser.
    body_sha256 = hashlib.sha256(
        json.dumps(sent.model_dump(mode="json", exclude_unset=True), sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()
    stored = _stored(mask_id, body_sha256)
    if stored is not None:
        return stored, False
    counts = _checked_counts(session, sent)
    try:
        with transaction.atomic():
            return _insert(session, mask_id, sent, counts, body_sha256, now or timezone.now()), True
    except IntegrityError:
        # The same save came twice at once and the other was first.
        stored = _stored(mask_id, body_sha256)
        if stored is None:
            raise
        return stored, False


def _stored(mask_id: UUID, body_sha256: str) -> Mask | None:
    mask = Mask.objects.select_related("image", "annotator").filter(pk=mask_id).first()
    if mask is not None and mask.body_sha256 != body_sha256:
        raise ApiError("id_taken", "This id belongs to another mask. Give the mask a new id and save it again.", 422)
    return mask


def _checked_counts(session: AnnotationSession, sent: MaskIn) -> rle.Counts:
    """The runs of a mask that belongs to this session's image and model and has a pixel."""
    image = session.image
    if sent.image_sha256 != image.sha256:
        raise Conflict("wrong_image", "This mask was drawn on another image. Reload the page before you go on.")
    if sent.model_version != session.model_version.version:
        raise Conflict("wrong_model", "This mask was made with another model. Reload the page before you go on.")
    if sent.size != [image.height, image.width]:
        message = f"The mask is {sent.size[0]}×{sent.size[1]} pixels, the image {image.height}×{image.width}."
        raise ApiError("wrong_size", f"{message} Reload the page before you go on.", 422, {"size": message})
    try:
        counts = rle.validate((image.height, image.width), sent.counts)
    except rle.InvalidRle as error:
        raise ApiError("invalid_rle", f"This is no valid mask: {error}.", 422, {"counts": str(error)}) from error
    crop_box = sent.prompts.crop_box
    if crop_box is not None and not CropBox(*crop_box).is_within(image.width, image.height):
        message = f"The crop box {crop_box} is not in the image of {image.width}×{image.height} pixels."
        raise ApiError("wrong_crop", f"{message} Reload the page before you go on.", 422, {"prompts.crop_box": message})
    if len(counts) < 2:
        raise ApiError("empty_mask", "This mask has no pixels. Add to it, or drop it.", 422, {"counts": "no pixels"})
    return counts


def _insert(
    session: AnnotationSession, mask_id: UUID, sent: MaskIn, counts: rle.Counts, body_sha256: str, now: datetime
) -> Mask:
    image, project = session.image, session.project
    # One save at a time per session: two would otherwise both be granted the same seconds.
    AnnotationSession.objects.select_for_update(no_key=True).get(pk=session.pk)
    active_ms = timing.clamp(sent.active_ms, wall_ms=wall_ms(session, now=now), already_counted_ms=_counted_ms(session))
    mask = Mask.objects.create(
        id=mask_id,
        session=session,
        project=project,
        image=image,
        annotator=session.annotator,
        model_version=session.model_version,
        replaces=_replaced(session, sent.replaces, now),
        counts=sent.counts,
        area=rle.area(counts),
        bbox=list(rle.bbox((image.height, image.width), counts)),
        prompts=clipped(sent.prompts, width=image.width, height=image.height),
        chosen_token=sent.chosen_token,
        predicted_iou=sent.predicted_iou,
        stability_score=sent.stability_score,
        brush_pixels_added=sent.brush_pixels_added,
        brush_pixels_removed=sent.brush_pixels_removed,
        active_ms=active_ms,
        claimed_active_ms=sent.active_ms,
        time_limit_outcome=time_limit.settled(
            sent.time_limit_outcome,
            policy=project.time_limit_policy,
            limit_seconds=project.time_limit_seconds,
            active_ms=active_ms,
        ),
        body_sha256=body_sha256,
        created_at=now,
    )
    hints.publish(project.pk, "mask_saved", image_id=image.pk)
    return mask


def _counted_ms(session: AnnotationSession) -> int:
    """Active time of the session's masks that figures count: kept, or a version of a later one. A deleted mask gives
    its time back, so that undoing the deletion, which saves it under a new id, may claim it again."""
    later = Mask.objects.filter(replaces=OuterRef("pk"))
    counted = Mask.objects.filter(Q(deleted_at=None) | Exists(later), session=session)
    return counted.aggregate(total=Sum("active_ms"))["total"] or 0


def _replaced(session: AnnotationSession, replaces: UUID | None, now: datetime) -> Mask | None:
    """The mask whose place the new one takes, soft-deleted. Of another image or unknown: none, the new one is kept all
    the same, since refusing it would lose it."""
    if replaces is None:
        return None
    old = masks_at_hand(session).filter(pk=replaces).first()
    if old is not None:
        Mask.objects.filter(pk=old.pk, deleted_at=None).update(deleted_at=now)
    return old


def clipped(prompts: Prompts, *, width: int, height: int) -> dict:
    """Prompts inside the image: a drag may end outside of it. A box's corners come in order."""
    points = [[min(max(x, 0), width), min(max(y, 0), height), int(label)] for x, y, label in prompts.points]
    box = None
    if prompts.box is not None:
        (x0, x1), (y0, y1) = sorted(prompts.box[0::2]), sorted(prompts.box[1::2])
        box = [min(max(x0, 0), width), min(max(y0, 0), height), min(max(x1, 0), width), min(max(y1, 0), height)]
    first = {} if prompts.first_token is None else {"first_token": prompts.first_token}
    crop = {} if prompts.crop_box is None else {"crop_box": prompts.crop_box}
    return {"points": points, "box": box, **first, **crop}


def delete_mask(*, annotator: User, mask_id: UUID, session_id: int, lease_token: UUID) -> None:
    """Hides a mask of the session's image, whoever drew it, unless each annotator has their own. The row stays.

    A repetition changes nothing.
    """
    session = session_for(annotator, session_id, lease_token=lease_token)
    if not masks_at_hand(session).filter(pk=mask_id).exists():
        raise NotFound("There is no such mask on this image.")
    with transaction.atomic():
        if Mask.objects.filter(pk=mask_id, deleted_at=None).update(deleted_at=timezone.now()):
            hints.publish(session.project_id, "mask_saved", image_id=session.image_id)
