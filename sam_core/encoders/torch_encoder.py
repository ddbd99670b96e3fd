"""The image encoder in torch on the CPU."""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from sam_core.encoders.base import BackendError
from sam_core.modeling import Sam

DTYPES = {"torch-fp32": torch.float32, "torch-bf16": torch.bfloat16}


class TorchEncoder:
    """The modules as they stand. The weights are shared with `sam` in fp32, and copied in bf16."""

    batch = 1
    device = torch.device("cpu")

    def __init__(self, sam: Sam, backend: str) -> None:
        self.backend = backend
        self.dtype = DTYPES[backend]
        if self.dtype != torch.float32:
            sam = copy.deepcopy(sam).to(self.dtype)
        self.sam = sam

    @torch.inference_mode()
    def __call__(self, pixels: Tensor) -> tuple[Tensor, ...]:
        return tuple(tensor.float() for tensor in self.sam.encode(pixels.to(self.dtype)))


def check_bf16() -> None:
    """Raises BackendError where the processor multiplies bf16 slower than fp32."""
    cpu = torch.cpu
    if not (cpu._is_avx512_bf16_supported() or cpu._is_amx_tile_supported()):
        raise BackendError("this processor has no instructions for bf16 (AVX512-BF16 or AMX)")
