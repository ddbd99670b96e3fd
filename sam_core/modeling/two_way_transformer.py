"""The decoder's transformer: tokens look at the image, then the image looks at the tokens."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from sam_core.config import SamConfig


class Attention(nn.Module):
    """Attention with an inner width that may be smaller than the outer one."""

    def __init__(self, width: int, heads: int, downsample: int = 1) -> None:
        super().__init__()
        inner = width // downsample
        self.heads = heads
        self.q_proj = nn.Linear(width, inner)
        self.k_proj = nn.Linear(width, inner)
        self.v_proj = nn.Linear(width, inner)
        self.out_proj = nn.Linear(inner, width)

    def split(self, x: Tensor) -> Tensor:
        """[B, N, C] → [B, heads, N, C/heads]"""
        b, n, c = x.shape
        return x.reshape(b, n, self.heads, c // self.heads).transpose(1, 2)

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """q [B, N, C], k and v [B, M, C] → [B, N, C]"""
        q, k, v = self.split(self.q_proj(q)), self.split(self.k_proj(k)), self.split(self.v_proj(v))
        # Written out: the exported graph then has two plain matrix products, which the browser runs fastest.
        weights = F.softmax((q * (q.shape[-1] ** -0.5)) @ k.transpose(-2, -1), dim=-1)
        out = (weights @ v).transpose(1, 2)  # [B, N, heads, C/heads]
        return self.out_proj(out.flatten(2))


class TokenMLP(nn.Module):
    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.lin1 = nn.Linear(width, hidden)
        self.lin2 = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.lin2(F.relu(self.lin1(x)))


class TwoWayBlock(nn.Module):
    """Self-attention of the tokens, tokens to image, MLP on the tokens, image to tokens."""

    def __init__(self, config: SamConfig, first: bool) -> None:
        super().__init__()
        width, heads, downsample = config.embed_dim, config.decoder_heads, config.attention_downsample
        self.first = first
        self.self_attn = Attention(width, heads)
        self.norm1 = nn.LayerNorm(width)
        self.cross_attn_token_to_image = Attention(width, heads, downsample)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = TokenMLP(width, config.decoder_mlp)
        self.norm3 = nn.LayerNorm(width)
        self.norm4 = nn.LayerNorm(width)
        self.cross_attn_image_to_token = Attention(width, heads, downsample)

    def forward(self, tokens: Tensor, image: Tensor, token_pe: Tensor, image_pe: Tensor) -> tuple[Tensor, Tensor]:
        """tokens [B, N, C], image [B, H*W, C] and their positions → both, updated."""
        if self.first:
            # The first block's tokens are their own positions, so nothing is added and nothing is kept.
            tokens = self.self_attn(tokens, tokens, tokens)
        else:
            q = tokens + token_pe
            tokens = tokens + self.self_attn(q, q, tokens)
        tokens = self.norm1(tokens)
        keys = image + image_pe
        tokens = self.norm2(tokens + self.cross_attn_token_to_image(tokens + token_pe, keys, image))
        tokens = self.norm3(tokens + self.mlp(tokens))
        image = self.norm4(image + self.cross_attn_image_to_token(keys, tokens + token_pe, tokens))
        return tokens, image


class TwoWayTransformer(nn.Module):
    def __init__(self, config: SamConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList(TwoWayBlock(config, first=i == 0) for i in range(config.decoder_depth))
        self.final_attn_token_to_image = Attention(config.embed_dim, config.decoder_heads, config.attention_downsample)
        self.norm_final_attn = nn.LayerNorm(config.embed_dim)

    def forward(self, image: Tensor, image_pe: Tensor, token_pe: Tensor) -> tuple[Tensor, Tensor]:
        """image and image_pe [B, C, H, W], token_pe [B, N, C] → tokens [B, N, C], image [B, H*W, C]"""
        image = image.flatten(2).transpose(1, 2)  # [B, H*W, C]
        image_pe = image_pe.flatten(2).transpose(1, 2)
        tokens = token_pe
        for layer in self.layers:
            tokens, image = layer(tokens, image, token_pe, image_pe)
        attended = self.final_attn_token_to_image(tokens + token_pe, image + image_pe, image)
        return self.norm_final_attn(tokens + attended), image
