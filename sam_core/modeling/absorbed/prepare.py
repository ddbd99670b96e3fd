"""What a click needs of the image, made once per image: all that is linear in it, as a few large products."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from sam_core.modeling.absorbed.folding import output_bias, query_factor, wide
from sam_core.modeling.absorbed.planes import first_upscaling
from sam_core.modeling.sam import Sam, Tensors
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


class PrepareImage(nn.Module):
    """The prepared tensors. Layers count from 1, and the attention after the last one as one more.

    key_l, value_l, query_l: the image's projections in layer l. cross_j_l: twice the products of the image before the
    norm of layer l with what it gains in layer j, before those values are known; constants and masks: the same of the
    layers' constants and of what a mask prompt adds. squares: of the image before each norm. upscaled: what the first
    transposed convolution makes of it.
    """

    no_mask: Tensor
    first: Tensor
    first_bias: Tensor
    by_head: Tensor
    single: Tensor
    values: Tensor
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
        masks, values = [], []
        image = torch.eye(width, dtype=torch.float64)  # the state has x @ image
        gained: list[Tensor] = [mask_values(sam)]
        for number, layer in enumerate(layers, 1):
            look, looker = looks[number - 1], layer.cross_attn_image_to_token
            rows[f"key_{number}"] = wide(look.k_proj.weight) @ image.T
            rows[f"query_{number}"] = query_factor(looker) * wide(looker.q_proj.weight) @ image.T
            values.append(wide(look.v_proj.weight) @ image.T)
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
        values.append(wide(looks[-1].v_proj.weight) @ image.T)

        first = torch.cat([rows.pop("key_1"), rows.pop("query_1")])
        looker = layers[0].cross_attn_image_to_token
        bias = query_factor(looker) * wide(looker.q_proj.bias)
        self.row_names = tuple(rows)
        self.constant_names = tuple(single)
        self.pe_layer = sam.prompt_encoder.pe_layer
        self.gains = nn.ParameterList(layer.norm4.weight.detach()[:, None] for layer in layers).requires_grad_(False)
        for name, tensor in {
            "no_mask": wide(sam.prompt_encoder.no_mask_embed.weight).T,
            "first": first,
            "first_bias": torch.cat([torch.zeros_like(bias), bias])[:, None],
            "by_head": torch.cat(list(rows.values())),
            "single": torch.cat([*single.values(), *masks]),
            "values": torch.cat(values),
            "upscaling": image @ first_upscaling(decoder)[0],
        }.items():
            self.register_buffer(name, tensor.float().contiguous())

    @property
    def names(self) -> tuple[str, ...]:
        """The names of `forward`'s outputs, in order."""
        values = tuple(f"value_{number}" for number in range(1, self.depth + 2))
        return ("key_1", "query_1", *self.row_names, *values, "constants", "masks", "squares", "upscaled")

    def forward(self, embedding: Tensor) -> Tensors:
        """The image embedding [1, C, h, w] → key, query, cross [n, d, M]; value [n, M, d]; constants [:, M]; masks
        [L, R, M]; squares [L, M]; upscaled [h, w, 4*mid]. float32."""
        places, count = self.side**2, len(self.gains) + 1
        x = embedding.float().reshape(-1, places) + self.no_mask  # [C, M]
        positions = self.pe_layer.grid(self.side, self.side).reshape(-1, places)
        first = self.first @ (x + positions) + self.first_bias
        rows = torch.cat([first, self.by_head @ x]).reshape(2 + len(self.row_names), self.heads, -1, places)
        values = (self.values @ x).reshape(count, self.heads, -1, places).transpose(2, 3)
        single = self.single @ x
        squares, inside = [], x
        for gain in self.gains:
            inside = inside - inside.mean(0, keepdim=True)
            squares.append((inside * inside).sum(0, keepdim=True))
            inside = inside * gain
        upscaled = (x.T @ self.upscaling).reshape(self.side, self.side, -1)
        constants = len(self.constant_names)
        masks = single[constants:].reshape(len(self.gains), -1, places)
        return *rows, *values, single[:constants], masks, torch.cat(squares), upscaled
