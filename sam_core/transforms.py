"""The one place that resizes, pads and maps coordinates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image

from sam_core.config import SamConfig


@dataclass(frozen=True)
class Frame:
    """How an oriented image of height × width pixels lies in a model's square input: scaled, at the top left."""

    height: int
    width: int
    image_size: int

    def __post_init__(self) -> None:
        if min(self.height, self.width, self.image_size) < 1:
            raise ValueError(f"an image of {self.width}×{self.height} pixels has no frame")

    @property
    def resized(self) -> tuple[int, int]:
        """(height, width) of the image in the model's frame; the longer side is image_size."""
        scale = self.image_size / max(self.height, self.width)
        return max(1, int(self.height * scale + 0.5)), max(1, int(self.width * scale + 0.5))

    def to_model(self, coords: NDArray[np.float32]) -> NDArray[np.float32]:
        """(x, y) in image pixels [..., 2] → (x, y) in the model's resized frame, per axis."""
        height, width = self.resized
        return (coords * np.array([width / self.width, height / self.height])).astype(np.float32)


def resize(image: NDArray[np.uint8], frame: Frame) -> NDArray[np.uint8]:
    """[H, W, 3] → [h, w, 3] in the model's frame, antialiased."""
    height, width = frame.resized
    if image.shape[:2] == (height, width):
        return image
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR))


def to_input(image: NDArray[np.uint8], config: SamConfig) -> torch.Tensor:
    """An oriented RGB image [H, W, 3] uint8 → normalised, zero-padded pixels [1, 3, S, S] float32.

    Raises ValueError if it is not such an image.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(f"expected RGB of shape [H, W, 3] and dtype uint8, got {image.shape} and {image.dtype}")
    resized = resize(image, Frame(image.shape[0], image.shape[1], config.image_size))
    pixels = torch.from_numpy(np.array(resized)).float()
    pixels = (pixels - torch.tensor(config.pixel_mean)) / torch.tensor(config.pixel_std)
    # Padding comes after normalisation: it is zero, not black.
    height, width = resized.shape[:2]
    padded = F.pad(pixels, (0, 0, 0, config.image_size - width, 0, config.image_size - height))
    return padded.permute(2, 0, 1)[None]


def to_full_size(low_res: torch.Tensor, frame: Frame) -> torch.Tensor:
    """Low-res logits [N, L, L] → logits at the image's size [N, H, W], in two steps as the reference does it.

    One step would be cheaper, and changes 0.2–0.7 % of the pixels.
    """
    height, width = frame.resized
    square = (frame.image_size, frame.image_size)
    logits = F.interpolate(low_res[None], square, mode="bilinear", align_corners=False)[..., :height, :width]
    return F.interpolate(logits, (frame.height, frame.width), mode="bilinear", align_corners=False)[0]
