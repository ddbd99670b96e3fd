"""MobileSAM's encoder against stored output of the original, for weights that are made from each key's name."""

import json
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from sam_core.config import MOBILE_SAM
from sam_core.encoders.fused_layers import fuse
from sam_core.modeling.tiny_vit import UNUSED_KEYS, TinyViT

GOLDEN = Path(__file__).parent / "golden"


def made_from_name(key: str, shape: tuple[int, ...]) -> torch.Tensor:
    n: np.ndarray = np.random.default_rng(zlib.crc32(key.encode())).standard_normal(shape).astype(np.float32)
    if key.endswith("running_var"):
        n = 1 + 0.1 * np.abs(n)
    elif key.endswith(("running_mean", "bias")):
        n = 0.02 * n
    elif n.ndim <= 1:
        n = 1 + 0.02 * n
    elif key.endswith("attention_biases"):
        # The original copies its biases into the attention when it is put into evaluation mode, which was done before
        # these weights came: the stored output is that of biases still at zero.
        n = np.zeros_like(n)
    else:
        n = n / np.sqrt(np.prod(shape[1:]))
    return torch.from_numpy(np.asarray(n, dtype=np.float32))


def test_keys_and_shapes_are_the_published_ones():
    with torch.device("meta"):
        ours = {f"image_encoder.{key}": list(value.shape) for key, value in TinyViT(MOBILE_SAM).state_dict().items()}
    published = json.loads((GOLDEN / "mobile_sam_encoder_keys.json").read_text())
    assert ours == {key: shape for key, shape in published.items() if key not in UNUSED_KEYS}
    assert set(published) >= UNUSED_KEYS


@pytest.mark.parametrize("form", [lambda encoder: encoder, fuse], ids=["plain", "fused"])
def test_the_embedding_is_the_original_s(form: Callable[[nn.Module], nn.Module]):
    encoder = TinyViT(MOBILE_SAM).eval()
    encoder.load_state_dict(
        {
            key: made_from_name(f"image_encoder.{key}", tuple(value.shape)) if value.is_floating_point() else value
            for key, value in encoder.state_dict().items()
        }
    )
    pixels = np.random.default_rng(7).standard_normal((1, 3, 1024, 1024)).astype(np.float32)
    with torch.inference_mode():
        embedding = form(encoder)(torch.from_numpy(pixels)).numpy()
    with np.load(GOLDEN / "mobile_sam_encoder.npz", allow_pickle=False) as golden:
        np.testing.assert_allclose(embedding[:, ::8, ::2, ::2], golden["embedding"], atol=1e-4)
        np.testing.assert_allclose(embedding.mean((2, 3)).ravel(), golden["mean"].ravel(), atol=1e-4)
        np.testing.assert_allclose(embedding.std((2, 3)).ravel(), golden["std"].ravel(), atol=1e-4)
