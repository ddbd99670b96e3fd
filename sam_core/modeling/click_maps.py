"""What lets a small model follow clicks: it is shown, for every pixel, how alike it is to what was clicked.

The paper's decoder has to learn from data that a click means "things like this, near here". A model of five million
parameters that is trained for an hour has not the time, so the built-in one is told: maps of the similarity of every
place to the clicked places, of the nearness to clicks, of the inside of the box, and of the previous mask.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sam_core.config import SamConfig
from sam_core.modeling.common import repeat_to
from sam_core.modeling.prompt_encoder import sample_at

NONE = -6.0  # a similarity below all that occur: "no such click"
REACH = 24.0  # pixels over which nearness falls to 1/e
MAPS8 = 8
MAPS4 = 3


class Similarity(nn.Module):
    """Unit vectors per place; the scaled product of two is the logit of "the same region"."""

    def __init__(self, width: int, dim: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(width, dim, 1)
        self.scale = nn.Parameter(torch.tensor(8.0))
        self.bias = nn.Parameter(torch.tensor(-4.0))

    def forward(self, features: Tensor) -> Tensor:
        """[B, C, h, w] → [B, dim, h, w] of length 1"""
        x = self.proj(features)
        return x * torch.rsqrt((x * x).sum(1, keepdim=True) + 1e-6)

    def logits(self, a: Tensor, b: Tensor) -> Tensor:
        """a [B, N, dim] and b [B, dim, h, w] → [B, N, h, w]"""
        product = a @ b.flatten(2)
        return (product * self.scale + self.bias).reshape(a.shape[0], -1, b.shape[2], b.shape[3])


def highest(maps: Tensor, chosen: Tensor) -> Tensor:
    """The highest of the chosen maps, NONE where none is: [B, N, h, w], [B, N] of bool → [B, 1, h, w]"""
    weight = chosen.to(maps.dtype)[:, :, None, None]
    return (maps * weight + NONE * (1 - weight)).amax(1, keepdim=True).clamp(NONE, -NONE)


class ClickMaps(nn.Module):
    def __init__(self, config: SamConfig) -> None:
        super().__init__()
        width, (w8, w4), dim = config.embed_dim, config.high_res, config.similarity_dim
        self.similarity8 = Similarity(w8, dim)
        self.similarity4 = Similarity(w4, w4)
        self.to8 = nn.Conv2d(MAPS8, w8, 3, padding=1)
        self.to16 = nn.Conv2d(w8, width, 2, stride=2)
        self.to4 = nn.Conv2d(MAPS4, w4, 1)
        self.click_feature = nn.Linear(width + w8, width)

    def prepare(self, high8: Tensor, high4: Tensor) -> tuple[Tensor, Tensor]:
        """The similarity vectors of an image, [B, dim, h8, w8] and [B, dim, h4, w4]."""
        return self.similarity8(high8), self.similarity4(high4)

    def sparse(self, image: Tensor, high8: Tensor, coords: Tensor, labels: Tensor, size: int) -> Tensor:
        """What lies under each click, [B, N, C]; zero for box corners and padding."""
        features = torch.cat([sample_at(image, coords, size), sample_at(high8, coords, size)], dim=-1)
        clicked = (labels == 0) | (labels == 1)
        return self.click_feature(features) * clicked[..., None].to(features.dtype)

    def forward(
        self, sim8: Tensor, sim4: Tensor, coords: Tensor, labels: Tensor, logits: Tensor, has_mask: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """What is added to the image at strides 16, 8 and 4.

        sim8, sim4 from `prepare` [B, ...]; coords [B', N, 2] and labels [B', N], logits [B', 1, L, L], has_mask [B'],
        where B' is a multiple of B.
        """
        batch = coords.shape[0]
        sim8, sim4 = repeat_to(sim8, batch), repeat_to(sim4, batch)
        size = 8 * sim8.shape[-1]
        positive, negative = labels == 1, labels == 0
        same8 = self.similarity8.logits(sample_at(sim8, coords, size), sim8)
        same4 = self.similarity4.logits(sample_at(sim4, coords, size), sim4)
        near, inside = nearness(coords, sim8.shape[-1]), box_inside(coords, labels, sim8.shape[-1])
        has = has_mask.reshape(-1, 1, 1, 1)
        previous = logits.clamp(-8, 8) * (0.25 * has)
        has_box = (labels == 2).any(1).to(coords.dtype).reshape(-1, 1, 1, 1)
        maps8 = torch.cat(
            [
                highest(same8, positive),
                highest(same8, negative),
                (near * positive.to(near.dtype)[:, :, None, None]).amax(1, keepdim=True),
                (near * negative.to(near.dtype)[:, :, None, None]).amax(1, keepdim=True),
                inside * has_box,
                torch.zeros_like(inside) + has_box,
                F.avg_pool2d(previous, 2),
                torch.zeros_like(inside) + has,
            ],
            dim=1,
        )
        maps4 = torch.cat([highest(same4, positive), highest(same4, negative), previous], dim=1)
        x8 = F.relu(self.to8(maps8))
        return self.to16(x8), x8, self.to4(maps4)


def centres(side: int, like: Tensor) -> Tensor:
    """Pixel positions of the centres of `side` cells of 8 pixels."""
    return torch.arange(side, dtype=like.dtype, device=like.device) * 8.0 + 3.5


def nearness(coords: Tensor, side: int) -> Tensor:
    """[B, N, 2] → [B, N, side, side], 1 at the point and falling with the distance."""
    c = centres(side, coords)
    dx = c[None, None, None, :] - coords[:, :, 0, None, None]
    dy = c[None, None, :, None] - coords[:, :, 1, None, None]
    return torch.exp(torch.sqrt(dx * dx + dy * dy + 1e-3) * (-1.0 / REACH))


def box_inside(coords: Tensor, labels: Tensor, side: int) -> Tensor:
    """The inside of the box as a soft map [B, 1, side, side]; meaningless where there is no box."""
    c = centres(side, coords)
    low = (coords * (labels == 2).to(coords.dtype)[..., None]).sum(1)  # [B, 2]
    high = (coords * (labels == 3).to(coords.dtype)[..., None]).sum(1)
    x = torch.sigmoid((c - low[:, :1]) * 0.5) * torch.sigmoid((high[:, :1] - c) * 0.5)  # [B, side]
    y = torch.sigmoid((c - low[:, 1:]) * 0.5) * torch.sigmoid((high[:, 1:] - c) * 0.5)
    return y[:, None, :, None] * x[:, None, None, :]
