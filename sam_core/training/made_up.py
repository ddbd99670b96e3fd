"""Procedural images: textured, shaded shapes that cover each other, with all their outlines known."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sam_core.label_maps import Photo

Picture = NDArray[np.float32]


def made_up(rng: np.random.Generator) -> Photo:
    """A picture of objects before a background, with two label maps: parts apart, and objects as wholes.

    In both every pixel is known; 1 is the background. A value that something covers in the middle stays one value.
    """
    height, width = (int(side) for side in rng.integers(240, 420, 2))
    canvas = texture(rng, height, width)
    parts = np.ones((height, width), np.int32)
    wholes = parts.copy()
    value = 1
    for _ in range(rng.integers(3, 11)):
        outline = shape(rng, height, width, np.exp(rng.uniform(np.log(0.06), np.log(0.45))))
        if rng.random() < 0.4:
            cast_shadow(rng, canvas, outline)
        value += 1
        paint(rng, canvas, outline)
        parts[outline >= 0.5] = wholes[outline >= 0.5] = value
        ys, xs = np.nonzero(outline >= 0.5)
        for _ in range(rng.integers(0, 3) if len(ys) else 0):
            place = rng.integers(len(ys))
            size = np.sqrt(len(ys) / (height * width)) * rng.uniform(0.2, 0.6)
            inner = shape(rng, height, width, size, (xs[place], ys[place])) * outline
            value += 1
            paint(rng, canvas, inner)
            parts[inner >= 0.5] = value
    canvas = cv2.GaussianBlur(canvas, (0, 0), rng.uniform(0.3, 1.0)).astype(np.float32)
    canvas += rng.normal(0, rng.uniform(0, 6), canvas.shape)
    return Photo("made up", np.clip(canvas, 0, 255).astype(np.uint8), (parts, wholes))


def shape(
    rng: np.random.Generator, height: int, width: int, size: float, centre: tuple[float, float] | None = None
) -> NDArray[np.float32]:
    """A random outline as opacities [H, W] of 0..1; `size`: about its radius, of the picture's mean side."""
    x, y = centre or (rng.uniform(0, width), rng.uniform(0, height))
    radius = max(3.0, size * (height + width) / 2)
    kind = rng.choice(["blob", "polygon", "ellipse", "bar"])
    count = 64 if kind in ("blob", "ellipse") else int(rng.integers(3, 7))
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    radii = np.ones(count)
    if kind == "blob":
        for wave in range(2, 7):
            radii += rng.normal(0, 0.5 / wave) * np.cos(wave * angles + rng.uniform(0, 2 * np.pi))
    elif kind == "polygon":
        radii *= rng.uniform(0.5, 1.2, count)
    points = np.stack([np.cos(angles), np.sin(angles)], 1) * np.maximum(radii, 0.15)[:, None]
    if kind == "bar":
        points = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [1.3, rng.uniform(0.08, 0.6)]
    else:
        points *= [1, rng.uniform(0.4, 1)]
    turn = rng.uniform(0, 2 * np.pi)
    points = points @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) * radius + [x, y]
    drawn: NDArray = np.zeros((height, width), np.uint8)
    cv2.fillPoly(drawn, [np.round(points * 16).astype(np.int32)], 255, cv2.LINE_AA, shift=4)
    return np.divide(drawn, 255, dtype=np.float32)


def noise(rng: np.random.Generator, height: int, width: int) -> NDArray[np.float32]:
    """Clouds of a random grain [H, W], 0..1."""
    total: NDArray = np.zeros((height, width), np.float32)
    cells = int(np.exp(rng.uniform(np.log(2), np.log(24))))
    for octave in range(3):
        grid = rng.random((cells * 2**octave, cells * 2**octave), dtype=np.float32)
        total += cv2.resize(grid, (width, height), interpolation=cv2.INTER_LINEAR) / 2**octave
    return (total - total.min()) / max(float(np.ptp(total)), 1e-6)


def colour(rng: np.random.Generator) -> NDArray[np.float64]:
    """Red, green, blue [3], 0..255: mostly not far from grey, as in photos."""
    return np.clip(rng.uniform(20, 235) + rng.normal(0, 35, 3), 0, 255)


def texture(rng: np.random.Generator, height: int, width: int) -> Picture:
    """Two colours in a pattern, in a light from one side: [H, W, 3], 0..255."""
    first = colour(rng)
    second = np.clip(first + rng.normal(0, 50, 3), 0, 255) if rng.random() < 0.7 else colour(rng)
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    angle, kind = rng.uniform(0, np.pi), rng.choice(["flat", "clouds", "stripes", "checks", "blots"])
    along = np.cos(angle) * xs + np.sin(angle) * ys
    if kind == "flat":
        mix = np.zeros((height, width), np.float32)
    elif kind == "clouds":
        mix = noise(rng, height, width)
    elif kind == "blots":
        mix = np.clip(8 * (noise(rng, height, width) - rng.uniform(0.35, 0.65)) + 0.5, 0, 1)
    else:
        pace = 2 * np.pi / np.exp(rng.uniform(np.log(5), np.log(50)))
        bent = 20 * rng.random() * noise(rng, height, width)
        mix = np.clip(2 * np.sin(pace * (along + bent)), -1, 1) / 2 + 0.5
        if kind == "checks":
            across = np.cos(angle) * ys - np.sin(angle) * xs
            mix = np.abs(mix - (np.sin(pace * across) > 0))
    lit = 1 + rng.uniform(0, 0.5) * (noise(rng, height, width) - 0.5)
    lit *= 1 + rng.uniform(0, 0.35) * np.cos((along - along.min()) / np.ptp(along) * np.pi)
    return ((first + mix[..., None] * (second - first)) * lit[..., None]).astype(np.float32)


def paint(rng: np.random.Generator, canvas: Picture, opacity: NDArray[np.float32]) -> None:
    """Lays a texture over the canvas, in place."""
    x, y, width, height = cv2.boundingRect((opacity > 0).astype(np.uint8))
    if width and height:  # else it lies outside
        window = slice(y, y + height), slice(x, x + width)
        canvas[window] += opacity[window][..., None] * (texture(rng, height, width) - canvas[window])


def cast_shadow(rng: np.random.Generator, canvas: Picture, outline: NDArray[np.float32]) -> None:
    """Darkens, in place, what is beside the outline on one side; no part of any mask."""
    shift = np.array([[1, 0, rng.uniform(-12, 12)], [0, 1, rng.uniform(-12, 12)]])
    shadow = cv2.warpAffine(outline, shift, outline.shape[::-1])
    canvas *= 1 - rng.uniform(0.2, 0.6) * cv2.GaussianBlur(shadow, (0, 0), rng.uniform(1, 8))[..., None]
