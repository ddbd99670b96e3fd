"""The built-in model's judge of its own masks."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sam_core.config import SamConfig
from sam_core.modeling.common import MLP

FIGURES = 5


class MaskIouHead(nn.Module):
    """Predicts each mask's IoU from its token and from the mask itself: its size, its certainty, what it covers, and
    what its border lies on.

    It looks at the masks without pulling at them (its inputs are detached), so that it can be weighted and trained on
    its own without making the masks easier to judge instead of better.
    """

    def __init__(self, config: SamConfig, features: int) -> None:
        super().__init__()
        self.mlp = MLP(config.embed_dim * 2 + 2 * features + FIGURES, config.iou_hidden, 1, config.iou_depth)

    def forward(self, iou_token: Tensor, mask_tokens: Tensor, masks: Tensor, features: Tensor) -> Tensor:
        """iou_token [B, C], mask_tokens [B, T, C], masks [B, T, L, L] logits, features [B, F, L, L] → [B, T]"""
        iou_token, mask_tokens = iou_token.detach(), mask_tokens.detach()
        b, t = masks.shape[:2]
        logits = masks.detach().flatten(2)  # [B, T, L*L]
        p = torch.sigmoid(logits)
        area = p.sum(2) + 1.0  # [B, T]
        places = features.detach().flatten(2).transpose(1, 2)  # [B, L*L, F]
        covered = (p @ places) / area[..., None]  # [B, T, F]
        edge = p * (1 - p)
        under_border = (edge @ places) / (edge.sum(2) + 1.0)[..., None]
        sure = (p * p).sum(2) / area
        stable = (torch.sigmoid(logits - 1.0).sum(2) + 1.0) / (torch.sigmoid(logits + 1.0).sum(2) + 1.0)
        share = area / logits.shape[2]
        overlap = (p * p[:, :1]).sum(2) / area  # with the single mask
        figures = torch.stack([sure, stable, share, torch.log(share), overlap], dim=-1)
        token = iou_token[:, None].expand(b, t, iou_token.shape[-1])
        return self.mlp(torch.cat([token, mask_tokens, covered, under_border, figures], dim=-1))[..., 0]
