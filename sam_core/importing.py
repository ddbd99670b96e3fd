"""Checkpoints from outside → checkpoints of ours: recognised by their keys and shapes, read as tensors only.

A `.pth` file is a pickle, and a pickle may run code: it is read by torch's unpickler that knows tensors and nothing
else. Even so, call `convert` in a child process with limits; what it writes is safe to load anywhere.
"""

from __future__ import annotations

import dataclasses
import math
import pickle
import zipfile
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from sam_core.checkpoints import CheckpointError, save_tensors
from sam_core.config import SamConfig
from sam_core.modeling import Sam
from sam_core.modeling.tiny_vit import UNUSED_KEYS
from sam_core.official import OFFICIAL

Shapes = Mapping[str, tuple[int, ...]]
OFFSETS = ".attention_bias_idxs"
"""Ends the keys of a table that MobileSAM's encoder computes from its window and some files carry all the same."""
WRAPPERS = ("state_dict", "model")
"""Training scripts save the tensors under one of these keys, beside their optimizer."""
LARGEST_SIDE = 4096
KEPT = (torch.float16, torch.float32, torch.int64)


def convert(
    source: Path, target: Path, name: str | None = None, candidates: Iterable[SamConfig] | None = None
) -> SamConfig:
    """Reads any checkpoint of a known layout and writes it as `checkpoints.save` does. `name` renames the model.

    Raises CheckpointError with what is wrong, in which case nothing is written.
    """
    tensors, config = read(source)
    tensors = {key: tensor for key, tensor in tensors.items() if not _is_unused(key)}
    shapes = {key: tuple(tensor.shape) for key, tensor in tensors.items()}
    config = recognise(shapes, candidates) if config is None else check_own(shapes, config)
    if name is not None:
        config = dataclasses.replace(config, name=name)
    expected = shapes_of(config)
    save_tensors(config, {key: _checked(key, tensors[key]).reshape(expected[key]) for key in expected}, target)
    return config


# -- Which model ---------------------------------------------------------------------------------------------------


def recognise(shapes: Shapes, candidates: Iterable[SamConfig] | None = None) -> SamConfig:
    """The one of `candidates` (default: the official models) whose state dict has just these keys and shapes.

    Raises CheckpointError, which says how the nearest candidate differs.
    """
    given = {key: shape for key, shape in shapes.items() if not _is_unused(key)}
    configs = list(candidates) if candidates is not None else [model.config for model in OFFICIAL.values()]
    expected = {config: shapes_of(config) for config in configs}
    nearest = min(configs, key=lambda config: _distance(given, expected[config]))
    if not given.keys() & expected[nearest].keys():
        raise CheckpointError(
            f"this is no checkpoint of Segment Anything: none of its keys is known. It must have the keys of "
            f"{' or '.join(config.name for config in configs)}"
        )
    _compare(given, expected[nearest], nearest.name)
    return nearest


def check_own(shapes: Shapes, config: SamConfig) -> SamConfig:
    """The config that a file of ours names, if its sizes make sense and the file's tensors are its. CheckpointError."""
    try:
        sizes_make_sense = (
            0 < config.image_size <= LARGEST_SIDE
            and config.image_size % config.patch_size == 0
            and all(math.isfinite(x) for x in (*config.pixel_mean, config.mask_threshold))
            and all(math.isfinite(x) and x > 0 for x in config.pixel_std)
        )
        expected = shapes_of(config) if sizes_make_sense else {}
    except (TypeError, ValueError, ArithmeticError, RuntimeError, LookupError) as error:
        raise CheckpointError("the config in the file describes no model") from error
    if not expected:
        raise CheckpointError("the config in the file has sizes that no model has")
    _compare(shapes, expected, config.name)
    return config


@lru_cache(maxsize=16)
def shapes_of(config: SamConfig) -> dict[str, tuple[int, ...]]:
    """Keys and shapes of the config's state dict, without its memory."""
    with torch.device("meta"):
        return {key: tuple(value.shape) for key, value in Sam(config).state_dict().items()}


def _is_unused(key: str) -> bool:
    return key in UNUSED_KEYS or key.endswith(OFFSETS)


