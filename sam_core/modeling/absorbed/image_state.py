"""The image inside the decoder, which is never formed, and the three things that are done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sam_core.modeling.absorbed.folding import Folded, Split, by_head, output_bias, query_factor, wide
from sam_core.modeling.two_way_transformer import Attention


@dataclass(frozen=True)
class Rows:
    """weights^T @ values: something of low rank that the image gained."""

    weights: Tensor  # [K, M]
    values: Tensor  # [K, C]


@dataclass(frozen=True)
class ImageState:
    """The image [M, C] as scale * (x @ D) + weights^T @ values + constant; D and the constant are folded elsewhere."""

    places: int  # M
    scale: Tensor | None  # [1, M]; None while it is 1
    rows: Rows

    def scaled(self, rows: Tensor) -> Tensor:
        return rows if self.scale is None else rows * self.scale

    def rows_seen(self, tokens: Tensor, projection: Tensor) -> Tensor:
        """Tokens [n, T, d] times the projection [n, d, C] of weights^T @ values: [n*T, M]"""
        seen = (tokens @ projection).reshape(-1, projection.shape[2]) @ self.rows.values.T
        return seen @ self.rows.weights

    def flat(self, rows: Tensor) -> Tensor:
        """[n, T, M] → [n*T, M]"""
        return rows.reshape(-1, self.places)


class Image(Protocol):
    """A click's products with the image that came from the encoder: see `PreparedImage`."""

    squares: list[Tensor]

    def by_keys(self, number: int, q: Tensor) -> Tensor: ...
    def by_queries(self, number: int, k: Tensor) -> Tensor: ...
    def values_seen(self, number: int, attention: Tensor) -> Tensor: ...
    def crosses(self, source: int, number: int, v: Tensor, everywhere: Tensor) -> list[Tensor]: ...
    def upscaled(self, rows: int, columns: int) -> Tensor: ...


class TokensToImage(nn.Module):
    """The tokens' attention to the image.

    In the first layer positions and the mask prompt are within the prepared tensors, and nothing else is in the image.
    """

    key_weight: Tensor
    value_weight: Tensor

    def __init__(self, attention: Attention, constant: Tensor, number: int) -> None:
        """constant [C]: of the state it will look at; number: of the layer, from 1."""
        super().__init__()
        self.number = number
        self.heads, self.width, self.split = attention.heads, attention.q_proj.in_features, Split(attention)
        factor = query_factor(attention)
        value, out = wide(attention.v_proj.weight), wide(attention.out_proj.weight)
        self.q = Folded(wide(attention.q_proj.weight) * factor, wide(attention.q_proj.bias) * factor)
        self.out = Folded(out, output_bias(attention) + out @ (value @ constant))
        # What is the same at all places (the keys' bias, the constant) is not seen by a softmax over places.
        self.register_buffer("key_weight", by_head(wide(attention.k_proj.weight), self.heads).float())
        self.register_buffer("value_weight", by_head(value, self.heads).transpose(1, 2).float())

    def forward(self, tokens: Tensor, image: Image, position: Tensor | None, state: ImageState) -> Tensor:
        """tokens [T, C], the positions' part of the keys [n, d, M] (None in the first layer) → [T, C]"""
        q = self.split(self.q(tokens))
        logits = image.by_keys(self.number, q)
        if position is None:
            return self.out(self.split.merged(image.values_seen(self.number, F.softmax(logits, dim=-1))))
        logits = state.scaled(logits) + state.rows_seen(q, self.key_weight) + state.flat(q @ position)
        attention = F.softmax(logits, dim=-1)  # [n*T, M]
        direct = image.values_seen(self.number, state.scaled(attention))
        through = (attention @ state.rows.weights.T) @ state.rows.values  # [n*T, C]
        return self.out(self.split.merged(direct + through.reshape(self.heads, -1, self.width) @ self.value_weight))


