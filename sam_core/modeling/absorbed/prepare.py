"""What a click needs of the image, made once per image: all that is linear in it, as a few large products."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sam_core.modeling.absorbed.image_weights import ImageWeights
from sam_core.modeling.sam import Tensors


class PrepareImage(nn.Module):
    """The prepared tensors: the products of `ImageWeights` with the image under the same names. squares: of the image
    before each norm. upscaled: what the first transposed convolution makes of it."""

    def __init__(self, weights: ImageWeights) -> None:
        super().__init__()
        self.weights = weights

    @property
    def names(self) -> tuple[str, ...]:
        """The names of `forward`'s outputs, in order."""
        return (*self.weights.row_names, *self.weights.value_names, "constants", "masks", "squares", "upscaled")

    def forward(self, embedding: Tensor) -> Tensors:
        """The image embedding [1, C, h, w] → key, query, cross [n, d, M]; value [n, M, d]; constants [:, M]; masks
        [L, R, M]; squares [L, M]; upscaled [h, w, 4*mid]. float32."""
        weights, places = self.weights, self.weights.side**2
        x, with_positions = weights.image(embedding)
        rows = []
        for name in weights.row_names:
            weight = weights[name]
            product = weight.flatten(0, 1) @ (with_positions if name in ("key_1", "query_1") else x)
            rows.append(product.reshape(weights.heads, -1, places))
        rows[1] = rows[1] + weights.query_bias
        values = [x.T @ weights[name] for name in weights.value_names]
        masks = (weights.masks @ x).reshape(weights.depth, -1, places)
        upscaled = (x.T @ weights.upscaling).reshape(weights.side, weights.side, -1)
        return *rows, *values, weights.constants @ x, masks, torch.cat(weights.squares(x)), upscaled


class PreparedImage:
    """A click's products with the image, from what `PrepareImage` made. Layers count from 1."""

    def __init__(self, prepared: dict[str, Tensor], constant_names: Sequence[str], heads: int) -> None:
        self.prepared, self.heads = prepared, heads
        self.constants = dict(zip(constant_names, prepared["constants"].split(1), strict=True))
        self.squares = list(prepared["squares"].split(1))
        self.places = prepared["squares"].shape[1]

    def by_keys(self, number: int, q: Tensor) -> Tensor:
        """q [n, T, d] times the keys of the layer: [n*T, M]"""
        return (q @ self.prepared[f"key_{number}"]).reshape(-1, self.places)

    def by_queries(self, number: int, k: Tensor) -> Tensor:
        """k [n, T, d] times the queries of the layer: [n*T, M]"""
        return (k @ self.prepared[f"query_{number}"]).reshape(-1, self.places)

    def values_seen(self, number: int, attention: Tensor) -> Tensor:
        """attention [n*T, M] times the values of the layer: [n, T, d]"""
        return attention.reshape(self.heads, -1, self.places) @ self.prepared[f"value_{number}"]

    def crosses(self, source: int, number: int, v: Tensor, everywhere: Tensor) -> list[Tensor]:
        """Twice the products of the image before the norm of layer `number` with the rows that it gained in layer
        `source`: those of v [n, T, d] and that of everywhere [1, n*d]. [n*T + 1, M] in parts."""
        cross = self.prepared[f"cross_{source}_{number}"]
        rows = (v @ cross).reshape(-1, self.places)
        return [rows, everywhere @ cross.reshape(-1, self.places) + self.constants[f"constant_{source}_{number}"]]

    def upscaled(self, rows: int, columns: int) -> Tensor:
        """[rows*columns, 4*mid]"""
        upscaled = self.prepared["upscaled"]
        return upscaled[:rows, :columns].reshape(-1, upscaled.shape[2])
