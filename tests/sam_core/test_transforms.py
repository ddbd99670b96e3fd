"""Resizing, padding and coordinates, as the reference has them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from sam_core.config import SamConfig
from sam_core.transforms import Frame, to_full_size, to_input

CONFIG = SamConfig(name="test", image_size=1024)


@pytest.mark.parametrize(
    ("height", "width", "resized"),
    [
        (1500, 2250, (683, 1024)),
        (2250, 1500, (1024, 683)),
        (1024, 1024, (1024, 1024)),
        (1, 3000, (1, 1024)),
        (3, 4, (768, 1024)),
    ],
)
def test_the_longer_side_fills_the_frame(height: int, width: int, resized: tuple[int, int]) -> None:
    assert Frame(height, width, 1024).resized == resized


def test_points_are_scaled_per_axis_and_not_shifted() -> None:
    coords = np.array([[2250, 1500], [0, 0], [100, 100]], np.float32)
    mapped = Frame(1500, 2250, 1024).to_model(coords)
    expected = np.array([[1024, 683], [0, 0], [100 * 1024 / 2250, 100 * 683 / 1500]], np.float32)
    np.testing.assert_allclose(mapped, expected, rtol=1e-6)


def test_padding_is_zero_after_normalisation() -> None:
    image = np.random.default_rng(0).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    pixels = to_input(image, CONFIG)
    assert pixels.shape == (1, 3, 1024, 1024)
    assert (pixels[:, :, 768:] == 0).all()
    expected = np.asarray(Image.fromarray(image).resize((1024, 768), Image.Resampling.BILINEAR))
    normal = (expected - np.array(CONFIG.pixel_mean)) / np.array(CONFIG.pixel_std)
    np.testing.assert_allclose(pixels[0, :, :768].permute(1, 2, 0).numpy(), normal, atol=1e-5)


def test_masks_go_to_full_size_in_two_steps() -> None:
    low = torch.randn(3, 256, 256)
    full = to_full_size(low, Frame(300, 400, 1024))
    step = F.interpolate(low[None], (1024, 1024), mode="bilinear", align_corners=False)[..., :768, :1024]
    torch.testing.assert_close(full, F.interpolate(step, (300, 400), mode="bilinear", align_corners=False)[0])


@pytest.mark.parametrize("image", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3))])
def test_other_than_rgb_bytes_is_refused(image: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected RGB"):
        to_input(image, CONFIG)


def test_an_empty_image_has_no_frame() -> None:
    with pytest.raises(ValueError, match="no frame"):
        Frame(0, 10, 1024)
