"""What training asks for."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sam_core.config import SamConfig
from sam_core.modeling import Sam
from sam_core.modeling.prompt_encoder import sample_at
from sam_core.training.crops import UNKNOWN


def mask_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Focal and dice loss, 20:1, per mask: logits and truth (covered shares, 0..1) [..., L, L] → [...]"""
    logits, truth = logits.flatten(-2), truth.flatten(-2)
    p = torch.sigmoid(logits)
    bce = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    # For a share t the focal weight is the error squared, so that a border cell is right at its share.
    focal = 0.25 * ((truth - p).square() * bce).mean(-1)
    dice = 1 - (2 * (p * truth).sum(-1) + 1) / ((p * p).sum(-1) + (truth * truth).sum(-1) + 1)
    return 20 * focal + dice


def mask_iou(logits: Tensor, truth: Tensor) -> Tensor:
    """IoU of the masks at threshold 0: [..., L, L] → [...]"""
    a, b = logits.flatten(-2) > 0, truth.flatten(-2) > 0.5
    return ((a & b).sum(-1) + 1e-6) / ((a | b).sum(-1) + 1e-6)


def choice_loss(predicted: Tensor, iou: Tensor) -> Tensor:
    """What is lost by showing the mask of the highest predicted IoU: predicted and iou [B, K] → scalar.

    Not the cross-entropy of being the best: a mask that is often the best and else quite wrong would win with that.
    """
    picked = (F.softmax(predicted * 20, dim=-1) * iou).sum(-1)
    return (iou.amax(-1) - picked).mean()


def judging_loss(predicted: Tensor, iou: Tensor, ambiguous: bool) -> Tensor:
    """For the IoU head: [B, T] both → scalar. Where the prompt is ambiguous, the choice among tokens 1-3 counts too."""
    loss = 3 * (predicted - iou).square().mean()
    return loss + choice_loss(predicted[:, 1:], iou[:, 1:]) if ambiguous else loss


class Auxiliary(nn.Module):
    """Losses on the encoder's features alone: they teach every pixel, not only the clicked masks. Thrown away after."""

    def __init__(self, config: SamConfig) -> None:
        super().__init__()
        self.boundary = nn.Conv2d(config.high_res[1], 1, 1) if config.high_res else None

    def forward(self, model: Sam, embedding: tuple[Tensor, ...], prepared: tuple[Tensor, ...], boundary: Tensor,
                segments: Tensor, points: Tensor) -> Tensor:  # fmt: skip
        """boundary [B, L, L] of 0, 1, UNKNOWN; segments [B, S/8, S/8]; points [B, K, 2]: (x, y) in pixels → scalar"""
        if self.boundary is None or model.click_maps is None:
            return embedding[0].sum() * 0
        logits = self.boundary(embedding[2])[:, 0]
        known = (boundary != UNKNOWN).to(logits.dtype)
        truth = (boundary == 1).to(logits.dtype)
        bce = F.binary_cross_entropy_with_logits(logits, truth, reduction="none", pos_weight=logits.new_tensor(3.0))
        loss = (bce * known).sum() / known.sum().clamp(min=1)
        size = 4 * boundary.shape[-1]
        similarity8, similarity4 = prepared[4:6]
        for similarity, vectors in (
            (model.click_maps.similarity8, similarity8),
            (model.click_maps.similarity4, F.avg_pool2d(similarity4, 2)),
        ):
            same = similarity.logits(sample_at(vectors, points, size), vectors)  # [B, K, S/8, S/8]
            loss = loss + affinity_loss(same, segments, points)
        return loss


def affinity_loss(same: Tensor, segments: Tensor, points: Tensor) -> Tensor:
    """Cells of the point's own segment are alike, all others are not; each half weighs the same."""
    cell = (points / 8).long().clamp(0, segments.shape[-1] - 1)
    own = segments.flatten(1).gather(1, cell[..., 1] * segments.shape[-1] + cell[..., 0])  # [B, K]
    truth = segments[:, None] == own[:, :, None, None]
    valid = (segments[:, None] > 0) | (own[:, :, None, None] > 0)  # unknown with unknown says nothing
    bce = F.binary_cross_entropy_with_logits(same, truth.to(same.dtype), reduction="none")
    inside = (truth & valid).to(same.dtype)
    outside = (~truth & valid).to(same.dtype)
    per_point = (bce * inside).sum((2, 3)) / inside.sum((2, 3)).clamp(min=1)
    per_point = per_point + (bce * outside).sum((2, 3)) / outside.sum((2, 3)).clamp(min=1)
    use = (inside.sum((2, 3)) > 0).to(same.dtype)
    return 0.5 * (per_point * use).sum() / use.sum().clamp(min=1)
