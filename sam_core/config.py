"""Every size of every model. Nothing else in sam_core says 1024, 256 or 64."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class SamConfig:
    """One SAM. Sizes are pixels of the model's square input frame, or channels.

    `encoder` picks the box on the left of the paper's figure: "vit" is the paper's, "tiny_vit"
    MobileSAM's, "light" the built-in model's.
    `high_res` are the channels of the encoder's features at strides 8 and 4 that the decoder takes as skips; empty for
    the paper's models. A model with high-resolution features also gets the click maps (`modeling/click_maps.py`).
    """

    name: str
    encoder: Literal["vit", "tiny_vit", "light"] = "vit"
    image_size: int = 1024
    pixel_mean: tuple[float, float, float] = (123.675, 116.28, 103.53)
    pixel_std: tuple[float, float, float] = (58.395, 57.12, 57.375)
    mask_threshold: float = 0.0

    # The paper's ViT.
    patch_size: int = 16
    vit_width: int = 768
    vit_depth: int = 12
    vit_heads: int = 12
    vit_global_blocks: tuple[int, ...] = (2, 5, 8, 11)
    vit_window: int = 14
    vit_mlp_ratio: float = 4.0

    # MobileSAM's encoder: a convolutional stage, then three of transformer blocks over windows.
    tiny_vit_widths: tuple[int, int, int, int] = (64, 128, 160, 320)
    tiny_vit_depths: tuple[int, int, int, int] = (2, 2, 6, 2)
    tiny_vit_heads: tuple[int, int, int, int] = (2, 4, 5, 10)
    tiny_vit_windows: tuple[int, int, int, int] = (7, 7, 14, 7)
    tiny_vit_mlp_ratio: int = 4
    tiny_vit_mbconv_expand: int = 4

    # The built-in model's encoder: residual stages at strides 4, 8, 16 and transformer blocks at stride 32.
    light_widths: tuple[int, int, int, int] = (32, 64, 160, 256)
    light_depths: tuple[int, int, int, int] = (1, 2, 3, 3)
    light_heads: int = 4
    light_mlp_ratio: float = 3.0

    # Prompt encoder and mask decoder.
    embed_dim: int = 256
    mask_in_channels: int = 16
    decoder_depth: int = 2
    decoder_heads: int = 8
    decoder_mlp: int = 2048
    attention_downsample: int = 2
    multimask_outputs: int = 3
    iou_hidden: int = 256
    iou_depth: int = 3
    high_res: tuple[int, ...] = ()
    similarity_dim: int = 32

    @property
    def embedding_stride(self) -> int:
        """Input pixels per embedding cell, the same for every SAM."""
        return self.patch_size

    @property
    def embedding_size(self) -> int:
        """Side of the image embedding in cells."""
        return self.image_size // self.patch_size

    @property
    def low_res_size(self) -> int:
        """Side of the low-res logits: four times the embedding's."""
        return 4 * self.embedding_size

    @property
    def mask_tokens(self) -> int:
        """Token 0 is the single mask, the others are the multimask output."""
        return 1 + self.multimask_outputs

    def to_json(self) -> str:
        """The config as one JSON object, as stored in a checkpoint's metadata."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @staticmethod
    def from_json(text: str) -> SamConfig:
        """Inverse of `to_json`. Raises ValueError for anything that is not such an object."""
        try:
            data: Any = json.loads(text)
            known = {field.name for field in dataclasses.fields(SamConfig)}
            if not isinstance(data, dict) or not set(data) <= known:
                raise ValueError(f"unknown fields {sorted(set(data) - known)}")
            fields: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in data.items()}
            return SamConfig(**fields)
        except (TypeError, ValueError) as error:
            raise ValueError(f"not a SamConfig: {error}") from error


VIT_B = SamConfig(name="vit_b")
VIT_L = SamConfig(name="vit_l", vit_width=1024, vit_depth=24, vit_heads=16, vit_global_blocks=(5, 11, 17, 23))
VIT_H = SamConfig(name="vit_h", vit_width=1280, vit_depth=32, vit_heads=16, vit_global_blocks=(7, 15, 23, 31))
MOBILE_SAM = SamConfig(name="mobile_sam", encoder="tiny_vit")
BUILTIN = SamConfig(
    name="builtin",
    encoder="light",
    image_size=384,
    embed_dim=128,
    decoder_mlp=256,
    decoder_heads=4,
    iou_hidden=64,
    iou_depth=3,
    high_res=(32, 16),
)

# The same shapes of computation, small enough to be built and differentiated in a test.
TINY_VIT = SamConfig(
    name="tiny_vit",
    image_size=64,
    vit_width=16,
    vit_depth=2,
    vit_heads=2,
    vit_global_blocks=(1,),
    vit_window=3,
    embed_dim=16,
    mask_in_channels=8,
    decoder_heads=2,
    decoder_mlp=16,
    iou_hidden=16,
)
TINY_MOBILE = SamConfig(
    name="tiny_mobile",
    encoder="tiny_vit",
    image_size=64,
    tiny_vit_widths=(8, 8, 16, 16),
    tiny_vit_depths=(1, 1, 1, 1),
    tiny_vit_heads=(1, 1, 2, 2),
    tiny_vit_windows=(3, 3, 4, 3),
    embed_dim=16,
    mask_in_channels=8,
    decoder_heads=2,
    decoder_mlp=16,
    iou_hidden=16,
)
TINY_BUILTIN = SamConfig(
    name="tiny_builtin",
    encoder="light",
    image_size=64,
    light_widths=(8, 8, 16, 16),
    light_depths=(1, 1, 1, 1),
    light_heads=2,
    embed_dim=16,
    decoder_heads=2,
    decoder_mlp=16,
    iou_hidden=16,
    high_res=(8, 4),
    similarity_dim=8,
)

MANIFEST_FORMAT = 4
"""Of what is exported for the browser. It stands here, as who serves it need not load torch to know it."""

PRESETS: dict[str, SamConfig] = {
    config.name: config for config in (VIT_H, VIT_L, VIT_B, MOBILE_SAM, BUILTIN, TINY_VIT, TINY_MOBILE, TINY_BUILTIN)
}
