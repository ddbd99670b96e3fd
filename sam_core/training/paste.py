"""Copy-paste: an object that somebody outlined, put onto another photo as if it had been there."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from sam_core.label_maps import Photo
from sam_core.prompts import largest_component

SMALLEST, LARGEST = (
    0.01,
    0.4,
)  # of the photo it comes from; smaller ones would be stretched, larger ones are seldom objects
SIDES = (0.15, 0.7)  # the pasted object's longer side, of the photo's longer side
ENLARGED_AT_MOST = 1.5


@dataclass(frozen=True)
class Cutout:
    """An object with a few pixels around it: pixels [h, w, 3] uint8, mask [h, w]."""

    pixels: NDArray[np.uint8]
    mask: NDArray[np.bool_]


def cut_out(rng: np.random.Generator, photo: Photo) -> Cutout | None:
    """A random region of a photo that its edges don't cut off; None if the label map that was drawn has none."""
    if not photo.labels:
        return None
    labels = photo.labels[rng.integers(len(photo.labels))]
    areas = np.bincount(labels.ravel())
    at_edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    areas[at_edge] = 0
    areas[0] = 0
    fit = np.flatnonzero((areas >= SMALLEST * labels.size) & (areas <= LARGEST * labels.size))
    if not len(fit):
        return None
    mask = largest_component(labels == rng.choice(fit))
    ys, xs = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    margin = 4  # for the soft border
    window = (
        slice(max(0, ys[0] - margin), ys[-1] + 1 + margin),
        slice(max(0, xs[0] - margin), xs[-1] + 1 + margin),
    )
    return Cutout(photo.pixels[window], mask[window])


def resized(rng: np.random.Generator, cutout: Cutout, longer_side: int) -> Cutout:
    """At a random size for a photo with that longer side, half of the time mirrored."""
    height, width = cutout.mask.shape
    scale = min(rng.uniform(*SIDES) * longer_side / max(height, width), ENLARGED_AT_MOST)
    size = max(8, round(scale * width)), max(8, round(scale * height))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    pixels = cv2.resize(cutout.pixels, size, interpolation=how).astype(np.uint8)
    mask = cv2.resize(cutout.mask.astype(np.float32), size, interpolation=how) >= 0.5
    if rng.random() < 0.5:
        pixels, mask = pixels[:, ::-1], mask[:, ::-1]
    return Cutout(pixels, mask)


def matte(rng: np.random.Generator, mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Opacities [h, w], 0..1, with a soft border a pixel further in: outlines by hand take some background along."""
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8))
    return cv2.GaussianBlur(inner.astype(np.float32), (0, 0), rng.uniform(0.5, 1.4)).astype(np.float32)


def relit(
    rng: np.random.Generator, pixels: NDArray[np.float32], opacity: NDArray[np.float32], place: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The object in the light of its new place: nearer to its colours and contrast, and brighter to one side.

    pixels and place [h, w, 3], opacity [h, w] → [h, w, 3]
    """
    own = pixels[opacity >= 0.5]
    mean, spread = own.mean(0), own.std() + 1
    there, spread_there = place.reshape(-1, 3).mean(0), place.std() + 1
    share = rng.uniform(0, 0.7)
    contrast = 1 + share * (np.clip(spread_there / spread, 0.5, 1.6) - 1)
    lit = (pixels - mean) * contrast + mean + share * (there - mean)
    height, width = opacity.shape
    angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.3)
    across = np.cos(angle) * np.linspace(-1, 1, width)[None] + np.sin(angle) * np.linspace(-1, 1, height)[:, None]
    return (lit * (1 + strength * across[..., None])).astype(np.float32)


def paste(rng: np.random.Generator, cutout: Cutout, onto: Photo) -> Photo:
    """A photo with the object on it. In each label map it is a new value and covers what is under it.

    A photo without label maps gets one, in which all but the object is unknown. A value that the object splits in two
    stays one value. Returns the photo as it was where too little of the object would be seen.
    """
    height, width = onto.pixels.shape[:2]
    cutout = resized(rng, cutout, max(height, width))
    opacity = matte(rng, cutout.mask)
    own_height, own_width = opacity.shape
    # At most a quarter of each side is beyond the photo's edge.
    y, x = (int(rng.integers(-(own // 4), max(1, room - own + own // 4))) for own, room in
            ((own_height, height), (own_width, width)))  # fmt: skip
    top, left = max(0, y), max(0, x)
    bottom, right = min(height, y + own_height), min(width, x + own_width)
    seen = slice(top - y, bottom - y), slice(left - x, right - x)
    there = slice(top, bottom), slice(left, right)
    opacity, pixels = opacity[seen], cutout.pixels[seen].astype(np.float32)
    solid = opacity >= 0.5
    if solid.sum() < 0.004 * height * width:
        return onto
    canvas = onto.pixels.astype(np.float32)
    pixels = relit(rng, pixels, opacity, canvas[there])
    kind = rng.random()
    if kind < 0.3:
        pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.4, 1.5)).astype(np.float32)
    elif kind < 0.6:
        pixels = pixels + rng.normal(0, rng.uniform(2, 8), pixels.shape).astype(np.float32)
    if rng.random() < 0.4:
        darken(rng, canvas, opacity, top, left)
    canvas[there] = opacity[..., None] * pixels + (1 - opacity[..., None]) * canvas[there]
    maps = []
    for labels in onto.labels or (np.zeros((height, width), np.int32),):
        labels = labels.copy()
        labels[there][solid] = labels.max() + 1
        maps.append(labels)
    return replace(onto, pixels=np.clip(canvas, 0, 255).astype(np.uint8), labels=tuple(maps))


def darken(
    rng: np.random.Generator, canvas: NDArray[np.float32], opacity: NDArray[np.float32], top: int, left: int
) -> None:
    """A soft shadow of the object on what is behind it, in place; no part of its mask."""
    shadow: NDArray = np.zeros(canvas.shape[:2], np.float32)
    dy, dx = (int(v) for v in rng.integers(-opacity.shape[0] // 8, opacity.shape[0] // 8 + 1, 2))
    y, x = max(0, top + dy), max(0, left + dx)
    part = opacity[: shadow.shape[0] - y, : shadow.shape[1] - x]
    shadow[y : y + part.shape[0], x : x + part.shape[1]] = part
    shadow = cv2.GaussianBlur(shadow, (0, 0), rng.uniform(2, 8))
    canvas *= 1 - rng.uniform(0.1, 0.5) * shadow[..., None]
