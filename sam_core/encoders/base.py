"""What all ways to run the image encoder have in common."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

BACKENDS = ("torch-fp32", "torch-bf16", "onnx-fp32", "onnx-int8")


class BackendError(ValueError):
    """A backend that cannot be used for this model or on this machine. The message says why, and what to do."""


class Encoder(Protocol):
    """An image encoder, ready to run. `backend` is one of BACKENDS; `batch` is how many images at once are fastest."""

    backend: str
    batch: int

    def __call__(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """Normalised, padded pixels [B, 3, S, S] → the image embedding's tensors [B, C, h, w], as `Sam.encode`."""
