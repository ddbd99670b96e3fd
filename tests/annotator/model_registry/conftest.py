"""Tiny models in the place of the official ones, their files, and a server that has one of them."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from pytest_django import Settings

from annotator.model_registry.models import ModelVersion
from sam_core import checkpoints, official
from sam_core.config import TINY_BUILTIN, TINY_MOBILE, TINY_VIT
from sam_core.official import OfficialModel
from tests.annotator.making import make_model
from tests.annotator.model_registry.file_server import FileServer, serving


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A checkpoint of each layout, as its publisher saves it."""
    folder = tmp_path_factory.mktemp("published")
    for config in (TINY_VIT, TINY_MOBILE):
        torch.save(checkpoints.build(config).state_dict(), folder / f"{config.name}.pth")
    checkpoints.save(checkpoints.build(TINY_BUILTIN), folder / "ours.safetensors")
    return {path.stem: path for path in folder.iterdir()}


@pytest.fixture
def tiny_official(
    tmp_path: Path, settings: Settings, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> dict[str, OfficialModel]:
    """The tiny models are the official ones, and the data folder is the test's own."""
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    for name in list(official.OFFICIAL):
        monkeypatch.delitem(official.OFFICIAL, name)
    for config in (TINY_VIT, TINY_MOBILE):
        data = files[config.name].read_bytes()
        model = OfficialModel(config, f"{config.name}.pth", len(data), hashlib.sha256(data).hexdigest(), "http://x/")
        monkeypatch.setitem(official.OFFICIAL, config.name, model)
    return official.OFFICIAL


@pytest.fixture
def active(tiny_official: dict[str, OfficialModel]) -> ModelVersion:
    """The model in use, which no failure may touch."""
    return make_model("in-use-1")


@pytest.fixture
def server(files: dict[str, Path]) -> Iterator[FileServer]:
    with serving(FileServer(files["tiny_vit"].read_bytes())) as server:
        yield server
