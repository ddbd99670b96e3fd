"""The paper's decoder, re-associated: the same answers, with far less to do at a click.

The image in the decoder is 4,096 places of 256 channels, the tokens are about ten. The plain form
(`modeling/mask_decoder.py`) projects all places anew at every click. Here no place is projected at a click, and the
image's features inside the decoder are never formed. Three observations carry it:

1. What the image gains in a layer is of low rank: attention weights times what the tokens give, with as many rows as
   heads times tokens. So after any layer the image, [M, C], is

       scale * (x @ D) + weights^T @ values + constant

   with x the image that `prepare` saw, D a fixed matrix per layer, and `scale` [1, M] what the layer norms multiplied
   each place by. An `ImageState` holds scale, weights [K, M] and values [K, C]; D and constants are folded into
   buffers.
2. A product with the image is then one with x, which no click changes and `prepare` made, and one with the few rows of
   values. The projections of the image go to the tokens' side.
3. A layer norm needs each place's variance. Of that sum it is the variance of the x part (prepared), of the rows (by
   the Gram matrix of the values), and twice their product (by prepared rows again).

A mask prompt adds to x a product of low rank too: its channels and a constant times fixed rows. It comes as the first
rows of weights and values.

Shapes: M places, C channels, T tokens, n heads of d channels, R rows of the mask prompt, K rows that the image gained.
Folding is done in float64. Batches of one.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from sam_core.modeling.absorbed.folding import SelfAttention, query_factor, wide
from sam_core.modeling.absorbed.image_state import Image, ImageState, ImageToTokens, Rows, StateNorm, TokensToImage
from sam_core.modeling.absorbed.image_weights import ImageWeights, blocks_of, constants, mask_values
from sam_core.modeling.absorbed.planes import MaskWeights, Planes, Upscaling
from sam_core.modeling.absorbed.prepare import PreparedImage, PrepareImage
from sam_core.modeling.absorbed.unprepared import UnpreparedImage
from sam_core.modeling.sam import Sam, Tensors
from sam_core.modeling.two_way_transformer import TwoWayBlock

BEST = -1
"""For `shown`: the plane of the multimask token with the best predicted IoU."""
PANEL = 8
"""Columns of `second` that `decode_rows` lays side by side: two registers of the browser's kernel."""


class Layer(nn.Module):
    """`TwoWayBlock` on an `ImageState`."""

    def __init__(self, block: TwoWayBlock, constant: Tensor, number: int) -> None:
        super().__init__()
        self.first = block.first
        self.self_attn = SelfAttention(block.self_attn)
        self.tokens_to_image = TokensToImage(block.cross_attn_token_to_image, constant, number)
        self.image_to_tokens = ImageToTokens(block.cross_attn_image_to_token, constant, number)
        self.mlp = block.mlp
        self.norm1, self.norm2, self.norm3 = block.norm1, block.norm2, block.norm3
        self.norm4 = StateNorm(block.norm4)


class Positions(nn.Module):
    """The positions' part of the image's keys and queries after the first layer: worked out when a graph is opened."""

    weight: Tensor
    bias: Tensor

    def __init__(self, sam: Sam) -> None:
        super().__init__()
        transformer, config = sam.mask_decoder.transformer, sam.config
        self.heads, self.side = config.decoder_heads, config.embedding_size
        weights, biases, names = [], [], []
        for number, (layer, constant) in enumerate(zip(blocks_of(sam), constants(sam), strict=False), 1):
            if number == 1:
                continue
            looker = layer.cross_attn_image_to_token
            query = wide(looker.q_proj.weight) * query_factor(looker)
            weights += [wide(layer.cross_attn_token_to_image.k_proj.weight), query]
            # The keys' own constant is the same at all places, which a softmax over places does not see.
            biases += [torch.zeros(len(query)), query @ constant + wide(looker.q_proj.bias) * query_factor(looker)]
            names += [f"key_{number}", f"query_{number}"]
        final = transformer.final_attn_token_to_image
        self.names = (*names, f"key_{config.decoder_depth + 1}")
        self.pe_layer = sam.prompt_encoder.pe_layer
        self.register_buffer("weight", torch.cat([*weights, wide(final.k_proj.weight)]).float())
        self.register_buffer("bias", torch.cat([*biases, torch.zeros(len(final.k_proj.weight))]).float()[:, None])

    def forward(self) -> dict[str, Tensor]:
        """[n, d, M] each"""
        places = self.pe_layer.grid(self.side, self.side).flatten(2)[0]  # [C, M]
        terms = self.weight @ places + self.bias
        return dict(zip(self.names, terms.reshape(len(self.names), self.heads, -1, self.side**2), strict=True))


