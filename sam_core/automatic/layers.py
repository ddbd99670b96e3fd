"""Where automatic masks are looked for: crops of the image in layers, and a grid of points on each crop."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Crop:
    """A part of the image: its box (x, y, width, height) in image pixels, and its layer; layer 0 is the whole image."""

    x: int
    y: int
    width: int
    height: int
    layer: int = 0

    @property
    def box(self) -> tuple[int, int, int, int]:
        return self.x, self.y, self.width, self.height

    @property
    def area(self) -> int:
        return self.width * self.height


def crops(height: int, width: int, layers: int, overlap_ratio: float) -> Iterator[Crop]:
    """The whole image, then for each further layer i a grid of 2^i by 2^i crops that overlap.

    overlap_ratio: of the image's shorter side, in the first layer of crops; each further layer overlaps half as much.
    """
    yield Crop(0, 0, width, height)
    for layer in range(1, layers + 1):
        count = 2**layer
        overlap = int(overlap_ratio * min(height, width) * (2 / count))
        crop_width = math.ceil((overlap * (count - 1) + width) / count)
        crop_height = math.ceil((overlap * (count - 1) + height) / count)
        for x in ((crop_width - overlap) * i for i in range(count)):
            for y in ((crop_height - overlap) * i for i in range(count)):
                yield Crop(x, y, min(crop_width, width - x), min(crop_height, height - y), layer)


def point_grid(points_per_side: int, width: int, height: int) -> NDArray[np.float32]:
    """The centres of points_per_side² equal cells, row by row, as (x, y) in pixels: [points_per_side², 2]."""
    centres = (np.arange(points_per_side) + 0.5) / points_per_side
    x, y = np.meshgrid(centres * width, centres * height)
    return np.stack([x, y], axis=-1).reshape(-1, 2).astype(np.float32)
