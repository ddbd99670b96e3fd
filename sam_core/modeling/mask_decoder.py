"""Image and prompts → the low-res logits of all mask tokens, and their predicted IoUs."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sam_core.config import SamConfig
from sam_core.modeling.common import MLP, LayerNorm2d
from sam_core.modeling.iou_head import MaskIouHead
from sam_core.modeling.two_way_transformer import TwoWayTransformer


class MaskDecoder(nn.Module):
    identity8: Tensor

    def __init__(self, config: SamConfig) -> None:
        super().__init__()
        width = config.embed_dim
        # The upscaled features are width/8 channels at stride 4; with skips they have the skips' channels.
        mid, out = config.high_res or (width // 4, width // 8)
        self.transformer = TwoWayTransformer(config)
        self.iou_token = nn.Embedding(1, width)
        self.mask_tokens = nn.Embedding(config.mask_tokens, width)
        self.output_upscaling = nn.Sequential(
            nn.ConvTranspose2d(width, mid, 2, stride=2),
            LayerNorm2d(mid),
            nn.GELU(),
            nn.ConvTranspose2d(mid, out, 2, stride=2),
            nn.GELU(),
        )
        self.output_hypernetworks_mlps = nn.ModuleList(MLP(width, width, out, 3) for _ in range(config.mask_tokens))
        self.iou_prediction_head: nn.Module
        if config.high_res:
            self.refine8 = nn.Conv2d(mid, mid, 3, padding=1)
            self.register_buffer("identity8", nn.init.dirac_(torch.empty(mid, mid, 3, 3)), persistent=False)
            self.norm4 = LayerNorm2d(out)
            self.refine4 = nn.Conv2d(out, out, 3, padding=1)
            self.iou_prediction_head = MaskIouHead(config, out)
        else:
            self.iou_prediction_head = MLP(width, config.iou_hidden, config.mask_tokens, config.iou_depth)

    def forward(
        self, image: Tensor, image_pe: Tensor, sparse: Tensor, skips: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """image with its dense prompts and image_pe [B, C, h, w], sparse prompts [B, N, C], and what is added at
        strides 8 and 4 → logits [B, T, 4h, 4w], predicted IoUs [B, T]."""
        b, c, h, w = image.shape
        own = torch.cat([self.iou_token.weight, self.mask_tokens.weight], dim=0)
        tokens = torch.cat([own[None].expand(b, -1, -1), sparse], dim=1)
        tokens, image = self.transformer(image, image_pe, tokens)
        count = self.mask_tokens.weight.shape[0]
        iou_token, mask_tokens = tokens[:, 0], tokens[:, 1 : 1 + count]
        features = self.upscale(image.transpose(1, 2).reshape(b, c, h, w), skips)
        weights = torch.stack([mlp(mask_tokens[:, i]) for i, mlp in enumerate(self.output_hypernetworks_mlps)], dim=1)
        masks = (weights @ features.flatten(2)).reshape(b, count, 4 * h, 4 * w)
        if skips is None:
            return masks, self.iou_prediction_head(iou_token)
        return masks, self.iou_prediction_head(iou_token, mask_tokens, masks, features)

    def upscale(self, image: Tensor, skips: tuple[Tensor, Tensor] | None) -> Tensor:
        """[B, C, h, w] → [B, C', 4h, 4w]"""
        if skips is None:
            return self.output_upscaling(image)
        to8, norm8, _, to4, _ = self.output_upscaling
        # ReLU here: GELU at stride 4 was a fifth of a training step on the CPU, and is slow in the browser.
        x = F.relu(norm8(to8(image) + skips[0]))
        # x + refine8(x) as one convolution: the sum of both costs the browser as much as all else of the decoder.
        x = F.relu(F.conv2d(x, self.refine8.weight + self.identity8, self.refine8.bias, padding=1))
        x = F.relu(self.norm4(to4(x) + skips[1]))
        return x + F.relu(self.refine4(x))
