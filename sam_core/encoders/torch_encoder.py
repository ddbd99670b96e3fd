"""The image encoder in torch, on the CPU or, in full precision, on a GPU."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from sam_core.encoders.base import BackendError
from sam_core.modeling import Sam

DTYPES = {"torch-fp32": torch.float32, "torch-bf16": torch.bfloat16}


class TorchEncoder:
    """The modules as they stand, in `device`'s memory. On the CPU in fp32 the weights are those of `sam` itself."""

    batch = 1

    def __init__(self, sam: Sam, backend: str, device: torch.device | str = "cpu") -> None:
        self.backend, self.device, self.dtype = backend, torch.device(device), DTYPES[backend]
        shared = self.dtype == torch.float32 and self.device.type == "cpu"
        self.sam = sam if shared else converted(sam, self.device, self.dtype)

    @torch.inference_mode()
    def __call__(self, pixels: Tensor) -> tuple[Tensor, ...]:
        return tuple(tensor.float() for tensor in self.sam.encode(pixels.to(self.device, self.dtype)))


def converted(sam: Sam, device: torch.device, dtype: torch.dtype) -> Sam:
    """A copy there and in that precision. Batch norms keep fp32, as their variances are small."""
    sam = copy.deepcopy(sam).to(device, dtype)
    for module in sam.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.float()
    return sam


def check_bf16() -> None:
    """Raises BackendError where the processor multiplies bf16 slower than fp32."""
    cpu = torch.cpu
    if not (cpu._is_avx512_bf16_supported() or cpu._is_amx_tile_supported()):
        raise BackendError("this processor has no instructions for bf16 (AVX512-BF16 or AMX)")
