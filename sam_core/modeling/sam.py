"""The whole model: encode an image once, prepare it once, decode it at every click.

`prepare` and `decode` are what the browser runs; they are exported as they stand, so that the mathematics exists once.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from sam_core.config import SamConfig
from sam_core.modeling.click_maps import ClickMaps
from sam_core.modeling.common import repeat_to
from sam_core.modeling.image_encoder import ImageEncoder
from sam_core.modeling.light_encoder import LightEncoder, images_to_channels_last
from sam_core.modeling.mask_decoder import MaskDecoder
from sam_core.modeling.prompt_encoder import PromptEncoder
from sam_core.modeling.tiny_vit import TinyViT

Tensors = tuple[Tensor, ...]
ENCODERS: dict[str, Callable[[SamConfig], nn.Module]] = {
    "vit": ImageEncoder,
    "tiny_vit": TinyViT,
    "light": LightEncoder,
}


class Sam(nn.Module):
    """Segment Anything, of any `SamConfig`."""

    def __init__(self, config: SamConfig) -> None:
        super().__init__()
        self.config = config
        self.image_encoder: nn.Module = ENCODERS[config.encoder](config)
        self.prompt_encoder = PromptEncoder(config)
        self.mask_decoder = MaskDecoder(config)
        self.click_maps = ClickMaps(config) if config.high_res else None

    @property
    def embedding_names(self) -> tuple[str, ...]:
        """The names of `encode`'s outputs, in order."""
        return ("image_embedding", "high_res_8", "high_res_4") if self.config.high_res else ("image_embedding",)

    @property
    def prepared_names(self) -> tuple[str, ...]:
        """The names of `prepare`'s outputs, in order."""
        names = ("prepared_image", "prepared_pe")
        more = ("prepared_high_8", "prepared_high_4", "prepared_similarity_8", "prepared_similarity_4")
        return names + more if self.config.high_res else names

    def encode(self, pixels: Tensor) -> Tensors:
        """Normalised, padded pixels [B, 3, S, S] → the image embedding's tensors, at strides 16 (, 8, 4)."""
        if self.config.encoder == "light":
            return self.image_encoder(images_to_channels_last(pixels))
        return (self.image_encoder(pixels),)

    def prepare(self, *embedding: Tensor) -> Tensors:
        """What depends on the image alone. The embedding's tensors, float16 or float32 → `prepared_*`, float32."""
        image, *high = (tensor.float() for tensor in embedding)
        pe = self.prompt_encoder.pe_layer.grid(image.shape[2], image.shape[3])
        if self.click_maps is None:
            return image, pe
        high8, high4 = high
        return image, pe, high8, high4, *self.click_maps.prepare(high8, high4)

    def decode(
        self, prepared: Tensors, coords: Tensor, labels: Tensor, mask_input: Tensor, has_mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The step at every click.

        prepared: as from `prepare`, of B images. coords [B', N, 2]: (x, y) in pixels of the model's resized frame;
        labels [B', N]: 0 background, 1 foreground, 2 and 3 box corners, -1 padding; mask_input [B', 1, L, L]: previous
        logits; has_mask [B'] of 0 or 1. B' is a multiple of B: each image's prompts lie side by side.
        Returns low-res logits [B', T, L, L] and predicted IoUs [B', T].
        """
        batch = coords.shape[0]
        image, pe = prepared[:2]
        size = self.config.embedding_stride * image.shape[-1]
        sparse = self.prompt_encoder.points(coords, labels, size)
        if self.click_maps is None:
            dense = self.prompt_encoder.mask(mask_input, has_mask)
            return self.mask_decoder(repeat_to(image, batch) + dense, pe, sparse)
        high8, high4, sim8, sim4 = prepared[2:]
        dense, map8, map4 = self.click_maps(sim8, sim4, coords, labels, mask_input, has_mask)
        image, high8, high4 = (repeat_to(x, batch) for x in (image, high8, high4))
        sparse = sparse + self.click_maps.sparse(image, high8, coords, labels, size)
        return self.mask_decoder(image + dense, pe, sparse, (high8 + map8, high4 + map4))