class AbsorbedDecoder(nn.Module):
    """Built from a `Sam` of the paper's layout. It does not follow the `Sam`'s later training.

    Raises ValueError for a model with high-resolution features: its prompts are dense.
    """

    mask_values: Tensor
    mask_first: Tensor
    mask_value: Tensor
    table: Tensor
    own_tokens: Tensor

    def __init__(self, sam: Sam) -> None:
        super().__init__()
        if sam.config.high_res:
            raise ValueError(f"{sam.config.name} has high-resolution features: its decoder has no such form")
        decoder, prompts, config = sam.mask_decoder, sam.prompt_encoder, sam.config
        self.config, self.heads = config, config.decoder_heads
        self.image_weights = ImageWeights(sam)
        self.prepare = PrepareImage(self.image_weights)
        before = constants(sam)
        blocks = blocks_of(sam)
        self.layers = nn.ModuleList(Layer(block, before[number - 1], number) for number, block in enumerate(blocks, 1))
        self.final = TokensToImage(decoder.transformer.final_attn_token_to_image, before[-1], len(before))
        self.norm_final = decoder.transformer.norm_final_attn
        self.positions = Positions(sam)
        self.mask_weights, self.ious = MaskWeights(decoder.output_hypernetworks_mlps), decoder.iou_prediction_head
        self.planes = Planes(decoder, before[-1], config.embedding_size)
        self.pe_layer, self.shrink = prompts.pe_layer, prompts.mask_downscaling[:6]
        rows, block = mask_values(sam), blocks[0]
        key, looker = block.cross_attn_token_to_image.k_proj, block.cross_attn_image_to_token
        first = torch.cat([wide(key.weight), wide(looker.q_proj.weight) * query_factor(looker)])
        labels = [prompts.not_a_point_embed, *prompts.point_embeddings]
        for name, tensor in {
            "mask_values": rows,
            "mask_first": first @ rows.T,  # [2*n*d, R]
            "mask_value": wide(block.cross_attn_token_to_image.v_proj.weight) @ rows.T,  # [n*d, R]
            "table": torch.cat([wide(cast(nn.Embedding, label).weight) for label in labels]),
            "own_tokens": torch.cat([wide(decoder.iou_token.weight), wide(decoder.mask_tokens.weight)]),
        }.items():
            self.register_buffer(name, tensor.float())

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the prepared tensors that `decode` takes, in order."""
        return tuple(name for name in self.prepare.names if name != "masks")

    def no_mask(self) -> tuple[Tensor, Tensor]:
        """What `decode` takes for the mask prompt where there is none: rows [1, M] and their products [L, 1, M]."""
        places = self.config.embedding_size**2
        return torch.zeros(1, places), torch.zeros(len(self.layers), 1, places)

    def prompt_mask(self, mask_input: Tensor, key: Tensor, query: Tensor, value: Tensor) -> Tensors:
        """The mask prompt's rows, and the first layer's prepared tensors with it.

        mask_input [1, 1, L, L]: previous logits; key_1 and query_1 [n, d, M], value_1 [n, M, d] → mask_rows [R, M],
        key_1, query_1, value_1. `decode` takes these, and `prepare`'s masks for the rows' products.
        """
        channels = self.shrink(mask_input).flatten(2)[0]
        rows = torch.cat([channels, torch.ones_like(channels[:1])])  # [R, M]
        more = (self.mask_first @ rows).reshape(2, *key.shape)
        more_value = (self.mask_value @ rows).reshape(key.shape).transpose(1, 2)
        return rows, key + more[0], query + more[1], value + more_value

    def tokens(self, coords: Tensor, labels: Tensor) -> Tensor:
        """coords [1, N, 2], labels [1, N] → the decoder's own tokens and the points', [T, C]"""
        label = labels.reshape(-1)
        place = self.pe_layer((coords.reshape(-1, 2) + 0.5) * (1.0 / self.config.image_size))
        points = place * (label >= 0).to(place.dtype)[:, None] + self.table[label.long() + 1]
        return torch.cat([self.own_tokens, points])

    def decode(
        self,
        prepared: Tensors,
        coords: Tensor,
        labels: Tensor,
        mask_rows: Tensor,
        mask_cross: Tensor,
        shown: Tensor,
        crop: Tensor,
        steps: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """The step at every click.

        prepared: as from `prepare` without its `masks`, the first layer's as from `prompt_mask` where there is a mask;
        coords [1, N, 2] and labels [1, N] as for `Sam.decode`; mask_rows [R, M] and mask_cross [L, R, M] as from
        `prompt_mask` and `prepare`, or as from `no_mask`; shown [P]: tokens whose planes are wanted, or BEST; crop [2]:
        rows and columns of the embedding to compute logits for; steps: see `Planes`. Returns low-res logits
        [1, P, 4*rows, 4*columns] (with all steps) and the mask tokens' predicted IoUs [1, 4].
        """
        upscaling, ious = self.transformed(
            self.prepared_image(prepared), coords, labels, mask_rows, mask_cross, shown, crop, steps
        )
        return upscaling.planes(crop, steps.shape[0]), ious

    def decode_rows(self, prepared: Tensors, *click: Tensor) -> Tensors:
        """`decode` but for `Upscaling.planes`, for whoever can do that faster: the tensors of an `Upscaling` in their
        order, and the predicted IoUs. `second` comes as [(ey, ex, channel) / 8, mid, 8]. click: as for `decode`."""
        upscaling, ious = self.transformed(self.prepared_image(prepared), *click)
        second = upscaling.second.reshape(self.planes.mid, -1, PANEL).transpose(0, 1)
        return (
            *(upscaling.rows, upscaling.norm, upscaling.eps, second, upscaling.second_bias, upscaling.weights),
            ious,
        )

    @property
    def has_rows(self) -> bool:
        """Whether the sizes fit `decode_rows`."""
        return self.planes.second_bias.shape[0] % PANEL == 0 and self.planes.mid % 4 == 0

    def prepared_image(self, prepared: Tensors) -> PreparedImage:
        image = dict(zip(self.names, prepared, strict=True))
        return PreparedImage(image, self.image_weights.constant_names, self.heads)

    def decode_first(
        self, embedding: Tensor, coords: Tensor, labels: Tensor, shown: Tensor, crop: Tensor, steps: Tensor
    ) -> tuple[Tensor, Tensor]:
        """`decode` without a mask prompt, for an image that is not prepared yet. embedding [1, C, h, w]; the rest as
        for `decode`."""
        image = UnpreparedImage(self.image_weights, embedding)
        upscaling, ious = self.transformed(image, coords, labels, *self.no_mask(), shown, crop, steps)
        return upscaling.planes(crop, steps.shape[0]), ious

    def transformed(
        self,
        image: Image,
        coords: Tensor,
        labels: Tensor,
        mask_rows: Tensor,
        mask_cross: Tensor,
        shown: Tensor,
        crop: Tensor,
        steps: Tensor,
    ) -> tuple[Upscaling, Tensor]:
        """See `decode`: what is to be upscaled, and the predicted IoUs."""
        positions = self.positions()
        point = tokens = self.tokens(coords, labels)
        places = self.config.embedding_size**2
        state = ImageState(places, None, Rows(mask_rows, self.mask_values[: mask_rows.shape[0]]))
        sources: list[tuple[Tensor, Tensor]] = []
        for number, module in enumerate(self.layers, 1):
            layer = cast(Layer, module)
            if layer.first:
                tokens = layer.norm1(layer.self_attn(tokens, tokens))
            else:
                tokens = layer.norm1(tokens + layer.self_attn(tokens + point, tokens))
            seen = layer.tokens_to_image(tokens + point, image, positions.get(f"key_{number}"), state)
            tokens = layer.norm2(tokens + seen)
            tokens = layer.norm3(tokens + layer.mlp(tokens))
            gained, v, everywhere = layer.image_to_tokens(tokens, point, image, positions.get(f"query_{number}"), state)
            sources.append((v, everywhere))
            crosses = [image.crosses(source, number, *given) for source, given in enumerate(sources, 1)]
            old_cross = torch.cat([mask_cross[number - 1], *(part for parts in crosses[:-1] for part in parts)])
            state = layer.norm4(state, gained, image.squares[number - 1], old_cross, torch.cat(crosses[-1]))
        # Nothing follows but the heads of the decoder's own tokens.
        own = len(self.own_tokens)
        tokens, point = tokens[:own], point[:own]
        seen = self.final(tokens + point, image, positions[f"key_{len(self.layers) + 1}"], state)
        tokens = self.norm_final(tokens + seen)
        ious = self.ious(tokens[:1])
        weights = self.mask_weights(tokens[1:])
        best = ious[0, 1:].argmax() + 1
        planes = weights[torch.where(shown < 0, best, shown)]
        return self.planes(state, image, planes, crop, steps), ious