def _distance(given: Shapes, expected: Shapes) -> int:
    """How many keys are missing, unknown, or of another shape."""
    return len(given.keys() ^ expected.keys()) + len(_misshapen(given, expected))


def _misshapen(given: Shapes, expected: Shapes) -> list[str]:
    """A number may be a vector of one: files of ours were written so, and torch loads them so."""
    return [key for key in expected if key in given and given[key] not in (expected[key], expected[key] or (1,))]


def _compare(given: Shapes, expected: Shapes, name: str) -> None:
    wrong = []
    if missing := [key for key in expected if key not in given]:
        wrong.append(f"it lacks {_some(missing)}")
    if unknown := [key for key in given if key not in expected]:
        wrong.append(f"it has the unknown {_some(unknown)}")
    if misshapen := _misshapen(given, expected):
        first = misshapen[0]
        wrong.append(
            f"{len(misshapen)} of its tensors have another shape, {first} {list(given[first])} "
            f"instead of {list(expected[first])}"
        )
    if wrong:
        raise CheckpointError(f"it is not a whole checkpoint of {name}, the model nearest to it: {'; '.join(wrong)}")


def _some(keys: list[str]) -> str:
    """Two keys by name, the rest as a number. Keys come from the file: cut, so that a message stays one."""
    named = ", ".join(key[:100] for key in keys[:2])
    return f"{named} and {len(keys) - 2} more keys" if len(keys) > 2 else f"key{'s' * (len(keys) > 1)} {named}"


# -- What is in it -------------------------------------------------------------------------------------------------


def read(path: Path) -> tuple[dict[str, Tensor], SamConfig | None]:
    """A file's tensors by their keys, and the config that files of ours carry. Raises CheckpointError.

    Understands safetensors and what `torch.save` writes, of today (a zip, mapped into memory, not read) and of old.
    """
    with path.open("rb") as file:
        start = file.read(9)
    if start[8:] == b"{" and int.from_bytes(start[:8], "little") < path.stat().st_size:
        return _read_safetensors(path)
    return _read_pickle(path), None


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], SamConfig | None]:
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    except SafetensorError as error:
        raise CheckpointError(f"it is not a whole safetensors file: {error}") from error
    try:
        return tensors, SamConfig.from_json(metadata["config"]) if "config" in metadata else None
    except ValueError as error:
        raise CheckpointError("the config in the file is none that this version knows") from error


def _read_pickle(path: Path) -> dict[str, Tensor]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except MemoryError:
        raise
    except pickle.UnpicklingError as error:
        if "GLOBAL" in str(error):  # the pickle names something of Python's to be called
            raise CheckpointError(
                "it holds objects or code besides tensors, which are never loaded. Save its state dict alone"
            ) from error
        raise CheckpointError("it is damaged, or no checkpoint") from error
    except Exception as error:  # whatever torch's readers meet in arbitrary bytes
        if "allocate memory" in str(error):
            raise MemoryError from error
        raise CheckpointError("it is damaged or cut off, or no checkpoint") from error
    for wrapper in WRAPPERS:
        if isinstance(content, dict) and isinstance(content.get(wrapper), dict):
            content = content[wrapper]
    return _tensors_only(content)


def _tensors_only(content: Any) -> dict[str, Tensor]:
    if not isinstance(content, dict):
        raise CheckpointError("it is no state dict: no tensors under names")
    for key, value in content.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise CheckpointError(f"it is no state dict: {str(key)[:100]!r} is no tensor")
        if value.layout != torch.strided or value.is_quantized or value.device.type != "cpu":
            raise CheckpointError(f"{key[:100]} is sparse, quantised or without data. Save plain tensors")
    return content


def _checked(key: str, tensor: Tensor) -> Tensor:
    """The tensor in a type that we store, every number finite. Raises CheckpointError."""
    if tensor.is_complex() or tensor.dtype == torch.bool:
        raise CheckpointError(f"{key} holds no real numbers but {str(tensor.dtype).removeprefix('torch.')}")
    if tensor.dtype not in KEPT:
        tensor = tensor.to(torch.float32 if tensor.is_floating_point() else torch.int64)
    if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
        raise CheckpointError(f"{key} holds numbers that are not finite (NaN or infinity): the training broke")
    return tensor
