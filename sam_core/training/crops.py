"""From photos to what a training step wants: crops, masks, first clicks, boxes, boundaries."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sam_core.label_maps import Photo
from sam_core.prompts import innermost_point, largest_component
from sam_core.training.settings import TrainingConfig

FILL = (124, 116, 104)  # the mean colour: zero after normalisation, as the padding is in use
UNKNOWN = 255


@dataclass(frozen=True)
class Ask:
    """What crops are wanted: how many at once, their side, masks on each, and the shares of `TrainingConfig`."""

    crops: int
    side: int
    masks: int
    whole: float
    centred: float
    paste: float = 0.0
    made_up: float = 0.0

    @staticmethod
    def at(progress: float, run: TrainingConfig) -> Ask:
        """Towards the end of a run the crops become what the model will see in use, and last what it is judged by."""
        if progress >= run.judge_from:
            return Ask(run.late_batch, run.late_side, run.masks, whole=1.0, centred=1.0)
        shares = run.paste, run.made_up
        if progress >= run.late_from:
            return Ask(run.late_batch, run.late_side, run.masks, run.late_whole, run.late_centred, *shares)
        return Ask(run.batch, run.side, run.masks, run.whole, run.centred, *shares)


@dataclass(frozen=True)
class Crop:
    """One photo as a training example. S: its side; quarter and eighth resolution follow from it.

    pixels [S, S, 3] uint8; masks [M, S/4, S/4] uint8, the covered share of each cell; clicks [M, 2] and boxes [M, 4]
    in pixels of the crop; shares [M]: what each mask counts where every label map, one person's reading of the photo,
    counts the same, 1 in all; boundary [S/4, S/4] of 0, 1 or UNKNOWN; segments [S/8, S/8], 0 where unknown.
    """

    pixels: NDArray[np.uint8]
    masks: NDArray[np.uint8]
    clicks: NDArray[np.float32]
    boxes: NDArray[np.float32]
    shares: NDArray[np.float32]
    boundary: NDArray[np.uint8]
    segments: NDArray[np.int32]


def random_view(rng: np.random.Generator, height: int, width: int, side: int, whole: float) -> NDArray[np.float64]:
    """A random affine map [2, 3] from the photo to a square crop.

    With the share `whole` the whole photo at the top left, as in use; else a part of it, turned and stretched a little.
    """
    scale = side / max(height, width)
    if rng.random() < whole:
        matrix = np.array([[scale, 0, 0], [0, scale, 0]])
        shift = np.zeros(2)
    else:
        scale *= np.exp(rng.uniform(np.log(0.95), np.log(2.4)))
        angle = np.deg2rad(rng.normal(0, 6)) if rng.random() < 0.4 else 0.0
        stretch = np.exp(rng.normal(0, 0.08))
        cos, sin = np.cos(angle), np.sin(angle)
        linear = scale * np.array([[cos * stretch, -sin], [sin * stretch, cos]])
        room = np.maximum(linear @ [width, height] - side, 0)
        shift = -rng.random(2) * room
        matrix = np.column_stack([linear, [0, 0]])
    matrix[:, 2] = shift
    if rng.random() < 0.5:  # mirrored in the photo, so that the padding stays right and bottom
        flip = np.array([[-1.0, 0, width], [0, 1, 0], [0, 0, 1]])
        matrix = matrix @ flip
    return matrix


def warp(image: NDArray, matrix: NDArray[np.float64], side: int, nearest: bool) -> NDArray:
    """The crop of a photo, or (`nearest`) of a label map."""
    if nearest:
        return cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_NEAREST, borderValue=0)
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if scale < 0.9:  # warpAffine would alias
        height, width = (max(1, round(s * scale)) for s in image.shape[:2])
        shrink = np.array([[image.shape[1] / width, 0, 0], [0, image.shape[0] / height, 0], [0, 0, 1]])
        image, matrix = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), matrix @ shrink
    return cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderValue=FILL)


def recolour(rng: np.random.Generator, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Brightness, contrast, saturation and tint, a little off; sometimes grey, sometimes blurred or noisy."""
    x: NDArray = pixels.astype(np.float32)
    grey = x @ np.array([0.299, 0.587, 0.114], np.float32)
    saturation = 0.0 if rng.random() < 0.05 else rng.uniform(0.6, 1.4)
    x = grey[..., None] + (x - grey[..., None]) * np.float32(saturation)
    mean = np.float32(grey.mean())
    x = (x - mean) * np.float32(rng.uniform(0.7, 1.3)) + mean
    x = x * rng.normal(1, 0.05, 3).astype(np.float32) * np.float32(rng.uniform(0.75, 1.25))
    kind = rng.random()
    if kind < 0.1:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.4, 1.2))
    elif kind < 0.2:
        x = x + rng.normal(0, rng.uniform(2, 10), x.shape).astype(np.float32)
    return np.clip(x, 0, 255).astype(np.uint8)


