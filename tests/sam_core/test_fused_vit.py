"""The ViT's fused blocks answer as the plain ones do, with the plain ones' weights."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from sam_core.checkpoints import build
from sam_core.config import TINY_VIT, SamConfig
from sam_core.encoders import fused_vit
from sam_core.encoders.fused_encoder import FusedEncoder
from sam_core.encoders.products import ExactProduct
from sam_core.modeling import Sam


def lively(config: SamConfig) -> Sam:
    """Random weights everywhere: a new model's relative positions and biases are zeros, which would hide mistakes."""
    sam = build(config).requires_grad_(False)
    generator = torch.Generator().manual_seed(4)
    for parameter in sam.image_encoder.parameters():
        parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
    return sam


@pytest.mark.parametrize(("cells", "window"), [(6, 3), (7, 3), (4, 3), (2, 3), (1, 1)])
@pytest.mark.parametrize("part", [1, 17, 1000])
@torch.inference_mode()
def test_windows_within_and_beyond_the_grid_are_the_plain_encoder_s(monkeypatch, cells: int, window: int, part: int):
    monkeypatch.setattr(fused_vit, "TOKENS", part)
    monkeypatch.setattr(fused_vit, "QUERIES", part)
    sam = lively(replace(TINY_VIT, image_size=16 * cells, vit_window=window, vit_depth=4, vit_global_blocks=(1, 3)))
    pixels = torch.randn(2, 3, 16 * cells, 16 * cells, generator=torch.Generator().manual_seed(5))
    given = pixels.clone()
    torch.testing.assert_close(FusedEncoder(sam)(pixels)[0], sam.encode(pixels)[0], atol=1e-4, rtol=0)
    assert torch.equal(pixels, given)


def memory_of(tensors: Iterable[Tensor]) -> set[int]:
    return {tensor.untyped_storage().data_ptr() for tensor in tensors}


@torch.inference_mode()
def test_its_weights_are_the_model_s_own_and_stay_as_they_were():
    sam = lively(TINY_VIT)
    before = {key: tensor.clone() for key, tensor in sam.state_dict().items()}
    encoder = FusedEncoder(sam)
    encoder(torch.randn(1, 3, 64, 64))
    fused = encoder.sam.image_encoder
    products = [part for module in fused.modules() for part in vars(module).values() if isinstance(part, ExactProduct)]
    used = [*fused.parameters(), *(tensor for product in products for tensor in (product.weight, product.bias))]
    assert memory_of(used) == memory_of(sam.image_encoder.parameters())
    for key, tensor in sam.state_dict().items():
        assert torch.equal(tensor, before[key])
