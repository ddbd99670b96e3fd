"""Points, box corners and the previous mask, as the decoder wants them."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sam_core.config import SamConfig
from sam_core.modeling.common import LayerNorm2d


class RandomPositionEncoding(nn.Module):
    """Fourier features of positions in the unit square, with fixed random frequencies."""

    positional_encoding_gaussian_matrix: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("positional_encoding_gaussian_matrix", torch.randn(2, width // 2))

    def forward(self, unit: Tensor) -> Tensor:
        """[..., 2] as (x, y) in 0..1 → [..., width]"""
        angles = (2 * unit - 1) @ self.positional_encoding_gaussian_matrix * (2 * math.pi)
        return torch.cat([angles.sin(), angles.cos()], dim=-1)

    def grid(self, height: int, width: int) -> Tensor:
        """The encoding of every cell's centre, [1, C, height, width]."""
        matrix = self.positional_encoding_gaussian_matrix
        y = (torch.arange(height, dtype=matrix.dtype, device=matrix.device) + 0.5) / height
        x = (torch.arange(width, dtype=matrix.dtype, device=matrix.device) + 0.5) / width
        unit = torch.stack([x[None, :].expand(height, width), y[:, None].expand(height, width)], dim=-1)
        return self(unit).permute(2, 0, 1)[None]


class PromptEncoder(nn.Module):
    """Sparse prompts for every model; dense ones (the previous mask) for the paper's models."""

    def __init__(self, config: SamConfig) -> None:
        super().__init__()
        width, inner = config.embed_dim, config.mask_in_channels
        self.pe_layer = RandomPositionEncoding(width)
        self.point_embeddings = nn.ModuleList(nn.Embedding(1, width) for _ in range(4))
        self.not_a_point_embed = nn.Embedding(1, width)
        if not config.high_res:  # the built-in model's click maps take the previous mask instead
            self.mask_downscaling = nn.Sequential(
                nn.Conv2d(1, inner // 4, 2, stride=2),
                LayerNorm2d(inner // 4),
                nn.GELU(),
                nn.Conv2d(inner // 4, inner, 2, stride=2),
                LayerNorm2d(inner),
                nn.GELU(),
                nn.Conv2d(inner, width, 1),
            )
            self.no_mask_embed = nn.Embedding(1, width)

    def points(self, coords: Tensor, labels: Tensor, image_size: int) -> Tensor:
        """coords [B, N, 2] as (x, y) pixels of the model's frame, labels [B, N] → [B, N, C].

        A label of -1 is padding: it has an embedding, but no position.
        """
        label = labels[..., None]
        out = self.pe_layer((coords + 0.5) / image_size) * (label != -1).to(coords.dtype)
        out = out + self.not_a_point_embed.weight * (label == -1).to(coords.dtype)
        for value, embedding in enumerate(self.point_embeddings):
            assert isinstance(embedding, nn.Embedding)
            out = out + embedding.weight * (label == value).to(coords.dtype)
        return out

    def mask(self, logits: Tensor, has_mask: Tensor) -> Tensor:
        """Previous low-res logits [B, 1, L, L] and [B] of 0 or 1 → [B, C, L/4, L/4]."""
        has = has_mask.reshape(-1, 1, 1, 1)
        return has * self.mask_downscaling(logits) + (1 - has) * self.no_mask_embed.weight.reshape(1, -1, 1, 1)


def sample_at(features: Tensor, coords: Tensor, image_size: int) -> Tensor:
    """Features under points: [B, C, h, w], coords [B, N, 2] in pixels of the model's frame → [B, N, C]."""
    grid = (coords + 0.5) * (2.0 / image_size) - 1.0
    sampled = F.grid_sample(features, grid[:, :, None], mode="bilinear", padding_mode="border", align_corners=False)
    return sampled[..., 0].transpose(1, 2)
