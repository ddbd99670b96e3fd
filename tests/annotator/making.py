"""Rows for tests: photos, models, embeddings, masks. Where nothing is decoded the hashes are made up."""

import hashlib
import itertools
import uuid
from typing import Any

import numpy as np
from django.utils import timezone

from annotator.accounts.models import Project, User
from annotator.annotation.models import AnnotationSession, Mask
from annotator.images.models import CropEmbedding, Image, ImageEmbedding
from annotator.lib import storage
from annotator.model_registry.models import ModelState, ModelVersion
from sam_core.masks import rle
from tests.annotator.images import pictures

HEIGHT, WIDTH = 9, 11
_numbers = itertools.count(1)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def make_model(version: str = "tiny-0123456789ab", state: ModelState = ModelState.ACTIVE) -> ModelVersion:
    return ModelVersion.objects.create(
        version=version,
        name="tiny",
        state=state,
        checkpoint_sha256=sha256(version),
        decoder_sha256=sha256(f"decoder of {version}"),
        manifest={"model_version": version},
        manifest_sha256=sha256(f"manifest of {version}"),
    )


def make_image(
    project: Project, model: ModelVersion | None = None, *, state: str = "done", file_name: str = "", **fields: Any
) -> Image:
    """A photo of 11×9 pixels and, with a model, its embedding in the given state."""
    number = next(_numbers)
    name = file_name or f"photo_{number}.jpg"
    image = Image.objects.create(
        **{
            "project": project,
            "file_name": name,
            "sha256": sha256(f"{number}"),
            "display_sha256": sha256(f"display {number}"),
            "display_type": "image/jpeg",
            "thumbnail_sha256": sha256(f"thumbnail {number}"),
            "width": WIDTH,
            "height": HEIGHT,
            "bytes": 1000,
            "uploaded_by": project.created_by,
            **fields,
        }
    )
    if model is not None:
        make_embedding(image, model, state=state)
    return image


def make_photo(project: Project, width: int, height: int) -> Image:
    """An image whose picture lies in the storage, so that it can be encoded."""
    picture = storage.put_bytes(pictures.jpeg(width, height))
    files: dict[str, Any] = {"sha256": picture, "display_sha256": picture, "thumbnail_sha256": picture}
    return make_image(project, width=width, height=height, **files)


def make_embedding(image: Image, model: ModelVersion, *, state: str = "done") -> ImageEmbedding:
    done = {"sha256": sha256(f"embedding of {image.pk}"), "bytes": 2_097_152} if state == "done" else {}
    return ImageEmbedding.objects.create(image=image, model_version=model, state=state, **done)


def make_crop(image: Image, model: ModelVersion, user: User, **fields: Any) -> CropEmbedding:
    """A part of it, 4×3 pixels unless `fields` tell otherwise, that somebody looks at now; it is queued."""
    box = {"x": 1, "y": 2, "width": 4, "height": 3}
    return CropEmbedding.objects.create(
        **{"image": image, "model_version": model, "asked_by": user, "asked_at": timezone.now(), **box, **fields}
    )


def ring() -> np.ndarray:
    """A mask with a hole, bool (9, 11)."""
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    mask[2:8, 3:9] = True
    mask[4:6, 5:7] = False
    return mask


def parts() -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    mask[0:2, 0:3] = mask[6:9, 8:11] = mask[4, 5] = True
    return mask


def session_on(image: Image, user: User, state: str = "finished", **fields: Any) -> AnnotationSession:
    """A session as if it had been worked on, without asking for it."""
    from annotator.model_registry.models import ModelVersion

    return AnnotationSession.objects.create(
        project=image.project,
        image=image,
        annotator=user,
        model_version=ModelVersion.objects.first() or make_model(),
        state=state,
        lease_expires_at=timezone.now(),
        **fields,
    )


def draw(image: Image, user: User, mask: np.ndarray, **fields: Any) -> Mask:
    """A stored mask, in the image's first session."""
    session = image.sessions.first() or session_on(image, user)
    counts = rle.mask_to_counts(mask)
    values = {
        "counts": rle.counts_to_string(counts),
        "area": rle.area(counts),
        "bbox": list(rle.bbox(mask.shape, counts)),
        "prompts": {"points": [[4.5, 3.0, 1]], "box": None},
        "predicted_iou": 0.9,
        "stability_score": 0.95,
        "active_ms": 1000,
        "claimed_active_ms": 1000,
        "time_limit_outcome": "within",
        **fields,
    }
    return Mask.objects.create(
        id=uuid.uuid4(),
        session=session,
        project=image.project,
        image=image,
        annotator=user,
        model_version=session.model_version,
        **values,
    )


def mask_body(session: dict[str, Any], mask: np.ndarray | None = None, **changes: Any) -> dict[str, Any]:
    """What a browser sends to save a mask in a session as the API gave it."""
    mask = ring() if mask is None else mask
    return {
        "session_id": session["id"],
        "lease_token": session["lease_token"],
        "image_sha256": session["image"]["sha256"],
        "model_version": session["model"]["version"],
        "size": list(mask.shape),
        "counts": rle.encode(mask),
        "prompts": {"points": [[4.5, 3.25, 1], [6.0, 5.0, 0]], "box": None},
        "chosen_token": 0,
        "predicted_iou": 0.91,
        "stability_score": 0.97,
        "brush_pixels_added": 0,
        "brush_pixels_removed": 4,
        "active_ms": 800,
        "time_limit_outcome": "within",
        "replaces": None,
        **changes,
    }


def event(session: dict[str, Any], kind: str = "prompt", **changes: Any) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "session_id": session["id"],
        "page_id": "6f0b5a52-7a5f-4a0b-9d0b-3c1f0c0a0001",
        "sequence": next(_numbers),
        "kind": kind,
        "monotonic_ms": 1234.5,
        "mask_id": None,
        "data": {},
        **changes,
    }


def member(project: Project, user: User) -> User:
    project.memberships.create(user=user)
    return user
