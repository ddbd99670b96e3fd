"""A grid in windows and back.

The models were trained with windows filled up with zeros before the projection to queries, keys and values. Here the
projection's answer to such a cell is filled in after it: the same, but no products are spent on what is not photo.
"""

from __future__ import annotations

import torch
from torch import Tensor


def split_windows(x: Tensor, side: int, filling: Tensor) -> Tensor:
    """[B, H, W, C] → [B*windows, side, side, C], filled up right and bottom to whole windows with `filling` [C]"""
    b, h, w, c = map(int, x.shape)  # numbers, as an exported graph does not know Python's -w % side
    x = torch.cat([x, filling.expand(b, h, -w % side, c)], dim=2)
    x = torch.cat([x, filling.expand(b, -h % side, w + -w % side, c)], dim=1)
    rows, columns = -(-h // side), -(-w // side)
    return x.reshape(b, rows, side, columns, side, c).transpose(2, 3).reshape(-1, side, side, c)


def join_windows(windows: Tensor, shape: torch.Size) -> Tensor:
    """Inverse of `split_windows`; `shape` is that of its input."""
    b, h, w, c = map(int, shape)
    side = int(windows.shape[1])
    rows, columns = -(-h // side), -(-w // side)
    x = windows.reshape(b, rows, columns, side, side, c).transpose(2, 3).reshape(b, rows * side, columns * side, c)
    return x[:, :h, :w]
