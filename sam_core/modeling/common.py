"""The two layers that several boxes share."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class LayerNorm2d(nn.Module):
    """Layer norm over the channels of [B, C, H, W]."""

    def __init__(self, channels: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        # Channels last is the layout that layer_norm is fast in, and what the convolutions around it use.
        x = F.layer_norm(x.permute(0, 2, 3, 1), self.weight.shape, self.weight, self.bias, self.eps)
        return x.permute(0, 3, 1, 2)


class MLP(nn.Module):
    """`depth` linear layers with ReLU between them."""

    def __init__(self, width_in: int, hidden: int, width_out: int, depth: int) -> None:
        super().__init__()
        widths = [width_in] + [hidden] * (depth - 1) + [width_out]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


def repeat_to(x: Tensor, batch: int) -> Tensor:
    """[B, C, h, w] → [batch, C, h, w], each photo repeated for its prompts; batch must be a multiple of B."""
    if x.shape[0] == batch:
        return x
    # Repeated as channels last, or every addition after it mixes two memory layouts.
    return x.permute(0, 2, 3, 1).repeat_interleave(batch // x.shape[0], dim=0).permute(0, 3, 1, 2)
