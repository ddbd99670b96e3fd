"""What all ways to run the image encoder have in common."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

ON_CPU = ("torch-fp32", "torch-fused", "torch-bf16", "torch-int8", "onnx-fp32", "onnx-int8")
ON_GPU = ("torch-fp32", "cuda-bf16")
BACKENDS = (*ON_CPU, "cuda-bf16")


class BackendError(ValueError):
    """A backend that cannot be used for this model or on this machine. The message says why, and what to do."""


class Encoder(Protocol):
    """An image encoder, ready to run.

    backend: one of BACKENDS. batch: how many images at once are fastest; the worker forms
    batches of so many from what is queued. device: where the pixels are best made.
    """

    backend: str
    batch: int
    device: torch.device

    def __call__(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """Normalised, padded pixels [B, 3, S, S] → the image embedding's tensors [B, C, h, w], as `Sam.encode`."""


def in_halves(encoder: Encoder, pixels: Tensor) -> tuple[Tensor, ...]:
    """As `encoder(pixels)`, half of them at a time where the device's memory is too small for all.

    `encoder.batch` is lowered to what fitted, so that the next batch is not tried in vain. A single image that does
    not fit raises what it raised.
    """
    try:
        return encoder(pixels)
    except (torch.OutOfMemoryError, MemoryError):
        if len(pixels) == 1:
            raise
    if pixels.is_cuda:
        torch.cuda.empty_cache()  # outside the except: the exception would hold on to the tensors
    half = len(pixels) // 2
    encoder.batch = min(encoder.batch, half)
    halves = in_halves(encoder, pixels[:half]), in_halves(encoder, pixels[half:])
    return tuple(torch.cat(pair) for pair in zip(*halves, strict=True))
