"""Linear layers of a ViT on a CPU, exact or in int8, written into memory that is there."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from sam_core.encoders.base import BackendError

ROWS = 1024
"""At a time in int8, with a scale of their own: what lies between the steps stays in the cache."""


class Product(Protocol):
    """A linear layer, made from its weight [out, in] and its bias [out]."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None: ...

    def into(self, x: Tensor, out: Tensor) -> None:
        """out [N, out] = x [N, in] @ weight.T + bias"""

    def add_to(self, out: Tensor, x: Tensor) -> None:
        """out += x @ weight.T + bias"""


class ExactProduct:
    """In fp32, with the weight that is given."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        self.weight, self.bias = weight, bias

    def into(self, x: Tensor, out: Tensor) -> None:
        torch.addmm(self.bias, x, self.weight.t(), out=out)

    def add_to(self, out: Tensor, x: Tensor) -> None:
        out.add_(self.bias).addmm_(x, self.weight.t())


class Int8Product:
    """With a copy of the weight in int8, one scale per channel; x gets its scale and zero as it comes."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        # Without VNNI, pairs of products are summed in 16 bits: seven bits of weight keep them from overflowing.
        largest = 127 if torch.cpu._is_vnni_supported() else 63
        self.bias = bias
        self.scales = (weight.abs().amax(dim=1) / largest).clamp_(min=1e-12)
        whole = (weight / self.scales[:, None]).round_().to(torch.int8)
        self.weight = torch.ops.onednn.qlinear_prepack(whole, None)
        self.zeros = torch.zeros(len(weight), dtype=torch.int32)

    def into(self, x: Tensor, out: Tensor) -> None:
        for rows, result in zip(x.split(ROWS), out.split(ROWS), strict=True):
            result.copy_(self._of(rows))

    def add_to(self, out: Tensor, x: Tensor) -> None:
        for rows, result in zip(x.split(ROWS), out.split(ROWS), strict=True):
            result.add_(self._of(rows))

    def _of(self, x: Tensor) -> Tensor:
        whole, scale, zero = to_uint8(x)
        packed = (self.weight, self.scales, self.zeros, self.bias)
        answer: Tensor = torch.ops.onednn.qlinear_pointwise(
            whole, scale, zero, *packed, 1.0, 0, torch.float32, "none", [], ""
        )
        return answer


def to_uint8(x: Tensor) -> tuple[Tensor, float, int]:
    """x ≈ (whole - zero) * scale; zero itself is kept exactly. → whole [as x] uint8, scale, zero"""
    low, high = (float(end) for end in torch.aminmax(x))
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / 255 or 1.0
    zero = round(-low / scale)
    return x.mul(1 / scale).add_(zero + 0.5).clamp_(0, 255).to(torch.uint8), scale, zero  # cut off: so rounded


def check_int8() -> None:
    """Raises BackendError where torch was built without products in int8."""
    if not (torch.backends.mkldnn.is_available() and hasattr(torch.ops.onednn, "qlinear_pointwise")):
        raise BackendError("torch has no products in int8 on this processor (it was built without oneDNN)")
