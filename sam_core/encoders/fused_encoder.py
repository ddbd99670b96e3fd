"""The image encoder in torch with its layers fused for a CPU: in full precision, its products by torch's library."""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from sam_core.encoders.fused_layers import fuse
from sam_core.encoders.fused_vit import FusedVit
from sam_core.modeling import Sam
from sam_core.modeling.image_encoder import ImageEncoder


class FusedEncoder:
    """Images go through it one by one. A ViT's weights are those of `sam` itself; of the other encoders, which are
    small, it has its own, as batch norms are folded in and the layout differs."""

    backend = "torch-fused"
    batch = 1
    device = torch.device("cpu")

    def __init__(self, sam: Sam) -> None:
        plain = sam.image_encoder
        fused = FusedVit(plain) if isinstance(plain, ImageEncoder) else fuse(copy.deepcopy(plain).eval())
        self.sam = copy.copy(sam)
        self.sam._modules = {**sam._modules, "image_encoder": fused}

    @torch.inference_mode()
    def __call__(self, pixels: Tensor) -> tuple[Tensor, ...]:
        each = [self.sam.encode(image[None]) for image in pixels.to(self.device, torch.float32)]
        return tuple(torch.cat(same).contiguous() for same in zip(*each, strict=True))
