"""The paper's image encoder: a ViT with windowed attention, a few global blocks, and decomposed relative positions."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sam_core.config import SamConfig
from sam_core.modeling.common import LayerNorm2d
from sam_core.modeling.relative_attention import attend
from sam_core.modeling.windows import join_windows, split_windows


class PatchEmbed(nn.Module):
    def __init__(self, patch: int, width: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, width, patch, stride=patch)

    def forward(self, x: Tensor) -> Tensor:
        """[B, 3, S, S] → [B, S/patch, S/patch, C]"""
        return self.proj(x).permute(0, 2, 3, 1)


def relative_positions(side: int, table: Tensor) -> Tensor:
    """The table's rows for every pair of positions: table [2*side-1, D] → [side (query), side (key), D]"""
    if table.shape[0] != 2 * side - 1:
        table = F.interpolate(table.T[None], size=2 * side - 1, mode="linear")[0].T
    index = torch.arange(side, device=table.device)
    return table[index[:, None] - index[None, :] + side - 1]


class Attention(nn.Module):
    """Multi-head attention over an H×W grid, with a learned term per row and column distance."""

    def __init__(self, width: int, heads: int, side: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.rel_pos_h = nn.Parameter(torch.zeros(2 * side - 1, width // heads))
        self.rel_pos_w = nn.Parameter(torch.zeros(2 * side - 1, width // heads))

    def forward(self, x: Tensor, window: int = 0) -> Tensor:
        """[B, H, W, C] → the same; attention within windows of that side, or, with 0, over the whole grid"""
        c, d = int(x.shape[-1]), int(x.shape[-1]) // self.heads
        qkv = self.qkv(x)
        if window:
            qkv = split_windows(qkv, window, self.qkv.bias)  # the paper fills up with zeros, before the projection
        b, h, w = map(int, qkv.shape[:3])
        q, k, v = qkv.reshape(b, h * w, 3, self.heads, d).permute(2, 0, 3, 1, 4)  # each [B, heads, H*W, D]
        grid = q.reshape(b, self.heads, h, w, d)
        by_row = torch.einsum("bnhwd,hkd->bnhwk", grid, relative_positions(h, self.rel_pos_h))  # [B, heads, H, W, H]
        by_column = torch.einsum("bnhwd,wkd->bnhwk", grid, relative_positions(w, self.rel_pos_w))
        out = attend(q, k, v, by_row, by_column).transpose(1, 2).reshape(b, h, w, c)
        return self.proj(join_windows(out, x.shape) if window else out)


class MLPBlock(nn.Module):
    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.lin1 = nn.Linear(width, hidden)
        self.lin2 = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.lin2(F.gelu(self.lin1(x)))


class Block(nn.Module):
    """Pre-norm transformer block; `window` 0 means global attention."""

    def __init__(self, config: SamConfig, window: int) -> None:
        super().__init__()
        width = config.vit_width
        self.window = window
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, config.vit_heads, window or config.embedding_size)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = MLPBlock(width, int(width * config.vit_mlp_ratio))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x), self.window)
        return x + self.mlp(self.norm2(x))


class ImageEncoder(nn.Module):
    """[B, 3, S, S] normalised pixels → [B, embed_dim, S/16, S/16]"""

    def __init__(self, config: SamConfig) -> None:
        super().__init__()
        width, side, out = config.vit_width, config.embedding_size, config.embed_dim
        self.patch_embed = PatchEmbed(config.patch_size, width)
        self.pos_embed = nn.Parameter(torch.zeros(1, side, side, width))
        self.blocks = nn.ModuleList(
            Block(config, window=0 if i in config.vit_global_blocks else config.vit_window)
            for i in range(config.vit_depth)
        )
        self.neck = nn.Sequential(
            nn.Conv2d(width, out, 1, bias=False),
            LayerNorm2d(out),
            nn.Conv2d(out, out, 3, padding=1, bias=False),
            LayerNorm2d(out),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch_embed(x) + self.pos_embed
        for block in self.blocks:
            x = block(x)
        return self.neck(x.permute(0, 3, 1, 2))
