"""The built-in model's image encoder: small enough for two CPU cores.

Residual stages at strides 4, 8 and 16, transformer blocks at stride 32 that see the whole photo, and a top-down path
that brings what they saw back to strides 16, 8 and 4.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sam_core.config import SamConfig


def conv_norm(width_in: int, width_out: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(width_in, width_out, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(width_out)
    )


class ResidualBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = conv_norm(width, width)
        self.conv2 = conv_norm(width, width)
        # Every block starts as the identity, so that depth does not slow the first steps down.
        nn.init.zeros_(self.conv2[1].weight)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.conv2(F.relu(self.conv1(x))))


class Stage(nn.Module):
    """Halves the side, then `depth` residual blocks."""

    def __init__(self, width_in: int, width: int, depth: int) -> None:
        super().__init__()
        self.down = conv_norm(width_in, width, stride=2)
        self.blocks = nn.Sequential(*(ResidualBlock(width) for _ in range(depth)))

    def forward(self, x: Tensor) -> Tensor:
        return self.blocks(F.relu(self.down(x)))


class GlobalBlock(nn.Module):
    """Pre-norm transformer block over all cells; a depthwise convolution tells it where cells are to each other."""

    def __init__(self, width: int, heads: int, mlp_ratio: float) -> None:
        super().__init__()
        self.heads = heads
        self.position = nn.Conv2d(width, width, 3, padding=1, groups=width)
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.lin1 = nn.Linear(width, int(width * mlp_ratio))
        self.lin2 = nn.Linear(int(width * mlp_ratio), width)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] → the same."""
        x = x + self.position(x)
        b, c, h, w = x.shape
        tokens = x.flatten(2).transpose(1, 2)  # [B, H*W, C]
        qkv = self.qkv(self.norm1(tokens)).reshape(b, h * w, 3, self.heads, c // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each [B, heads, H*W, C/heads]
        attended = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, h * w, c)
        tokens = tokens + self.proj(attended)
        tokens = tokens + self.lin2(F.gelu(self.lin1(self.norm2(tokens))))
        return tokens.transpose(1, 2).reshape(b, c, h, w)


class LightEncoder(nn.Module):
    """[B, 3, S, S] normalised pixels → features at strides 16, 8 and 4."""

    def __init__(self, config: SamConfig) -> None:
        super().__init__()
        w4, w8, w16, w32 = config.light_widths
        d4, d8, d16, d32 = config.light_depths
        self.stem = conv_norm(3, max(w4 // 2, 4), stride=2)
        self.stage4 = Stage(max(w4 // 2, 4), w4, d4)
        self.stage8 = Stage(w4, w8, d8)
        self.stage16 = Stage(w8, w16, d16)
        self.down32 = conv_norm(w16, w32, stride=2)
        self.blocks32 = nn.Sequential(
            *(GlobalBlock(w32, config.light_heads, config.light_mlp_ratio) for _ in range(d32))
        )
        out16, (out8, out4) = config.embed_dim, config.high_res
        mid8, mid4 = 2 * out8, 2 * out4
        self.from32 = nn.Conv2d(w32, out16, 1)
        self.lateral16 = nn.Conv2d(w16, out16, 1)
        self.smooth16 = nn.Conv2d(out16, out16, 3, padding=1)
        self.from16 = nn.Conv2d(out16, mid8, 1)
        self.lateral8 = nn.Conv2d(w8, mid8, 1)
        self.smooth8 = nn.Conv2d(mid8, mid8, 3, padding=1)
        self.from8 = nn.Conv2d(mid8, mid4, 1)
        self.lateral4 = nn.Conv2d(w4, mid4, 1)
        self.smooth4 = nn.Conv2d(mid4, mid4, 3, padding=1)
        self.out8 = nn.Conv2d(mid8, out8, 1)
        self.out4 = nn.Conv2d(mid4, out4, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Returns [B, embed_dim, S/16, S/16], [B, high_res[0], S/8, S/8] and [B, high_res[1], S/4, S/4]."""
        c4 = self.stage4(F.relu(self.stem(x)))
        c8 = self.stage8(c4)
        c16 = self.stage16(c8)
        c32 = self.blocks32(F.relu(self.down32(c16)))
        p16 = F.relu(self.lateral16(c16) + double(self.from32(c32)))
        p16 = self.smooth16(p16)
        p8 = F.relu(self.lateral8(c8) + double(self.from16(F.relu(p16))))
        p8 = F.relu(self.smooth8(p8))
        p4 = F.relu(self.lateral4(c4) + double(self.from8(p8)))
        p4 = F.relu(self.smooth4(p4))
        return p16, self.out8(p8), self.out4(p4)


def double(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def images_to_channels_last(x: Tensor) -> Tensor:
    """The layout in which CPU convolutions are fastest."""
    return x.contiguous(memory_format=torch.channels_last)
