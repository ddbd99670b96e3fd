"""A project's images as its managers see them: with the state of their encoding by the active model."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, FilteredRelation, Q, QuerySet, TextField, Value
from django.db.models.functions import Coalesce

from annotator.accounts.models import Project
from annotator.images.models import Image
from annotator.lib.jobs import JobState
from annotator.model_registry.registry import active_model


@dataclass(frozen=True)
class ListedImage:
    """An image with what the list tells beside it."""

    image: Image
    state: str
    reason: str
    encode_ms: float | None
    masks: int


@dataclass(frozen=True)
class ImageListing:
    count: int
    states: dict[str, int]
    items: list[ListedImage]


def list_images(*, project: Project, state: str | None, offset: int, limit: int) -> ImageListing:
    """Newest first. `count` is of all images in `state`, or of all; `states` counts every state."""
    images = _with_state().filter(project=project)
    states = {str(name): 0 for name in JobState}
    states |= dict(images.values_list("state").annotate(n=Count("pk")).order_by())
    if state:
        images = images.filter(state=state)
    items = _with_masks(images.order_by("-pk")[offset : offset + limit])
    return ImageListing(states.get(state, 0) if state else sum(states.values()), states, items)


def listed(images: list[Image]) -> list[ListedImage]:
    """The same images, in the same order, as the list shows them."""
    found = {item.image.pk: item for item in _with_masks(_with_state().filter(pk__in=[image.pk for image in images]))}
    return [found[image.pk] for image in images if image.pk in found]


def _with_state() -> QuerySet[Any]:
    """Images with state, reason and encode_ms of the active model's embedding; without one they are queued."""
    model = active_model()
    of_active = Q(embeddings__model_version=model.pk if model else None)
    return Image.objects.alias(embedding=FilteredRelation("embeddings", condition=of_active)).annotate(
        state=Coalesce(F("embedding__state"), Value(str(JobState.QUEUED))),
        reason=Coalesce(F("embedding__reason"), Value(""), output_field=TextField()),
        encode_ms=F("embedding__encode_ms"),
    )


def _with_masks(images: QuerySet[Any]) -> list[ListedImage]:
    """Two queries; one with a join would count masks of images that are not on the page."""
    page = list(images)
    masks = dict(
        Image.objects.filter(pk__in=[image.pk for image in page], masks__deleted_at=None, masks__isnull=False)
        .values_list("pk")
        .annotate(n=Count("masks"))
        .order_by()
    )
    return [ListedImage(image, image.state, image.reason, image.encode_ms, masks.get(image.pk, 0)) for image in page]
