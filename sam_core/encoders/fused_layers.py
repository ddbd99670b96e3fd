"""The convolutional image encoders' layers as torch runs them fastest on a CPU: the same numbers, nothing to train.

Batch norms are folded into their convolutions. Weights of linear layers lie as the matrix product reads them. What
widens an image many times over and narrows it again goes through in parts: what lies between stays in the cache, and
no fresh memory is taken for it, whose pages the system would have to fill with zeros first.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from sam_core.modeling import tiny_vit
from sam_core.modeling.windows import split_windows

TOKENS = 1024
"""Per part of a feed-forward layer: with 1280 hidden channels 5 MB."""
PIXELS = 4096
"""Per part of an inverted residual block: with 256 hidden channels 4 MB, twice."""

gelu_ = torch.ops.aten.gelu_.default


@torch.no_grad()
def fuse(module: nn.Module) -> nn.Module:
    """The module, changed in place where it has layers that this file knows: for `eval` on a CPU."""
    for name, child in module.named_children():
        setattr(module, name, fuse(child))
    make = FUSED.get(type(module))
    return module if make is None else make(module)


def fold(sequence: nn.Sequential) -> nn.Module:
    """A convolution and its batch norm become one convolution."""
    parts = list(sequence)
    if len(parts) == 2 and isinstance(parts[0], nn.Conv2d) and isinstance(parts[1], nn.BatchNorm2d):
        return channels_last(fuse_conv_bn_eval(parts[0].eval(), parts[1].eval()))
    return sequence


def folded(module: nn.Module) -> nn.Conv2d:
    """What `fold` left where a convolution and a batch norm were."""
    assert isinstance(module, nn.Conv2d)
    return module


def channels_last(conv: nn.Conv2d) -> nn.Conv2d:
    conv.weight.data = conv.weight.contiguous(memory_format=torch.channels_last)
    return conv


def lay_out(linear: nn.Linear) -> nn.Linear:
    """[out, in] as before, with the memory of [in, out]."""
    linear.weight = nn.Parameter(linear.weight.t().contiguous().t(), requires_grad=False)
    return linear


class FusedFeedForward(nn.Module):
    """Two linear layers with a GELU between them, and what normalises their input."""

    def __init__(self, norm: nn.Module, lin1: nn.Linear, lin2: nn.Linear) -> None:
        super().__init__()
        self.norm, self.lin1, self.lin2 = norm, lin1, lin2

    def forward(self, x: Tensor) -> Tensor:
        """[..., C] → the same"""
        rows = x.reshape(-1, x.shape[-1])
        out = torch.empty_like(rows)
        for part, result in zip(rows.split(TOKENS), out.split(TOKENS), strict=True):
            hidden = gelu_(self.lin1(self.norm(part)))
            torch.addmm(self.lin2.bias, hidden, self.lin2.weight.t(), out=result)
        return out.view(x.shape)


class FusedWindowAttention(nn.Module):
    """Cells go to their places in the windows, and back, in one step each."""

    bias: Tensor

    def __init__(self, plain: tiny_vit.WindowAttention) -> None:
        super().__init__()
        self.heads, self.window = plain.heads, plain.window
        self.norm, self.qkv, self.proj = plain.norm, plain.qkv, plain.proj
        self.register_buffer("bias", plain.attention_biases[:, plain.offsets])  # [heads, N, N]
        self.filling = nn.Parameter(self.qkv(self.norm.bias), requires_grad=False)  # of a cell of zeros
        self._places: dict[tuple[int, int], tuple[Tensor, Tensor]] = {}

    def forward(self, x: Tensor) -> Tensor:
        """[1, H, W, C] → the same"""
        _, height, width, c = x.shape
        if (height, width) not in self._places:
            self._places[height, width] = places(height, width, self.window)
        to_windows, to_grid = self._places[height, width]
        cells = x.new_empty(height * width + 1, 3 * c)
        torch.addmm(self.qkv.bias, self.norm(x).reshape(-1, c), self.qkv.weight.t(), out=cells[:-1])
        cells[-1] = self.filling
        windows = cells.index_select(0, to_windows).view(-1, self.window**2, self.heads, 3, c // self.heads)
        q, k, v = windows.permute(3, 0, 2, 1, 4)  # each [windows, heads, N, D]
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=self.bias[None]).transpose(1, 2)
        return self.proj(attended.reshape(-1, c).index_select(0, to_grid)).view(x.shape)


def places(height: int, width: int, side: int) -> tuple[Tensor, Tensor]:
    """For every cell of every window the cell of the grid, H*W for a filled one; for every cell of the grid that of
    the windows."""
    grid = torch.arange(height * width).view(1, height, width, 1)
    to_windows = split_windows(grid, side, torch.tensor([height * width])).flatten()
    to_grid = torch.empty(height * width + 1, dtype=torch.long)
    to_grid[to_windows] = torch.arange(len(to_windows))
    return to_windows, to_grid[:-1]


def needed(first: int, end: int, stride: int, height: int) -> tuple[int, int, tuple[int, int]]:
    """Rows [first, end) of what a 3×3 convolution makes: the rows of its input, from and to, and the zeros around."""
    start, stop = first * stride - 1, (end - 1) * stride + 2
    return max(start, 0), min(stop, height), (max(-start, 0), max(stop - height, 0))


def filled(x: Tensor, rows: tuple[int, int]) -> Tensor:
    """[B, C, H, W] with that many rows of zeros above and below."""
    return F.pad(x, (0, 0, *rows)) if any(rows) else x


def filter_rows(conv: nn.Conv2d, x: Tensor, rows: tuple[int, int]) -> Tensor:
    """A 3×3 convolution of [B, C, H, W] that has rows of zeros around it only where `rows` says."""
    return F.conv2d(filled(x, rows), conv.weight, conv.bias, conv.stride, (0, 1), groups=conv.groups)


class FusedPatchEmbed(nn.Module):
    """Two 3×3 convolutions that halve the side, with a GELU between them."""

    def __init__(self, plain: tiny_vit.PatchEmbed) -> None:
        super().__init__()
        first, _, second = plain.seq
        self.conv1, self.conv2 = folded(first), folded(second)

    def forward(self, x: Tensor) -> Tensor:
        """[B, 3, S, S] → [B, width, S/4, S/4]"""
        x = x.contiguous(memory_format=torch.channels_last)
        height = x.shape[2] // 4
        rows = max(1, PIXELS // (x.shape[3] // 4))
        parts = []
        for first in range(0, height, rows):
            start, stop, around = needed(first, min(first + rows, height), 2, 2 * height)
            above, below, edge = needed(start, stop, 2, 4 * height)
            hidden = gelu_(filter_rows(self.conv1, x[:, :, above:below], edge))
            parts.append(filter_rows(self.conv2, hidden, around))
        return torch.cat(parts, dim=2)


class FusedResidual(nn.Module):
    """Widen, filter each channel, narrow; `plain` is an inverted residual block, or a merge, which is not residual."""

    def __init__(self, plain: tiny_vit.MBConv | tiny_vit.PatchMerging) -> None:
        super().__init__()
        self.residual = isinstance(plain, tiny_vit.MBConv)
        self.conv1, self.conv3 = as_linear(folded(plain.conv1)), as_linear(folded(plain.conv3))
        self.conv2 = folded(plain.conv2)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] → [B, C', H/stride, W/stride]"""
        cells = x.permute(0, 2, 3, 1)  # [B, H, W, C]
        height, stride = x.shape[2], int(self.conv2.stride[0])
        rows = max(1, PIXELS // x.shape[3])
        out = x.new_empty(x.shape[0], height // stride, x.shape[3] // stride, self.conv3.out_features)
        for first in range(0, height // stride, rows):
            end = min(first + rows, height // stride)
            start, stop, around = needed(first, end, stride, height)
            wide = gelu_(self.conv1(cells[:, start:stop])).permute(0, 3, 1, 2)
            filtered = gelu_(filter_rows(self.conv2, wide, around)).permute(0, 2, 3, 1)
            narrow = self.conv3(filtered)
            out[:, first:end] = gelu_(narrow.add_(cells[:, first:end])) if self.residual else narrow
        return out.permute(0, 3, 1, 2)


def as_linear(conv: nn.Conv2d) -> nn.Linear:
    """A 1×1 convolution, for what has its channels last."""
    linear = nn.Linear(conv.in_channels, conv.out_channels)
    linear.weight = nn.Parameter(conv.weight.flatten(1).contiguous(), requires_grad=False)
    assert conv.bias is not None  # the batch norm's
    linear.bias = nn.Parameter(conv.bias, requires_grad=False)
    return lay_out(linear)


FUSED: dict[type[nn.Module], Callable[..., nn.Module]] = {
    nn.Sequential: fold,
    nn.Conv2d: channels_last,
    nn.Linear: lay_out,
    tiny_vit.WindowAttention: FusedWindowAttention,
    tiny_vit.Mlp: lambda plain: FusedFeedForward(plain.norm, plain.fc1, plain.fc2),
    tiny_vit.PatchEmbed: FusedPatchEmbed,
    tiny_vit.MBConv: FusedResidual,
    tiny_vit.PatchMerging: FusedResidual,
}
