"""All that is multiplied with the image: once per image by `prepare.py`, or at a click by `unprepared.py`."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from sam_core.modeling.absorbed.folding import by_head, output_bias, query_factor, wide
from sam_core.modeling.absorbed.planes import first_upscaling
from sam_core.modeling.sam import Sam
from sam_core.modeling.two_way_transformer import TwoWayBlock


def mask_values(sam: Sam) -> Tensor:
    """What a mask prompt adds to the image: per channel of the shrunken mask, and once for its being there. [R, C]"""
    last = sam.prompt_encoder.mask_downscaling[6]
    assert isinstance(last, nn.Conv2d)
    assert last.bias is not None
    there = wide(last.bias) - wide(sam.prompt_encoder.no_mask_embed.weight[0])
    return torch.cat([wide(last.weight).flatten(1).T, there[None]])


def blocks_of(sam: Sam) -> list[TwoWayBlock]:
    return [cast(TwoWayBlock, block) for block in sam.mask_decoder.transformer.layers]


def constants(sam: Sam) -> list[Tensor]:
    """The constant [C] of the image's state before each layer, and after the last: the shift of the norm before it."""
    first = torch.zeros(sam.config.embed_dim, dtype=torch.float64)
    return [first, *(wide(block.norm4.bias) for block in blocks_of(sam))]


class ImageWeights(nn.Module):
    """Layers count from 1, and the attention after the last one as one more.

    By name: key_l, query_l [n, d, C] and value_l [n, C, d], the image's projections in layer l; cross_j_l [n, d, C],
    twice the products of the image before the norm of layer l with what it gains in layer j, before those values are
    known. constants and masks [:, C]: the same of the layers' constants and of what a mask prompt adds.
    """

    no_mask: Tensor
    query_bias: Tensor
    constants: Tensor
    masks: Tensor
    upscaling: Tensor

    def __init__(self, sam: Sam) -> None:
        super().__init__()
        config, decoder = sam.config, sam.mask_decoder
        self.heads, self.side, self.depth = config.decoder_heads, config.embedding_size, config.decoder_depth
        layers, width = blocks_of(sam), config.embed_dim
        looks = [layer.cross_attn_token_to_image for layer in layers] + [decoder.transformer.final_attn_token_to_image]
        centring = torch.eye(width, dtype=torch.float64) - 1.0 / width
        rows: dict[str, Tensor] = {}
        single: dict[str, Tensor] = {}
        values: dict[str, Tensor] = {}
        masks = []
        image = torch.eye(width, dtype=torch.float64)  # the state has x @ image
        gained: list[Tensor] = [mask_values(sam)]
        for number, layer in enumerate(layers, 1):
            look, looker = looks[number - 1], layer.cross_attn_image_to_token
            rows[f"key_{number}"] = wide(look.k_proj.weight) @ image.T
            rows[f"query_{number}"] = query_factor(looker) * wide(looker.q_proj.weight) @ image.T
            values[f"value_{number}"] = wide(look.v_proj.weight) @ image.T
            image = image @ centring
            constant = output_bias(looker) + constants(sam)[number - 1]
            gained.append(torch.cat([wide(looker.out_proj.weight).T, constant[None]]))
            gained = [given @ centring for given in gained]
            masks.append(2 * gained[0] @ image.T)
            for source, given in enumerate(gained[1:], 1):
                product = 2 * given @ image.T
                rows[f"cross_{source}_{number}"], single[f"constant_{source}_{number}"] = product[:-1], product[-1:]
            image = image * wide(layer.norm4.weight)
            gained = [given * wide(layer.norm4.weight) for given in gained]
        rows[f"key_{len(looks)}"] = wide(looks[-1].k_proj.weight) @ image.T
        values[f"value_{len(looks)}"] = wide(looks[-1].v_proj.weight) @ image.T

        looker = layers[0].cross_attn_image_to_token
        self.row_names, self.value_names, self.constant_names = tuple(rows), tuple(values), tuple(single)
        self.pe_layer = sam.prompt_encoder.pe_layer
        self.gains = nn.ParameterList(layer.norm4.weight.detach()[:, None] for layer in layers).requires_grad_(False)
        for name, tensor in {
            **{name: by_head(weight, self.heads) for name, weight in rows.items()},
            **{name: by_head(weight, self.heads).transpose(1, 2) for name, weight in values.items()},
            "no_mask": wide(sam.prompt_encoder.no_mask_embed.weight).T,
            "query_bias": query_factor(looker) * wide(looker.q_proj.bias).reshape(self.heads, -1, 1),
            "constants": torch.cat(list(single.values())),
            "masks": torch.cat(masks),
            "upscaling": image @ first_upscaling(decoder)[0],
        }.items():
            self.register_buffer(name, tensor.float().contiguous())

    def __getitem__(self, name: str) -> Tensor:
        return cast(Tensor, getattr(self, name))

    def image(self, embedding: Tensor) -> tuple[Tensor, Tensor]:
        """The embedding [1, C, h, w] → x, which is it with no mask, and x with the positions: [C, M] each, float32."""
        x = embedding.float().reshape(-1, self.side**2) + self.no_mask
        return x, x + self.pe_layer.grid(self.side, self.side).reshape(-1, self.side**2)

    def squares(self, x: Tensor) -> list[Tensor]:
        """Of x [C, M] before each norm, centred: its square over the channels, [1, M] each"""
        found = []
        for gain in self.gains:
            x = x - x.mean(0, keepdim=True)
            found.append((x * x).sum(0, keepdim=True))
            x = x * gain
        return found
