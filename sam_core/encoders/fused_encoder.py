"""The image encoder in torch with its layers fused for a CPU: in full precision, its products by torch's library."""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from sam_core.encoders.fused_layers import fuse
from sam_core.modeling import Sam


class FusedEncoder:
    """Has the encoder's weights a second time, as their layout differs. Images go through it one by one."""

    backend = "torch-fused"
    batch = 1
    device = torch.device("cpu")

    def __init__(self, sam: Sam) -> None:
        self.sam = copy.copy(sam)
        self.sam._modules = {**sam._modules, "image_encoder": fuse(copy.deepcopy(sam.image_encoder).eval())}

    @torch.inference_mode()
    def __call__(self, pixels: Tensor) -> tuple[Tensor, ...]:
        each = [self.sam.encode(image[None]) for image in pixels.to(self.device, torch.float32)]
        return tuple(torch.cat(same).contiguous() for same in zip(*each, strict=True))