class ImageToTokens(nn.Module):
    """The image's attention to the tokens: the rows that the image gains."""

    query_weight: Tensor
    out_weight: Tensor
    constant: Tensor

    def __init__(self, attention: Attention, constant: Tensor, number: int) -> None:
        """constant [C]: of the state that it looks from; number: of the layer, from 1."""
        super().__init__()
        self.number = number
        self.heads, self.width, self.split = attention.heads, attention.q_proj.in_features, Split(attention)
        # The keys' bias adds the same to all logits of a place, which its softmax does not see.
        self.k = Folded(wide(attention.k_proj.weight))
        self.v = Folded(wide(attention.v_proj.weight))
        query = wide(attention.q_proj.weight) * query_factor(attention)
        self.register_buffer("query_weight", by_head(query, self.heads).float())
        self.register_buffer("out_weight", by_head(wide(attention.out_proj.weight).T, self.heads).float())
        self.register_buffer("constant", (output_bias(attention) + constant).float()[None])

    def forward(
        self, tokens: Tensor, point: Tensor, image: Image, position: Tensor | None, state: ImageState
    ) -> tuple[Rows, Tensor, Tensor]:
        """tokens and their positions [T, C], the positions' part of the queries [n, d, M] (None in the first layer) →
        the rows, [n*(T-1) + 1] of them, and what they are made of: values before their projection, [n, T-1, d] and
        [1, n*d].

        In each head the weights of a place sum to 1. So the first token's are left out: its values are given to all
        places, in the last row, and the other tokens' count as differences from it.
        """
        k = self.split(self.k(tokens + point))
        logits = image.by_queries(self.number, k)
        if position is not None:
            logits = state.scaled(logits) + state.rows_seen(k, self.query_weight) + state.flat(k @ position)
        logits = logits.reshape(self.heads, -1, state.places)
        # Written out: a softmax over an inner axis is computed on a transposed copy.
        weights = torch.exp(logits - logits.amax(1, keepdim=True))
        weights = weights[:, 1:] / weights.sum(1, keepdim=True)
        values = self.v(tokens)
        everywhere = values[:1]
        v = self.split(values[1:] - everywhere)
        ones = torch.ones(1, state.places, device=values.device)
        last = everywhere @ self.out_weight.reshape(-1, self.width) + self.constant
        gained = Rows(
            torch.cat([state.flat(weights), ones]), torch.cat([(v @ self.out_weight).reshape(-1, self.width), last])
        )
        return gained, v, everywhere


class StateNorm(nn.Module):
    """The layer norm of the image with what it gained. Its shift is the next state's constant."""

    weight: Tensor

    def __init__(self, norm: nn.LayerNorm) -> None:
        super().__init__()
        self.eps = norm.eps
        self.register_buffer("weight", norm.weight.detach().clone())

    def forward(
        self, state: ImageState, gained: Rows, square: Tensor, old_cross: Tensor, new_cross: Tensor
    ) -> ImageState:
        """square [1, M]: the centred x part's, without scale; crosses [K, M]: twice its products with the state's rows
        and with the gained ones."""
        old, new = state.rows, gained
        old_values, new_values = centred(old.values), centred(new.values)
        weights, values = torch.cat([old.weights, new.weights]), torch.cat([old_values, new_values])
        # The rows' own square. The Gram matrix is symmetric: of its two blocks between old and new, one is taken twice.
        gram = new_values @ torch.cat([2 * old_values, new_values]).T
        old_part = (old_values @ old_values.T) @ old.weights + state.scaled(old_cross)
        new_part = gram @ weights + state.scaled(new_cross)
        total = (old.weights * old_part).sum(0, keepdim=True) + (new.weights * new_part).sum(0, keepdim=True)
        total = total + state.scaled(state.scaled(square))
        inverse = torch.rsqrt(total * (1.0 / self.weight.shape[0]) + self.eps)
        scale = inverse if state.scale is None else state.scale * inverse
        return ImageState(state.places, scale, Rows(weights * inverse, values * self.weight))


def centred(values: Tensor) -> Tensor:
    """Each row less its mean."""
    return values - values.mean(-1, keepdim=True)
