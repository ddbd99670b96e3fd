"""MobileSAM's image encoder: TinyViT (Wu et al., 2022) with SAM's neck, under the key names of `mobile_sam.pt`.

Two convolutional stages of the photo's fine structure, then three stages of transformer blocks over windows. The last
merge does not halve the side, so that the embedding has the stride of SAM's own: 16.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sam_core.config import SamConfig
from sam_core.modeling.common import LayerNorm2d
from sam_core.modeling.windows import join_windows, split_windows

UNUSED_KEYS = {f"image_encoder.{key}" for key in ("norm_head.weight", "norm_head.bias", "head.weight", "head.bias")}
"""The classifier that TinyViT was trained with: it lies in the checkpoint, and nothing calls it."""


def conv_bn(width_in: int, width_out: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """A convolution without bias and its batch norm, named `c` and `bn` as in the checkpoint."""
    conv = nn.Conv2d(width_in, width_out, kernel, stride, padding=kernel // 2, groups=groups, bias=False)
    return nn.Sequential(OrderedDict(c=conv, bn=nn.BatchNorm2d(width_out)))


class PatchEmbed(nn.Module):
    """[B, 3, S, S] → [B, width, S/4, S/4]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.seq = nn.Sequential(
            conv_bn(3, width // 2, 3, stride=2), nn.GELU(), conv_bn(width // 2, width, 3, stride=2)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.seq(x)


class MBConv(nn.Module):
    """Inverted residual block: widen, filter each channel, narrow."""

    def __init__(self, width: int, expand: int) -> None:
        super().__init__()
        hidden = width * expand
        self.conv1 = conv_bn(width, hidden, 1)
        self.conv2 = conv_bn(hidden, hidden, 3, groups=hidden)
        self.conv3 = conv_bn(hidden, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        return F.gelu(x + self.conv3(F.gelu(self.conv2(F.gelu(self.conv1(x))))))


class PatchMerging(nn.Module):
    """From one stage's width to the next one's; halves the side if `stride` is 2."""

    def __init__(self, width_in: int, width_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = conv_bn(width_in, width_out, 1)
        self.conv2 = conv_bn(width_out, width_out, 3, stride=stride, groups=width_out)
        self.conv3 = conv_bn(width_out, width_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv3(F.gelu(self.conv2(F.gelu(self.conv1(x)))))


class WindowAttention(nn.Module):
    """Self-attention within a window, with one learned bias per head and per absolute offset (rows, columns)."""

    offsets: Tensor

    def __init__(self, width: int, heads: int, window: int) -> None:
        super().__init__()
        self.heads, self.window = heads, window
        self.norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.attention_biases = nn.Parameter(torch.zeros(heads, window * window))
        along = (torch.arange(window)[:, None] - torch.arange(window)[None, :]).abs()
        offsets = along[:, None, :, None] * window + along[None, :, None, :]
        self.register_buffer("offsets", offsets.reshape(window * window, window * window), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """[B, H, W, C] → the same"""
        filling = self.qkv(self.norm.bias)  # of a cell of zeros, which the layer norm makes its bias
        windows = split_windows(self.qkv(self.norm(x)), self.window, filling)
        n, c = self.window**2, int(x.shape[-1])
        # The checkpoint's rows hold q, k and v of a head side by side.
        q, k, v = windows.reshape(-1, n, self.heads, 3, c // self.heads).permute(
            3, 0, 2, 1, 4
        )  # [windows, heads, N, D]
        bias = self.attention_biases[:, self.offsets]  # [heads, N, N]
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=bias[None]).transpose(1, 2)
        return self.proj(join_windows(attended.reshape(-1, self.window, self.window, c), x.shape))


class Mlp(nn.Module):
    """The feed-forward half of a block; it normalises its own input."""

    def __init__(self, width: int, ratio: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, width * ratio)
        self.fc2 = nn.Linear(width * ratio, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(self.norm(x))))


class TinyViTBlock(nn.Module):
    """Attention within windows, a depthwise convolution across their borders, feed-forward."""

    def __init__(self, width: int, heads: int, window: int, mlp_ratio: int) -> None:
        super().__init__()
        self.attn = WindowAttention(width, heads, window)
        self.local_conv = conv_bn(width, width, 3, groups=width)
        self.mlp = Mlp(width, mlp_ratio)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] → the same."""
        cells = x.permute(0, 2, 3, 1)  # [B, H, W, C]
        x = self.local_conv((cells + self.attn(cells)).permute(0, 3, 1, 2))
        return x + self.mlp(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Stage(nn.Module):
    """Blocks of one width, then the way to the next width."""

    def __init__(self, blocks: list[nn.Module], downsample: nn.Module | None) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*blocks)
        if downsample is not None:
            self.downsample = downsample
        self.last = downsample is None

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(x)
        return x if self.last else self.downsample(x)


class TinyViT(nn.Module):
    """[B, 3, S, S] normalised pixels → image embedding [B, embed_dim, S/16, S/16]."""

    def __init__(self, config: SamConfig) -> None:
        super().__init__()
        widths, depths = config.tiny_vit_widths, config.tiny_vit_depths
        strides = (2, 2, 1)  # the last merge keeps the side: see the module's docstring
        self.patch_embed = PatchEmbed(widths[0])
        stages: list[Stage] = []
        for i, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            blocks: list[nn.Module] = [
                MBConv(width, config.tiny_vit_mbconv_expand)
                if i == 0
                else TinyViTBlock(
                    width, config.tiny_vit_heads[i], config.tiny_vit_windows[i], config.tiny_vit_mlp_ratio
                )
                for _ in range(depth)
            ]
            last = i == len(widths) - 1
            stages.append(Stage(blocks, None if last else PatchMerging(width, widths[i + 1], strides[i])))
        self.layers = nn.ModuleList(stages)
        self.neck = nn.Sequential(
            nn.Conv2d(widths[-1], config.embed_dim, 1, bias=False),
            LayerNorm2d(config.embed_dim),
            nn.Conv2d(config.embed_dim, config.embed_dim, 3, padding=1, bias=False),
            LayerNorm2d(config.embed_dim),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch_embed(x)
        for stage in self.layers:
            x = stage(x)
        return self.neck(x)
