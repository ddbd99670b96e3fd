"""Which images wait for an embedding: every image has one row per model version it was or is to be encoded with."""

from typing import Any

from django.db import IntegrityError, transaction

from annotator.accounts import hints
from annotator.images.models import AnyEmbedding, CropEmbedding, Image, ImageEmbedding
from annotator.lib import jobs
from annotator.lib.wake import wake
from annotator.model_registry.registry import active_model

BATCH = 500


def queue_missing_embeddings(*, batch: int = BATCH) -> int:
    """Queue every image that has no embedding of the active model version yet; returns how many were queued.

    The reconciler calls it all the time, so that a newly active model finds its images by itself.
    """
    model = active_model()
    if model is None:
        return 0
    queued = 0
    without = Image.objects.exclude(embeddings__model_version=model).order_by("pk")
    for image in without[:batch]:
        queued += queue_embedding(image, model_version_id=model.pk) is not None
    return queued


def queue_embedding(image: Image, *, model_version_id: int) -> ImageEmbedding | None:
    """The image's new row, and a worker woken on commit; None when another process was first."""
    try:
        with transaction.atomic():
            embedding = ImageEmbedding.objects.create(image=image, model_version_id=model_version_id)
            wake_worker(embedding)
    except IntegrityError:
        return None
    return embedding


def retry(image: Image) -> None:
    """Encode an image again whose embedding failed; anything else stays as it is."""
    model = active_model()
    if model is None:
        return
    embedding = image.embeddings.filter(model_version=model).first()
    with transaction.atomic():
        if embedding is None:
            embedding = queue_embedding(image, model_version_id=model.pk)
        elif not jobs.retry(embedding):
            return
        if embedding is not None:
            wake_worker(embedding)
            tell(embedding)


def tell(embedding: AnyEmbedding) -> None:
    """Hint at the embedding's state."""
    is_crop = isinstance(embedding, CropEmbedding)
    payload: dict[str, Any] = {"image_id": embedding.image_id, "crop_id" if is_crop else "embedding_id": embedding.pk}
    payload |= {"state": embedding.state, "reason": embedding.reason}
    hints.publish(embedding.image.project_id, "crop_state" if is_crop else "embedding_state", **payload)


def wake_worker(embedding: AnyEmbedding) -> None:
    from annotator.images.tasks import encode_crop, encode_image  # the tasks' module imports this one

    wake(encode_crop if isinstance(embedding, CropEmbedding) else encode_image, embedding.pk)
