"""A session and a mask as the browser gets them."""

from collections.abc import Iterable

from django.urls import reverse

from annotator.annotation.assignment import LEASE_SECONDS
from annotator.annotation.models import AnnotationSession, Mask
from annotator.annotation.schemas import (
    CropOut,
    MaskOut,
    SessionEmbedding,
    SessionImage,
    SessionModel,
    SessionOut,
    TimeLimitOut,
)
from annotator.annotation.sessions import masks_at_hand
from annotator.images.models import CropEmbedding, Image, ImageEmbedding
from annotator.model_registry.models import ModelVersion


def session_out(session: AnnotationSession) -> SessionOut:
    """Everything the annotate page needs to begin: two queries beside the session's own and its project's."""
    project = session.project
    embedding = ImageEmbedding.objects.select_related("image", "model_version").get(
        image_id=session.image_id, model_version_id=session.model_version_id
    )
    image = embedding.image
    masks = masks_at_hand(session).filter(deleted_at=None).select_related("annotator")
    return SessionOut(
        id=session.pk,
        state=session.state,
        lease_token=session.lease_token,
        lease_seconds=LEASE_SECONDS,
        project_id=project.pk,
        image=_image(image),
        model=_model(embedding.model_version),
        embedding=_embedding(embedding),
        time_limit=TimeLimitOut(
            policy=project.time_limit_policy,
            seconds=project.time_limit_seconds,
            max_extensions=project.max_extensions,
        ),
        idle_seconds=project.idle_seconds,
        masks=masks_out(masks.order_by("created_at", "pk"), image),
    )


def masks_out(masks: Iterable[Mask], image: Image) -> list[MaskOut]:
    return [mask_out(mask, image) for mask in masks]


def mask_out(mask: Mask, image: Image) -> MaskOut:
    return MaskOut(
        id=mask.pk,
        image_id=image.pk,
        annotator=mask.annotator.username,
        size=(image.height, image.width),
        counts=mask.counts,
        bbox=tuple(mask.bbox),
        area=mask.area,
        prompts=mask.prompts,
        chosen_token=mask.chosen_token,
        predicted_iou=mask.predicted_iou,
        stability_score=mask.stability_score,
        brush_pixels_added=mask.brush_pixels_added,
        brush_pixels_removed=mask.brush_pixels_removed,
        active_ms=mask.active_ms,
        time_limit_outcome=mask.time_limit_outcome,
        replaces=mask.replaces_id,
        created_at=mask.created_at,
    )


def _image(image: Image) -> SessionImage:
    return SessionImage(
        id=image.pk,
        sha256=image.sha256,
        file_name=image.file_name,
        width=image.width,
        height=image.height,
        display_url=reverse("api:image_display", args=[image.pk, image.display_sha256]),
        thumbnail_url=reverse("api:image_thumbnail", args=[image.pk, image.thumbnail_sha256]),
    )


def _model(model: ModelVersion) -> SessionModel:
    return SessionModel(
        version=model.version,
        manifest_url=f"{reverse('api:model_file', args=[model.version, 'manifest.json'])}?v={model.manifest_sha256}",
        manifest_sha256=model.manifest_sha256,
    )


def _embedding(embedding: ImageEmbedding) -> SessionEmbedding:
    done = embedding.sha256 != ""
    return SessionEmbedding(
        id=embedding.pk,
        state=embedding.state,
        url=reverse("api:embedding_file", args=[embedding.pk, embedding.sha256]) if done else None,
        sha256=embedding.sha256 if done else None,
        bytes=embedding.bytes,
    )


def crop_out(crop: CropEmbedding) -> CropOut:
    done = crop.sha256 != ""
    return CropOut(
        id=crop.pk,
        crop_box=(crop.x, crop.y, crop.width, crop.height),
        state=crop.state,
        reason=crop.reason,
        url=reverse("api:crop_file", args=[crop.pk, crop.sha256]) if done else None,
        sha256=crop.sha256 if done else None,
    )