def edges(labels: NDArray[np.int32]) -> NDArray[np.uint8]:
    """[S, S] → [S/4, S/4]: 1 where neighbouring labels differ, UNKNOWN where nothing is known."""
    side = labels.shape[0]
    edge = np.zeros(labels.shape, bool)
    edge[:, :-1] |= labels[:, :-1] != labels[:, 1:]
    edge[:-1] |= labels[:-1] != labels[1:]
    cells = edge.reshape(side // 4, 4, side // 4, 4).any((1, 3))
    known = (labels > 0).reshape(side // 4, 4, side // 4, 4).any((1, 3))
    return np.where(cells, 1, np.where(known, 0, UNKNOWN)).astype(np.uint8)


def candidates(labels: NDArray[np.int32], smallest: float, largest: float) -> list[int]:
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    return [int(i) for i in np.flatnonzero((areas >= smallest * labels.size) & (areas <= largest * labels.size))]


def first_click(rng: np.random.Generator, mask: NDArray[np.bool_], centred: float) -> tuple[float, float]:
    """With the share `centred` the innermost point, else any; in pixels of the crop, from a quarter-size mask."""
    if rng.random() < centred:
        x, y = innermost_point(mask)
    else:
        ys, xs = np.nonzero(mask)
        i = rng.integers(len(ys))
        x, y = xs[i], ys[i]
    jitter = rng.uniform(-1.5, 1.5, 2)
    return 4 * x + 1.5 + jitter[0], 4 * y + 1.5 + jitter[1]


def noisy_box(rng: np.random.Generator, mask: NDArray[np.bool_]) -> list[float]:
    """The mask's box in pixels of the crop, each side off by about a tenth of the box's, at most 10 pixels."""
    ys, xs = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    box = np.array([xs[0], ys[0], xs[-1] + 1, ys[-1] + 1], np.float64) * 4
    size = np.array([box[2] - box[0], box[3] - box[1]] * 2)
    box += np.clip(rng.normal(0, 0.1, 4) * size, -10, 10)
    return list(np.clip(box, 0, 4 * mask.shape[0]))


def make_crop(rng: np.random.Generator, photo: Photo, ask: Ask) -> Crop | None:
    """A random crop of a photo with `ask.masks` masks, from two of its label maps; None if it shows no region."""
    side, count = ask.side, ask.masks
    matrix = random_view(rng, photo.pixels.shape[0], photo.pixels.shape[1], side, ask.whole)
    chosen = rng.permutation(len(photo.labels))[:2]
    maps = [warp(photo.labels[i].astype(np.float32), matrix, side, nearest=True).astype(np.int32) for i in chosen]
    # From each map as many: one with few regions (a person as a whole) is as important as one with many.
    pools = [rng.permutation(candidates(m, 0.004, 0.75)).tolist() for m in maps]
    if not any(pools):
        return None
    masks: list[NDArray] = []
    of_map: list[int] = []
    turn, taken = 0, [0] * len(pools)
    while len(masks) < count:
        which = turn % len(pools)
        turn += 1
        if not pools[which]:
            continue
        if taken[which] >= len(pools[which]) and turn < 2 * count:
            continue  # all of this map's are in: leave the room to the other's first
        region = pools[which][taken[which] % len(pools[which])]
        taken[which] += 1
        of_map.append(which)
        mask = largest_component(maps[which] == region)
        masks.append(cv2.resize(mask.astype(np.uint8) * 255, (side // 4, side // 4), interpolation=cv2.INTER_AREA))
    solid = [m > 127 if (m > 127).any() else m >= m.max() for m in masks]
    return Crop(
        pixels=recolour(rng, warp(photo.pixels, matrix, side, nearest=False)),
        masks=np.stack(masks),
        clicks=np.array([first_click(rng, m, ask.centred) for m in solid], np.float32),
        boxes=np.array([noisy_box(rng, m) for m in solid], np.float32),
        shares=np.array([1 / (np.count_nonzero(taken) * taken[which]) for which in of_map], np.float32),
        boundary=edges(maps[0]),
        segments=np.ascontiguousarray(maps[0][4::8, 4::8]),
    )
