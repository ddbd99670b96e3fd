"""One file for the weights of all graphs of a decoder: what several of them hold is fetched and stored once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import onnx
from onnx.external_data_helper import set_external_data

LEAST_BYTES = 1024
"""Smaller tensors stay within their graph: sizes and shapes must, since shapes are worked out without the weights."""
ALIGNMENT = 64


def share_weights(graphs: Sequence[Path], out: Path) -> None:
    """Moves the weights of the graphs, which lie in one folder, into the file `out` beside them.

    Each graph names the file's SHA-256, so that its own hash stands for its weights too.
    """
    models = {path: onnx.load(path, load_external_data=False) for path in graphs}
    places: dict[bytes, int] = {}
    data = bytearray()
    for model in models.values():
        for tensor in model.graph.initializer:
            raw = tensor.raw_data
            if len(raw) < LEAST_BYTES:
                continue
            if raw not in places:
                data += bytes(-len(data) % ALIGNMENT)
                places[raw] = len(data)
                data += raw
            set_external_data(tensor, location=out.name, offset=places[raw], length=len(raw))
            tensor.ClearField("raw_data")
    out.write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    for path, model in models.items():
        model.metadata_props.add(key="weights_sha256", value=sha256)
        onnx.save_model(model, path)
