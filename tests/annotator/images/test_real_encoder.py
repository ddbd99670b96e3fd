"""The real image encoder on a tiny model: the stored file is an embedding of this photo by this model."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from annotator.images import encoding
from annotator.images.models import Image
from annotator.lib import storage
from annotator.lib.jobs import JobState
from annotator.model_registry import registry
from sam_core import checkpoints, predictor
from sam_core.config import PRESETS
from sam_core.embedding import ImageEmbedding
from tests.annotator.images import pictures


@pytest.mark.django_db
def test_a_photo_is_encoded_by_the_active_model(
    photo: Callable[..., Image], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = tmp_path / "builtin.safetensors"
    checkpoints.save(checkpoints.build(PRESETS["tiny_builtin"]), checkpoint)
    monkeypatch.setattr(registry, "BUILTIN", checkpoint)
    model = registry.ensure_builtin_model()
    image = photo(pictures.with_exif(6))
    row = image.embeddings.get()
    encoding.encode(row.pk)
    row.refresh_from_db()
    assert (row.state, row.reason) == (JobState.DONE, "")
    stored = ImageEmbedding.from_bytes(storage.read(row.sha256))
    assert (stored.model_version, stored.image_sha256) == (model.version, image.sha256)
    assert (stored.height, stored.width) == (60, 40)
    display = Picture.open(storage.path(image.display_sha256))
    expected = predictor.encode(checkpoints.load(checkpoint), np.asarray(display.convert("RGB")))
    assert set(stored.tensors) == set(expected.tensors)
    for name, tensor in expected.tensors.items():
        np.testing.assert_allclose(stored.tensors[name], tensor, atol=1e-3)


def test_the_model_is_loaded_once_per_process(tmp_path: Path) -> None:
    checkpoint = tmp_path / "builtin.safetensors"
    checkpoints.save(checkpoints.build(PRESETS["tiny_builtin"], seed=3), checkpoint)
    sha256 = storage.put_file(checkpoint)
    assert encoding.loaded_model(sha256) is encoding.loaded_model(sha256)


@pytest.mark.django_db
def test_a_checkpoint_that_is_another_than_its_name_says_encodes_nothing(
    photo: Callable[..., Image], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint, other = tmp_path / "builtin.safetensors", tmp_path / "other.safetensors"
    checkpoints.save(checkpoints.build(PRESETS["tiny_builtin"], seed=4), checkpoint)
    checkpoints.save(checkpoints.build(PRESETS["tiny_builtin"], seed=5), other)
    monkeypatch.setattr(registry, "BUILTIN", checkpoint)
    model = registry.ensure_builtin_model()
    other.replace(storage.path(model.checkpoint_sha256))  # of the same shapes: only the hash tells
    row = photo(pictures.with_exif(6)).embeddings.get()
    encoding.encode(row.pk)
    row.refresh_from_db()
    assert (row.state, row.sha256, "damaged" in row.reason) == (JobState.FAILED, "", True)
