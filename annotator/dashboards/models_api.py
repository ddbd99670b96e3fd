"""Model versions, with how many images each has encoded: here, since only dashboards may look at every app's rows."""

from datetime import datetime
from typing import Any

from django.db.models import Avg, Count, Q
from django.http import HttpRequest
from ninja import Router, Schema

from annotator.images.models import Image, ImageEmbedding
from annotator.lib import storage
from annotator.lib.jobs import JobState
from annotator.model_registry import import_queue, registry
from annotator.model_registry.import_api import ImportOut, import_out
from annotator.model_registry.models import ModelImport, ModelState, ModelVersion
from sam_core.official import OFFICIAL, OfficialModel

router = Router(tags=["models"])
MOST_IMPORTS = 50


class VersionOut(Schema):
    """bytes: of the checkpoint, None when it is missing. published: the source is an official file, by its hash.

    images_waiting: queued or being encoded; of the active version also those that have no row yet.
    """

    id: int
    version: str
    name: str
    preset: str
    state: str
    complete: bool
    bytes: int | None
    checkpoint_sha256: str
    source_kind: str
    source_name: str
    source_sha256: str
    published: bool
    registered_by: str | None
    created_at: datetime
    activated_at: datetime | None
    images_encoded: int
    images_waiting: int
    images_failed: int
    encode_ms: float | None


class OfficialOut(Schema):
    """bytes is exact where `exact`, else about right; needed_bytes: of the disk, for downloading and importing."""

    name: str
    title: str
    publisher: str
    licence: str
    address: str
    sha256: str
    bytes: int
    exact: bool
    needed_bytes: int
    version: str | None


class ModelsOut(Schema):
    """Versions newest first; imports that are under way, have failed, or were done lately."""

    versions: list[VersionOut]
    official: list[OfficialOut]
    imports: list[ImportOut]
    images: int
    free_bytes: int


@router.get("/models", response=ModelsOut, url_name="model_list")
def model_list(request: HttpRequest) -> ModelsOut:
    versions = list(ModelVersion.objects.select_related("registered_by").order_by("-created_at", "-pk"))
    images = Image.objects.count()
    counts = _counts()
    imports = ModelImport.objects.select_related("model_version", "requested_by").order_by("-pk")[:MOST_IMPORTS]
    return ModelsOut(
        versions=[_version(model, counts.get(model.pk, {}), images) for model in versions],
        official=[_official(model, versions) for model in OFFICIAL.values()],
        imports=[import_out(found) for found in imports],
        images=images,
        free_bytes=storage.free_bytes(),
    )


def _counts() -> dict[int, dict[str, Any]]:
    """Of each version's embeddings, in one query."""
    rows = ImageEmbedding.objects.values("model_version_id").annotate(
        encoded=Count("pk", filter=Q(state=JobState.DONE)),
        waiting=Count("pk", filter=Q(state__in=[JobState.QUEUED, JobState.RUNNING])),
        failed=Count("pk", filter=Q(state=JobState.FAILED)),
        ms=Avg("encode_ms", filter=Q(state=JobState.DONE)),
    )
    return {row["model_version_id"]: dict(row) for row in rows}


def _version(model: ModelVersion, counts: dict[str, Any], images: int) -> VersionOut:
    encoded, failed = int(counts.get("encoded") or 0), int(counts.get("failed") or 0)
    active = model.state == ModelState.ACTIVE
    return VersionOut(
        id=model.pk,
        version=model.version,
        name=model.name,
        preset=model.preset,
        state=model.state,
        complete=registry.is_complete(model),
        bytes=storage.size(model.checkpoint_sha256),
        checkpoint_sha256=model.checkpoint_sha256,
        source_kind=model.source_kind,
        source_name=model.source_name,
        source_sha256=model.source_sha256,
        published=any(official.sha256 == model.source_sha256 for official in OFFICIAL.values()),
        registered_by=model.registered_by.username if model.registered_by else None,
        created_at=model.created_at,
        activated_at=model.activated_at,
        images_encoded=encoded,
        images_waiting=max(0, images - encoded - failed) if active else int(counts.get("waiting") or 0),
        images_failed=failed,
        encode_ms=counts.get("ms"),
    )


def _official(official: OfficialModel, versions: list[ModelVersion]) -> OfficialOut:
    made = next((model.version for model in versions if model.source_sha256 == official.sha256), None)
    return OfficialOut(
        name=official.name,
        title=official.title or official.name,
        publisher=official.publisher,
        licence=official.licence,
        address=official.address,
        sha256=official.sha256,
        bytes=official.about_bytes,
        exact=official.bytes is not None,
        needed_bytes=import_queue.needed_for(official),
        version=made,
    )
