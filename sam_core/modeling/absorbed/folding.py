"""Layers with constants folded into them, computed in float64: what the re-associated decoder is put together from."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from sam_core.modeling.two_way_transformer import Attention


def wide(tensor: Tensor) -> Tensor:
    return tensor.detach().double()


class Split(nn.Module):
    """Tokens by head and back, with sizes known beforehand: an exported graph would work them out at every click."""

    def __init__(self, attention: Attention) -> None:
        super().__init__()
        self.heads, self.inner = attention.heads, attention.q_proj.out_features

    def forward(self, x: Tensor) -> Tensor:
        """[T, n*d] → [n, T, d]"""
        return x.reshape(-1, self.heads, self.inner // self.heads).transpose(0, 1)

    def merged(self, x: Tensor) -> Tensor:
        """[n, T, d] → [T, n*d]"""
        return x.transpose(0, 1).reshape(-1, self.inner)


def by_head(weight: Tensor, heads: int) -> Tensor:
    """A projection's weight [n*d, C] → [n, d, C]"""
    return weight.reshape(heads, -1, weight.shape[1])


def query_factor(attention: Attention) -> float:
    """What queries are multiplied by: one over the root of the channels per head."""
    return float((attention.q_proj.out_features // attention.heads) ** -0.5)


def output_bias(attention: Attention) -> Tensor:
    """[C]. The values' bias comes out of attention as it went in, since the weights sum to 1."""
    out = attention.out_proj
    return wide(out.bias) + wide(out.weight) @ wide(attention.v_proj.bias)


class Folded(nn.Module):
    """A linear layer that cannot be trained any more: x [T, in] → [T, out]."""

    weight: Tensor
    bias: Tensor | None

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        super().__init__()
        self.register_buffer("weight", weight.float())
        self.register_buffer("bias", None if bias is None else bias.float())

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight, self.bias)


class SelfAttention(nn.Module):
    """The tokens' attention among themselves: queries' and values' inputs [T, C] → [T, C]."""

    def __init__(self, attention: Attention) -> None:
        super().__init__()
        self.split, factor = Split(attention), query_factor(attention)
        self.q = Folded(wide(attention.q_proj.weight) * factor, wide(attention.q_proj.bias) * factor)
        # The keys' bias adds the same to all logits of a query, which softmax does not see.
        self.k = Folded(wide(attention.k_proj.weight))
        self.v = Folded(wide(attention.v_proj.weight))
        self.out = Folded(wide(attention.out_proj.weight), output_bias(attention))

    def forward(self, x: Tensor, value: Tensor) -> Tensor:
        q, k, v = self.split(self.q(x)), self.split(self.k(x)), self.split(self.v(value))
        return self.out(self.split.merged(F.softmax(q @ k.transpose(1, 2), dim=-1) @ v))
