"""Tiny models, built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from sam_core.checkpoints import LoadedModel, build, load, save
from sam_core.config import PRESETS


@pytest.fixture(scope="session", params=["tiny_vit", "tiny_mobile", "tiny_builtin"])
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    path: Path = tmp_path_factory.mktemp("models") / f"{request.param}.safetensors"
    save(build(PRESETS[request.param]), path)
    return load(path)
