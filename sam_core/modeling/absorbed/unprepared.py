"""A click's products with an image that is not prepared yet, for the first click on it.

The projections go to the tokens' side: an embedding's [C, M] are multiplied with heads times tokens rows in each place
where `PrepareImage` has all rows of a projection. With few points that is a third of what preparing costs, but it
is spent at every click.
"""

from __future__ import annotations

import torch
from torch import Tensor

from sam_core.modeling.absorbed.image_weights import ImageWeights


class UnpreparedImage:
    """What `PreparedImage` does, to the same shapes, from the embedding itself."""

    def __init__(self, weights: ImageWeights, embedding: Tensor) -> None:
        """embedding [1, C, h, w]"""
        self.weights = weights
        self.x, self.with_positions = weights.image(embedding)
        self.squares = weights.squares(self.x)

    def by_keys(self, number: int, q: Tensor) -> Tensor:
        return self.rows(f"key_{number}", q) @ (self.with_positions if number == 1 else self.x)

    def by_queries(self, number: int, k: Tensor) -> Tensor:
        rows = self.rows(f"query_{number}", k)
        if number > 1:
            return rows @ self.x
        return rows @ self.with_positions + (k @ self.weights.query_bias).reshape(-1, 1)

    def values_seen(self, number: int, attention: Tensor) -> Tensor:
        weight = self.weights[f"value_{number}"]
        seen = (attention @ self.x.T).reshape(self.weights.heads, -1, weight.shape[1])
        return seen @ weight

    def crosses(self, source: int, number: int, v: Tensor, everywhere: Tensor) -> list[Tensor]:
        name = f"cross_{source}_{number}"
        constant = self.weights.constants[self.weights.constant_names.index(f"constant_{source}_{number}")]
        last = everywhere @ self.weights[name].flatten(0, 1) + constant
        return [torch.cat([self.rows(name, v), last]) @ self.x]

    def upscaled(self, rows: int, columns: int) -> Tensor:
        side = self.weights.side
        part = self.x.reshape(-1, side, side)[:, :rows, :columns]
        return part.reshape(-1, rows * columns).T @ self.weights.upscaling

    def rows(self, name: str, vectors: Tensor) -> Tensor:
        """vectors [n, T, d] through a projection, backwards: [n*T, C]"""
        weight = self.weights[name]
        return (vectors @ weight).reshape(-1, weight.shape[2])
