"""From the image's state and the mask tokens to logits: only those planes and places that are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sam_core.modeling.absorbed.folding import wide
from sam_core.modeling.absorbed.image_state import Image, ImageState, centred
from sam_core.modeling.common import MLP, LayerNorm2d
from sam_core.modeling.mask_decoder import MaskDecoder


class MaskWeights(nn.Module):
    """The mask tokens' MLPs side by side: [T, C] → [T, channels]"""

    def __init__(self, mlps: nn.ModuleList) -> None:
        super().__init__()
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for same in zip(*(cast(MLP, mlp).layers for mlp in mlps), strict=True):
            linear = [cast(nn.Linear, layer) for layer in same]
            self.weights.append(torch.stack([layer.weight.detach().T for layer in linear]))
            self.biases.append(torch.stack([layer.bias.detach()[None] for layer in linear]))
        self.requires_grad_(False)

    def forward(self, tokens: Tensor) -> Tensor:
        x = tokens[:, None]  # [T, 1, C]
        last = len(self.weights) - 1
        for number, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = x @ weight + bias
            x = x if number == last else F.relu(x)
        return x[:, 0]


def first_upscaling(decoder: MaskDecoder) -> tuple[Tensor, Tensor]:
    """The first transposed convolution as a product, [C, (dy, dx, channel)], and its bias. Its results are centred over
    the channels, as the layer norm after it would centre them."""
    first = decoder.output_upscaling[0]
    assert isinstance(first, nn.ConvTranspose2d)
    assert first.bias is not None
    weight, bias = wide(first.weight).permute(0, 2, 3, 1), wide(first.bias)
    return centred(weight).flatten(1), centred(bias).repeat(4)


@dataclass(frozen=True)
class Upscaling:
    """What is left to do after the first transposed convolution: much work for few weights, and no layout but rows."""

    rows: Tensor  # [(row, column, dy, dx), mid], centred
    norm: Tensor  # [2, mid]: the layer norm's weight and bias
    eps: Tensor  # [1]
    second: Tensor  # [mid, (ey, ex, channel)]: of the sub-pixels that are wanted
    second_bias: Tensor  # [channels]
    weights: Tensor  # [P, channels] of the planes

    def planes(self, crop: Tensor, step: int) -> Tensor:
        """crop [2]: rows and columns of places; step: 2 where all sub-pixels are wanted, else 1 → logits
        [1, P, 2*step*rows, 2*step*columns]"""
        rows, columns = cast(int, crop[0]), cast(int, crop[1])
        x = self.rows
        # The layer norm; written out, as its means are zero already.
        x = x * torch.rsqrt((x * x).mean(-1, keepdim=True) + self.eps) * self.norm[0] + self.norm[1]
        x = F.gelu(x) @ self.second
        x = F.gelu(x.reshape(-1, self.second_bias.shape[0]) + self.second_bias)  # [(row, …, ey, ex), channels]
        x = (self.weights @ x.T).reshape(-1, rows, columns, 2, 2, step, step).permute(0, 1, 3, 5, 2, 4, 6)
        return x.reshape(1, -1, rows * 2 * step, columns * 2 * step)


class Planes(nn.Module):
    """The upscaler as matrix products. Places stay rows until the very end; only the finished planes are shuffled."""

    first: Tensor
    first_bias: Tensor
    second: Tensor
    second_bias: Tensor
    norm: Tensor
    eps: Tensor

    def __init__(self, decoder: MaskDecoder, constant: Tensor, side: int) -> None:
        """constant [C]: of the state that will be upscaled; side: of the embedding."""
        super().__init__()
        _, norm, _, second, _ = decoder.output_upscaling
        assert isinstance(norm, LayerNorm2d)
        assert isinstance(second, nn.ConvTranspose2d)
        assert second.bias is not None
        weight, bias = first_upscaling(decoder)
        self.register_buffer("first", weight.float())
        self.register_buffer("first_bias", (constant @ weight + bias).float())
        # One product per sub-pixel, chosen by `steps`: [(dy, dx), mid, channels]
        self.register_buffer("second", wide(second.weight).permute(2, 3, 0, 1).flatten(0, 1).float())
        self.register_buffer("second_bias", wide(second.bias).float())
        self.register_buffer("norm", torch.stack([norm.weight.detach(), norm.bias.detach()]))
        self.register_buffer("eps", torch.tensor([norm.eps]))
        self.mid, self.side = norm.weight.shape[0], side

    def forward(self, state: ImageState, image: Image, weights: Tensor, crop: Tensor, steps: Tensor) -> Upscaling:
        """weights [P, channels] of the planes; crop [2]: rows and columns of places to compute; steps [s, s]: which of
        each 2 × 2 sub-pixels, [[0, 1], [2, 3]] for all, [[0]] for every second row and column."""
        # Tensors, not numbers: the exported graph has to follow them.
        rows, columns = cast(int, crop[0]), cast(int, crop[1])
        side = self.side
        scale = cast(Tensor, state.scale).reshape(side, side, 1)[:rows, :columns].reshape(-1, 1)
        gained = state.rows.weights.reshape(-1, side, side)[:, :rows, :columns]
        gained = gained.reshape(-1, rows * columns)  # [K, places]
        x = image.upscaled(rows, columns) * scale + self.first_bias
        x = torch.addmm(x, gained.T, state.rows.values @ self.first)  # [places, (dy, dx, mid)]
        second = self.second[steps.flatten()].permute(1, 0, 2).flatten(1)
        return Upscaling(x.reshape(-1, self.mid), self.norm, self.eps, second, self.second_bias, weights)
