from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from annotator.accounts.models import Project, User
from annotator.images import encoding
from annotator.images.models import Image
from annotator.images.reading import Part
from annotator.model_registry.models import ModelState, ModelVersion

Upload = Callable[..., Any]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)


@pytest.fixture
def model(db: None) -> ModelVersion:
    """An active model version without files; `fake_encoder` stands in for it."""
    return ModelVersion.objects.create(
        version="fake-000000000000",
        name="fake",
        state=ModelState.ACTIVE,
        checkpoint_sha256="0" * 64,
        decoder_sha256="0" * 64,
        manifest={"image_size": 30},
    )


@pytest.fixture
def fake_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedding says of which pixels it is; the real encoder is tested with the real model."""

    def embed(model_version: ModelVersion, photos: Sequence[tuple[Part, np.ndarray]]) -> list[bytes]:
        return [f"{model_version.version} {pixels.shape} {pixels.mean():.0f}".encode() for _, pixels in photos]

    monkeypatch.setattr(encoding, "embed", embed)
    monkeypatch.setattr(encoding, "at_once", lambda model_version: 1)


@pytest.fixture
def upload(as_user: Callable[[User], Client], owner: User, project: Project) -> Upload:
    """Uploads bytes under a name, as the owner; gives the answer."""

    def send(data: bytes, name: str = "photo.jpg", *, user: User | None = None) -> Any:
        file = SimpleUploadedFile(name, data)
        # Browsers send what they are told; Django's test client would clean the name.
        file._name = name  # type: ignore[attr-defined]
        return as_user(user or owner).post(f"/api/projects/{project.pk}/images", {"file": file})

    return send


@pytest.fixture
def photo(upload: Upload) -> Callable[..., Image]:
    """An uploaded photo."""

    def make(data: bytes, name: str = "photo.jpg") -> Image:
        (accepted,) = upload(data, name).json()["accepted"]
        return Image.objects.get(pk=accepted["id"])

    return make
