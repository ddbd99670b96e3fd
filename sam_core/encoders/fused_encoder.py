"""The image encoder in torch with its layers fused for a CPU: in full precision, or a ViT's linear layers in int8."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from sam_core.encoders.fused_layers import fuse
from sam_core.encoders.fused_vit import FusedVit
from sam_core.encoders.products import ExactProduct, Int8Product
from sam_core.encoders.side_by_side import batch_for, side_by_side
from sam_core.modeling import Sam
from sam_core.modeling.image_encoder import ImageEncoder


class FusedEncoder:
    """Takes any number of images; they go through `batch` at a time, side by side, and one alone on all threads.

    torch-fused: a ViT's weights are those of `sam` itself; of the other encoders, which are small, it has its own, as
    batch norms are folded in and the layout differs. torch-int8: of a ViT, with weights of its own in int8.
    """

    device = torch.device("cpu")

    def __init__(self, sam: Sam, backend: str = "torch-fused") -> None:
        self.backend = backend
        plain = sam.image_encoder
        fused: nn.Module
        if isinstance(plain, ImageEncoder):
            fused = FusedVit(plain, Int8Product if backend == "torch-int8" else ExactProduct)
        else:
            fused = fuse(copy.deepcopy(plain).eval())
        self.sam = copy.copy(sam)
        self.sam._modules = {**sam._modules, "image_encoder": fused}
        self.batch = batch_for(torch.get_num_threads())

    @torch.inference_mode()
    def __call__(self, pixels: Tensor) -> tuple[Tensor, ...]:
        parts = pixels.to(self.device, torch.float32).split(self.batch)
        each = [tensors for part in parts for tensors in side_by_side(self._one, part.split(1))]
        return tuple(torch.cat(same).contiguous() for same in zip(*each, strict=True))

    @torch.inference_mode()  # which holds for one thread
    def _one(self, image: Tensor) -> tuple[Tensor, ...]:
        return self.sam.encode(image)
