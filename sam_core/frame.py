"""How an image lies in a model's input, and the resize into it. Without torch: what reads photos needs no more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image


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


def resize(
    picture: Image.Image, size: tuple[int, int], box: tuple[float, float, float, float] | None = None
) -> Image.Image:
    """The picture at `size` (height, width), antialiased. box: (left, top, right, bottom) of it that is the image."""
    height, width = size
    if picture.size == (width, height) and box is None:
        return picture
    return picture.resize((width, height), Image.Resampling.BILINEAR, box)
