"""Build, load and save models. What is loaded is tensors only: safetensors, never pickles."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from sam_core.config import PRESETS, SamConfig
from sam_core.modeling import Sam
from sam_core.tensor_files import write

BUILTIN_PATH = Path(__file__).parent / "weights" / "builtin.safetensors"


class CheckpointError(ValueError):
    """A checkpoint that is missing, broken, or of another model. The message is for people."""


@dataclass(frozen=True)
class LoadedModel:
    """A model in evaluation mode and what names it. `version` is NAME-<first 12 hex digits of the file's SHA-256>."""

    sam: Sam
    version: str
    checkpoint_sha256: str

    @property
    def config(self) -> SamConfig:
        return self.sam.config


def build(config: SamConfig, seed: int = 0) -> Sam:
    """An untrained model in evaluation mode; the same seed gives the same weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Sam(config).eval()


def save(model: Sam, path: Path, dtype: torch.dtype = torch.float32) -> None:
    """Writes the weights as safetensors with the config as metadata; whole or not at all.

    `dtype` is for matrices and kernels; vectors, among them running variances, keep float32.
    """
    tensors = {
        key: value.to(dtype) if value.is_floating_point() and value.ndim > 1 else value
        for key, value in model.state_dict().items()
    }
    save_tensors(model.config, tensors, path)


def save_tensors(config: SamConfig, tensors: dict[str, Tensor], path: Path) -> None:
    """As `save`, of a state dict that is the config's. Nothing is copied on the way: a ViT-H fills 2.5 GB."""
    arrays = {key: value.detach().cpu().contiguous().numpy() for key, value in tensors.items()}
    temporary = path.with_suffix(".tmp")
    write(temporary, arrays, {"format": "1", "config": config.to_json()})
    os.replace(temporary, path)


def load(path: Path) -> LoadedModel:
    """Loads a checkpoint written by `save`. Raises CheckpointError."""
    if not path.is_file():
        raise CheckpointError(f"there is no checkpoint {path.name}")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path.name} is not a safetensors file: {error}") from error
    if "config" not in metadata:
        raise CheckpointError(f"{path.name} does not say which model it is of")
    try:
        sam = Sam(SamConfig.from_json(metadata["config"]))
        sam.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in tensors.items()})
    except (ValueError, RuntimeError) as error:
        raise CheckpointError(f"{path.name} does not fit its model: {error}") from error
    with path.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    sam.eval().requires_grad_(False)
    return LoadedModel(sam, f"{sam.config.name}-{digest[:12]}", digest)


def load_builtin() -> LoadedModel:
    """The built-in model. Raises CheckpointError if its weights are not there."""
    if not BUILTIN_PATH.is_file():
        raise CheckpointError(
            "the built-in model's weights are missing: sam_core/weights/builtin.safetensors. "
            "Restore the file, or train it anew with the command in sam_core/weights/README.md"
        )
    return load(BUILTIN_PATH)


def load_named(name_or_path: str) -> LoadedModel:
    """`builtin`, or the path of a checkpoint. Raises CheckpointError."""
    if name_or_path == "builtin":
        return load_builtin()
    if name_or_path in PRESETS:
        raise CheckpointError(f"the weights of {name_or_path} do not come with this package: give a checkpoint's path")
    return load(Path(name_or_path))
