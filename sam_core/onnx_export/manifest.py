"""What the browser needs to know of a model before it runs it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal, TypedDict

from sam_core.config import MANIFEST_FORMAT

FORMAT = MANIFEST_FORMAT

Form = Literal["plain", "absorbed"]
"""How the decoder is exported: as it stands (`prepare`, `decode`), or re-associated (also `prompt_mask`, `first`,
and `decode_rows` where its sizes allow)."""


class TensorSpec(TypedDict):
    """`shape` holds numbers, and a letter where the size is the caller's: N points, R rows of a mask prompt, P planes,
    S steps per 2 × 2 sub-pixels; and what follows from them: H, W of the planes, A rows and B panels of
    `decode_rows`."""

    name: str
    shape: list[int | str]
    dtype: str


class FileSpec(TypedDict):
    file: str
    sha256: str
    bytes: int


class GraphSpec(FileSpec):
    inputs: list[TensorSpec]
    outputs: list[TensorSpec]


class EmbeddingSpec(TypedDict):
    tensors: list[TensorSpec]


class Tokens(TypedDict):
    single: int
    multimask: list[int]


class Manifest(TypedDict):
    """The content of manifest.json."""

    format: int
    form: Form
    model_version: str
    name: str
    checkpoint_sha256: str
    image_size: int
    low_res_size: int
    mask_threshold: float
    pixel_mean: list[float]
    pixel_std: list[float]
    embedding: EmbeddingSpec
    graphs: dict[str, GraphSpec]
    weights: FileSpec  # of all graphs: they refer to it by its name
    tokens: Tokens


def file_spec(path: Path) -> FileSpec:
    """Describes an exported file."""
    data = path.read_bytes()
    return {"file": path.name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
