"""A photo of 24 megapixels and masks on it that nobody has to draw: blobs of all sizes, some on top of others."""

import uuid
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from annotator.dashboards.demo_photos import DEMO_PHOTOS
from sam_core.masks.rle import counts_to_string
from tests.e2e.photos import photo

LARGE = (6000, 4000)


def large_photo(folder: Path, number: int = 0, size: tuple[int, int] = LARGE) -> Path:
    """A demo photo blown up, as JPEG; each number is another file."""
    path = folder / f"photo-{size[0]}-{number}.jpg"
    if not path.exists():
        picture = Image.open(photo(DEMO_PHOTOS[number % len(DEMO_PHOTOS)])).convert("RGB")
        picture = picture.resize(size, Image.Resampling.BICUBIC)
        picture.putpixel((number % 97, number // 97), (number % 256, 255, 0))
        picture.save(path, "JPEG", quality=90)
    return path


def made_up_masks(count: int, seed: int, size: tuple[int, int] = LARGE) -> list[dict[str, Any]]:
    """Wobbly blobs with a radius of 1 to 12 % of the height, most of them small: {"id", "size", "counts"} each."""
    chance = np.random.default_rng(seed)
    width, height = size
    masks = []
    for _ in range(count):
        radius = height * min(0.12, 0.01 * float(np.exp(chance.exponential(0.7))))
        x, y = chance.uniform(0, width), chance.uniform(0, height)
        left, right = max(0, int(x - 1.3 * radius)), min(width, int(x + 1.3 * radius) + 1)
        top, bottom = max(0, int(y - 1.3 * radius)), min(height, int(y + 1.3 * radius) + 1)
        ys, xs = np.ogrid[top:bottom, left:right]
        down, across = (ys - y).astype(np.float32), (xs - x).astype(np.float32)
        angle = np.arctan2(down, across)
        wobble = 1 + 0.2 * np.sin(3 * angle + chance.uniform(0, 6)) + 0.1 * np.sin(7 * angle + chance.uniform(0, 6))
        crop = np.hypot(down, across) < radius * wobble
        name = str(uuid.UUID(bytes=chance.bytes(16), version=4))
        masks.append({"id": name, "size": [height, width], "counts": encode_crop(crop, left, top, size)})
    return masks


def encode_crop(crop: NDArray[np.bool_], left: int, top: int, size: tuple[int, int]) -> str:
    """Compressed counts of a mask that lies in a part of the image, bool [height, width] of that part."""
    width, height = size
    steps = np.diff(np.pad(crop.astype(np.int8), ((1, 1), (0, 0))), axis=0).T
    columns, rows = np.nonzero(steps)
    changes = (left + columns) * height + top + rows
    once, count = np.unique(changes, return_counts=True)  # one column's end may be the next one's beginning
    counts = np.diff(np.concatenate(([0], once[count == 1], [width * height])))
    return counts_to_string(counts if counts[-1] else counts[:-1])
