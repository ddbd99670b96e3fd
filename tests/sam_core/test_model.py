"""Every kind of model, at the size of a test: shapes, no NaN, every parameter learns, names as published."""

from __future__ import annotations

import pytest
import torch

from sam_core.checkpoints import build
from sam_core.config import PRESETS, TINY_BUILTIN, TINY_MOBILE, TINY_VIT, SamConfig
from sam_core.modeling import Sam

TINY = pytest.mark.parametrize("config", [TINY_VIT, TINY_MOBILE, TINY_BUILTIN], ids=lambda c: c.name)


def run(sam: Sam, batch: int = 1, per_image: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    config, side = sam.config, sam.config.low_res_size
    generator = torch.Generator().manual_seed(3)
    pixels = torch.randn(batch, 3, config.image_size, config.image_size, generator=generator)
    coords = torch.rand(batch * per_image, 5, 2, generator=generator) * config.image_size
    labels = torch.tensor([[0.0, 1.0, 2.0, 3.0, -1.0]]).expand(batch * per_image, -1)
    mask_input = torch.randn(batch * per_image, 1, side, side, generator=generator)
    # Half a mask: both what stands for "no mask" and what reads one take part.
    has_mask = torch.full((batch * per_image,), 0.5)
    return sam.decode(sam.prepare(*sam.encode(pixels)), coords, labels, mask_input, has_mask)


@TINY
def test_answers_have_a_mask_and_an_iou_per_token(config: SamConfig) -> None:
    logits, ious = run(build(config), batch=2, per_image=3)
    assert logits.shape == (6, config.mask_tokens, config.low_res_size, config.low_res_size)
    assert ious.shape == (6, config.mask_tokens)
    assert logits.isfinite().all()
    assert ious.isfinite().all()


@TINY
def test_every_parameter_gets_a_gradient(config: SamConfig) -> None:
    sam = build(config).train()
    with torch.no_grad():  # what starts at zero would hide what lies behind it
        for parameter in sam.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    logits, ious = run(sam, batch=2)
    (logits.square().sum() + ious.square().sum()).backward()
    without = [name for name, p in sam.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert not without


@TINY
def test_prompts_of_one_image_do_not_touch_each_other(config: SamConfig) -> None:
    sam = build(config)
    logits, _ = run(sam, batch=1, per_image=3)
    pixels = torch.randn(1, 3, config.image_size, config.image_size, generator=torch.Generator().manual_seed(3))
    prepared = sam.prepare(*sam.encode(pixels))
    generator = torch.Generator().manual_seed(3)
    torch.randn(pixels.shape, generator=generator)
    coords = torch.rand(3, 5, 2, generator=generator) * config.image_size
    mask_input = torch.randn(3, 1, config.low_res_size, config.low_res_size, generator=generator)
    labels = torch.tensor([[0.0, 1.0, 2.0, 3.0, -1.0]])
    alone, _ = sam.decode(prepared, coords[1:2], labels, mask_input[1:2], torch.full((1,), 0.5))
    torch.testing.assert_close(alone[0], logits[1], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", ["vit_h", "vit_l", "vit_b"])
def test_the_papers_models_have_the_published_names_and_sizes(name: str) -> None:
    """Counts of the published checkpoints: 1 + 2·depth relative tables… the whole layout is compared elsewhere."""
    with torch.device("meta"):
        sam = Sam(PRESETS[name])
    keys = set(sam.state_dict())
    assert {
        "image_encoder.pos_embed",
        "image_encoder.patch_embed.proj.weight",
        "image_encoder.blocks.0.attn.rel_pos_h",
        "image_encoder.neck.3.bias",
        "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix",
        "prompt_encoder.mask_downscaling.6.weight",
        "prompt_encoder.point_embeddings.3.weight",
        "prompt_encoder.not_a_point_embed.weight",
        "prompt_encoder.no_mask_embed.weight",
        "mask_decoder.transformer.layers.1.cross_attn_image_to_token.out_proj.bias",
        "mask_decoder.transformer.final_attn_token_to_image.q_proj.weight",
        "mask_decoder.output_upscaling.3.weight",
        "mask_decoder.output_hypernetworks_mlps.3.layers.2.weight",
        "mask_decoder.iou_prediction_head.layers.2.bias",
    } <= keys
    millions = sum(p.numel() for p in sam.parameters()) / 1e6
    assert millions == pytest.approx({"vit_h": 641.1, "vit_l": 312.3, "vit_b": 93.7}[name], abs=0.1)


def test_the_builtin_model_is_small() -> None:
    with torch.device("meta"):
        sam = Sam(PRESETS["builtin"])
    assert 4 * sum(p.numel() for p in sam.parameters()) <= 20_000_000


def test_a_config_survives_its_json() -> None:
    for config in PRESETS.values():
        assert SamConfig.from_json(config.to_json()) == config
    for text in ("", "[]", '{"name": "x", "size": 3}', '{"image_size": 64}'):
        with pytest.raises(ValueError, match="not a SamConfig"):
            SamConfig.from_json(text)
