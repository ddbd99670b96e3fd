"""Weights in files: there and back, named by their hash, and refused with a reason."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from sam_core import checkpoints
from sam_core.checkpoints import CheckpointError, build, load, load_builtin, load_named, save
from sam_core.config import TINY_BUILTIN


def test_a_model_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    sam = build(TINY_BUILTIN, seed=5)
    save(sam, path)
    loaded = load(path)
    assert loaded.config == TINY_BUILTIN
    assert not loaded.sam.training
    for key, value in sam.state_dict().items():
        torch.testing.assert_close(loaded.sam.state_dict()[key], value)


def test_half_precision_halves_the_file(tmp_path: Path) -> None:
    sam = build(TINY_BUILTIN)
    save(sam, tmp_path / "a.safetensors")
    save(sam, tmp_path / "b.safetensors", dtype=torch.float16)
    assert (tmp_path / "b.safetensors").stat().st_size < 0.7 * (tmp_path / "a.safetensors").stat().st_size
    for key, value in load(tmp_path / "b.safetensors").sam.state_dict().items():
        assert value.dtype == sam.state_dict()[key].dtype
        torch.testing.assert_close(value, sam.state_dict()[key], atol=1e-3, rtol=1e-3)


def test_the_same_weights_give_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        save(build(TINY_BUILTIN), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_version_is_the_name_and_the_files_hash(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save(build(TINY_BUILTIN), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert load(path).version == f"tiny_builtin-{digest[:12]}"
    assert load(path).checkpoint_sha256 == digest


def test_broken_and_foreign_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    with pytest.raises(CheckpointError, match=r"no checkpoint a\.safetensors"):
        load(path)
    path.write_bytes(b"PK\x03\x04 a pickle, perhaps")
    with pytest.raises(CheckpointError, match="not a safetensors file"):
        load(path)
    save_file({"x": np.zeros(3)}, path)
    with pytest.raises(CheckpointError, match="does not say which model"):
        load(path)
    save_file({"x": np.zeros(3)}, path, metadata={"config": TINY_BUILTIN.to_json()})
    with pytest.raises(CheckpointError, match="does not fit"):
        load(path)


def test_missing_builtin_weights_say_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(checkpoints, "BUILTIN_PATH", tmp_path / "none.safetensors")
    with pytest.raises(CheckpointError, match="built-in model's weights are missing"):
        load_builtin()
    with pytest.raises(CheckpointError, match="do not come with this package"):
        load_named("vit_h")
