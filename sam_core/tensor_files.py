"""safetensors files whose bytes depend on nothing but their content.

The library writes metadata in an order that changes from call to call; files that are named by their hash must not.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save


def to_bytes(tensors: dict[str, NDArray], metadata: dict[str, str]) -> bytes:
    """Named tensors and metadata as a safetensors file, the same for the same content."""
    data = save({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}, metadata=metadata)
    header, body = split(data)
    return _with_length(header) + body


DTYPES = {"float16": "F16", "float32": "F32", "int64": "I64"}
"""What a model's weights are made of. Their sizes differ, so that the library's order is the order of sizes."""


def write(path: Path, tensors: dict[str, NDArray], metadata: dict[str, str]) -> None:
    """The same bytes as `to_bytes`, straight into a file. ValueError for a dtype that weights do not have."""
    header: dict[str, object] = {"__metadata__": metadata}
    names = sorted(tensors, key=lambda name: (-tensors[name].itemsize, name))
    offset = 0
    for name in names:
        tensor = tensors[name]
        if tensor.dtype.name not in DTYPES:
            raise ValueError(f"{name} is {tensor.dtype.name}; weights are one of {', '.join(DTYPES)}")
        end = offset + tensor.nbytes
        header[name] = {
            "dtype": DTYPES[tensor.dtype.name],
            "shape": list(tensor.shape),
            "data_offsets": [offset, end],
        }
        offset = end
    with path.open("wb") as file:
        file.write(_with_length(header))
        for name in names:
            np.ascontiguousarray(tensors[name]).tofile(file)


def _with_length(header: dict) -> bytes:
    """The header as a file begins with it."""
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the format wants the tensors aligned
    return len(text).to_bytes(8, "little") + text


def split(data: bytes) -> tuple[dict, bytes]:
    """A safetensors file → its header and its body. Raises ValueError where there is no such header."""
    length = int.from_bytes(data[:8], "little")
    if length > len(data) - 8:
        raise ValueError("its header is longer than the file")
    header = json.loads(data[8 : 8 + length])
    if not isinstance(header, dict):
        raise ValueError("its header is no JSON object")
    return header, data[8 + length :]
