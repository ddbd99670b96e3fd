"""safetensors files whose bytes depend on nothing but their content.

The library writes metadata in an order that changes from call to call; files that are named by their hash must not.
"""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save


def to_bytes(tensors: dict[str, NDArray], metadata: dict[str, str]) -> bytes:
    """Named tensors and metadata as a safetensors file, the same for the same content."""
    data = save({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}, metadata=metadata)
    header, body = split(data)
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the format wants the tensors aligned
    return len(text).to_bytes(8, "little") + text + body


def split(data: bytes) -> tuple[dict, bytes]:
    """A safetensors file → its header and its body. Raises ValueError where there is no such header."""
    length = int.from_bytes(data[:8], "little")
    if length > len(data) - 8:
        raise ValueError("its header is longer than the file")
    header = json.loads(data[8 : 8 + length])
    if not isinstance(header, dict):
        raise ValueError("its header is no JSON object")
    return header, data[8 + length :]
