"""The reference implementation, `segment-anything` 1.0, made importable without torchvision.

It needs four functions of torchvision, which has no CPU build for every torch: they stand here, written from their
documentation. Tests import the reference from here only.
"""

import sys
import types

import numpy as np
import torch
from PIL import Image
from torch import Tensor


def _resize(image: Image.Image, size: list[int]) -> Image.Image:
    return image.resize((size[1], size[0]), Image.Resampling.BILINEAR)


def _box_area(boxes: Tensor) -> Tensor:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def _batched_nms(boxes: Tensor, scores: Tensor, idxs: Tensor, iou_threshold: float) -> Tensor:
    """Greedy suppression within each group of `idxs`, best score first. Returns kept indices by falling score."""
    kept: list[int] = []
    area = _box_area(boxes)
    for i in torch.argsort(scores, descending=True, stable=True).tolist():
        rivals = [k for k in kept if idxs[k] == idxs[i]]
        if rivals:
            low = torch.maximum(boxes[i, :2], boxes[rivals, :2])
            high = torch.minimum(boxes[i, 2:], boxes[rivals, 2:])
            overlap = (high - low).clamp(min=0).prod(1)
            if (overlap / (area[i] + area[rivals] - overlap)).max() > iou_threshold:
                continue
        kept.append(i)
    return torch.tensor(kept, dtype=torch.long)


def _stub_torchvision() -> None:
    functional = types.ModuleType("torchvision.transforms.functional")
    functional.resize = _resize  # type: ignore[attr-defined]
    functional.to_pil_image = lambda array: Image.fromarray(np.asarray(array))  # type: ignore[attr-defined]
    boxes = types.ModuleType("torchvision.ops.boxes")
    boxes.batched_nms = _batched_nms  # type: ignore[attr-defined]
    boxes.box_area = _box_area  # type: ignore[attr-defined]
    for name in ("torchvision", "torchvision.transforms", "torchvision.ops"):
        sys.modules.setdefault(name, types.ModuleType(name))
    sys.modules.setdefault("torchvision.transforms.functional", functional)
    sys.modules.setdefault("torchvision.ops.boxes", boxes)


_stub_torchvision()

from segment_anything import SamAutomaticMaskGenerator, SamPredictor  # noqa: E402
from segment_anything.modeling import (  # noqa: E402
    ImageEncoderViT,
    MaskDecoder,
    PromptEncoder,
    Sam,
    TwoWayTransformer,
)

from sam_core.config import SamConfig  # noqa: E402

__all__ = ["SamAutomaticMaskGenerator", "SamPredictor", "build_reference"]


def build_reference(config: SamConfig, seed: int = 0) -> Sam:
    """The reference's own Sam of the sizes in `config` (a "vit" one), with random weights that leave no path idle."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # for the frequencies of the position encoding, which are no parameter
        sam = _untrained(config)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in sam.parameters():
            spread = 0.1 if parameter.ndim < 2 else parameter[0].numel() ** -0.5
            start = parameter if parameter.ndim < 2 else torch.zeros_like(parameter)
            parameter.copy_(start + spread * torch.randn(parameter.shape, generator=generator))
    return sam.eval()


def _untrained(config: SamConfig) -> Sam:
    size = config.embedding_size
    return Sam(
        image_encoder=ImageEncoderViT(
            depth=config.vit_depth,
            embed_dim=config.vit_width,
            img_size=config.image_size,
            mlp_ratio=config.vit_mlp_ratio,
            norm_layer=lambda width: torch.nn.LayerNorm(width, eps=1e-6),
            num_heads=config.vit_heads,
            patch_size=config.patch_size,
            qkv_bias=True,
            use_rel_pos=True,
            global_attn_indexes=config.vit_global_blocks,
            window_size=config.vit_window,
            out_chans=config.embed_dim,
        ),
        prompt_encoder=PromptEncoder(
            embed_dim=config.embed_dim,
            image_embedding_size=(size, size),
            input_image_size=(config.image_size, config.image_size),
            mask_in_chans=config.mask_in_channels,
        ),
        mask_decoder=MaskDecoder(
            num_multimask_outputs=config.multimask_outputs,
            transformer=TwoWayTransformer(
                depth=config.decoder_depth,
                embedding_dim=config.embed_dim,
                mlp_dim=config.decoder_mlp,
                num_heads=config.decoder_heads,
            ),
            transformer_dim=config.embed_dim,
            iou_head_depth=config.iou_depth,
            iou_head_hidden_dim=config.iou_hidden,
        ),
        pixel_mean=list(config.pixel_mean),
        pixel_std=list(config.pixel_std),
    )
