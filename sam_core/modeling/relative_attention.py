"""Attention over a grid with a term per row and column distance, without a [N, N] bias for every head in memory.

In the paper's global blocks N is 4096: the bias of twelve heads would fill 800 MB, and writing and reading it took as
long as all that the block computes. The ways here have the same answer; `attend` takes the one that fits the device.

In all: q, k, v [B, heads, N, D] with N = H*W; by_row [B, heads, H, W, H] and by_column [B, heads, H, W, W] are the
terms of a query at (row, column) for each key's row and column.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

CHUNK = 256
"""Queries at a time on the CPU: of twelve heads their scores fill 50 MB where all would fill 800."""


def attend(q: Tensor, k: Tensor, v: Tensor, by_row: Tensor, by_column: Tensor) -> Tensor:
    """softmax(q·k/√D + by_row + by_column)·v, [B, heads, N, D]"""
    return (folded if q.is_cuda else chunked)(q, k, v, by_row, by_column)


def chunked(q: Tensor, k: Tensor, v: Tensor, by_row: Tensor, by_column: Tensor, chunk: int = CHUNK) -> Tensor:
    """Whole rows of queries, at most `chunk` of them at a time, each with its bias."""
    batch, heads, height, width = by_row.shape[:4]
    rows = max(1, chunk // width)
    parts = []
    for first in range(0, height, rows):
        here = slice(first, min(first + rows, height))
        bias = by_row[:, :, here, :, :, None] + by_column[:, :, here, :, None, :]
        bias = bias.reshape(batch, heads, -1, height * width)  # [B, heads, queries, N]
        queries = q[:, :, here.start * width : here.stop * width]
        parts.append(F.scaled_dot_product_attention(queries, k, v, attn_mask=bias))
    return torch.cat(parts, dim=2)


def folded(q: Tensor, k: Tensor, v: Tensor, by_row: Tensor, by_column: Tensor) -> Tensor:
    """The terms as further coordinates: a query has its terms there, a key a one at its own row and column.

    Their product then is the whole score, so that any fused kernel takes it and no score is ever in memory. It costs
    a wider product, which a GPU does not notice; v is filled up with zeros, as those kernels want one width.
    """
    batch, heads, _, d = q.shape
    height, width = by_row.shape[-1], by_column.shape[-1]
    row = torch.eye(height, dtype=q.dtype, device=q.device).repeat_interleave(width, dim=0)  # [N, H]
    column = torch.eye(width, dtype=q.dtype, device=q.device).repeat(height, 1)  # [N, W]
    place = torch.cat([row, column], dim=1).expand(batch, heads, -1, -1)
    filled = -(d + height + width) % 8  # the kernels want a multiple of eight
    q = torch.cat([q * d**-0.5, by_row.flatten(2, 3), by_column.flatten(2, 3)], dim=-1)
    k = torch.cat([k, place], dim=-1)
    q, k, v = F.pad(q, (0, filled)), F.pad(k, (0, filled)), F.pad(v, (0, height + width + filled))
    return F.scaled_dot_product_attention(q, k, v, scale=1.0)[..., :d]
