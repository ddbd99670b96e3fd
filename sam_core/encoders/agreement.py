"""Whether two encoders' embeddings are the same to the decoder: by their numbers, or by the masks of a fixed check."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sam_core.checkpoints import LoadedModel
from sam_core.embedding import ImageEmbedding
from sam_core.predictor import Prepared, decode
from sam_core.prompts import Box, Point, Prompts

HEIGHT, WIDTH = 480, 640
LEAST_IOU = 0.99
"""Below it an encoder of reduced precision is another model: its masks are not those of the version it bears."""
LARGEST_DIFFERENCE = 1e-3
"""Of an encoder of full precision from the plain one, in the embedding's numbers (about 1 in size)."""


def check_picture() -> NDArray[np.uint8]:
    """[HEIGHT, WIDTH, 3], always the same: shapes of several sizes with soft and hard edges on an uneven ground."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    ground = np.stack([90 + 60 * x / WIDTH, 120 + 30 * np.sin(y / 23), 80 + 50 * y / HEIGHT], axis=-1)
    picture = ground + np.random.default_rng(3).normal(0, 6, ground.shape)
    shapes = (
        (np.hypot((x - 150) / 90, (y - 160) / 70) < 1, (200, 60, 50)),
        ((abs(x - 440) < 110) & (abs(y - 130) < 60), (40, 80, 190)),
        (np.hypot(x - 330, y - 330) < 45, (235, 220, 90)),
        ((abs(x - 540) + abs(y - 360)) < 70, (30, 150, 70)),
        (np.hypot((x - 130) / 100, (y - 390) / 30) < 1, (225, 225, 230)),
        (np.hypot(x - 440, y - 130) < 25, (240, 140, 30)),
    )
    for inside, colour in shapes:
        picture[inside] = 0.25 * picture[inside] + 0.75 * np.array(colour)
    return picture.clip(0, 255).astype(np.uint8)


PROMPTS = (
    *(Prompts([Point(x, y)]) for x, y in ((150, 160), (380, 130), (330, 330), (540, 360), (130, 390), (440, 130))),
    *(Prompts([Point(x, y)]) for x, y in ((20, 20), (300, 230), (600, 460))),  # of the ground
    Prompts(box=Box(60, 90, 240, 230)),
    Prompts(box=Box(330, 70, 550, 190)),
    Prompts([Point(440, 130), Point(380, 130, 0)]),
)


def mask_iou(model: LoadedModel, expected: ImageEmbedding, other: ImageEmbedding) -> float:
    """The mean IoU, over PROMPTS, of the masks that the two embeddings of `check_picture` give."""
    one, two = Prepared(model, expected), Prepared(model, other)
    ious = []
    for prompts in PROMPTS:
        shown, compared = decode(model, one, prompts), decode(model, two, prompts)
        a = shown.mask()
        b = compared.mask(shown.token)  # the same token: two that are rated alike are no matter of the encoder
        union = (a | b).sum()
        ious.append(1.0 if not union else float((a & b).sum() / union))
    return float(np.mean(ious))


def largest_difference(expected: Sequence[Tensor], other: Sequence[Tensor]) -> float:
    """Between two encoders' tensors, in units of LARGEST_DIFFERENCE: up to 1 they are the same encoder.

    The unit grows with the largest number if that is above 1. Infinite for other shapes and for what is not finite.
    """
    worst = 0.0
    for one, two in zip(expected, other, strict=True):
        if one.shape != two.shape or not torch.isfinite(two).all():
            return float("inf")
        unit = LARGEST_DIFFERENCE * max(1.0, float(one.abs().max()))
        worst = max(worst, float((one - two).abs().max()) / unit)
    return worst
