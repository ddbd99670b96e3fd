"""Prompts, the rule that picks the mask to show, and the click that a careful person would add next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

BACKGROUND, FOREGROUND, BOX_TOP_LEFT, BOX_BOTTOM_RIGHT, PADDING = 0, 1, 2, 3, -1

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Point:
    """A click at (x, y) in pixels of the oriented image; label 1 foreground, 0 background."""

    x: float
    y: float
    label: int = FOREGROUND


@dataclass(frozen=True)
class Box:
    """Two corners in pixels of the oriented image."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True)
class Prompts:
    """All that was asked of one mask. `mask_input` are the previous low-res logits [L, L], if there are any."""

    points: Sequence[Point] = ()
    box: Box | None = None
    mask_input: NDArray[np.float32] | None = field(default=None, compare=False)


def point_arrays(prompts: Prompts) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Coordinates [N, 2] in image pixels and labels [N], as the decoder takes them.

    Without a box one padding point (0, 0) with label -1 is appended; with a box it is not. Raises ValueError if there
    is neither a point nor a box.
    """
    if not prompts.points and prompts.box is None:
        raise ValueError("a prompt needs a point or a box")
    coords = [(p.x, p.y) for p in prompts.points]
    labels = [p.label for p in prompts.points]
    if prompts.box is None:
        coords.append((0.0, 0.0))
        labels.append(PADDING)
    else:
        coords += [(prompts.box.x0, prompts.box.y0), (prompts.box.x1, prompts.box.y1)]
        labels += [BOX_TOP_LEFT, BOX_BOTTOM_RIGHT]
    return np.array(coords, np.float32), np.array(labels, np.float32)


def token_to_show(prompts: Prompts, predicted_ious: Sequence[float] | NDArray[np.float32]) -> int:
    """One click or a box alone is ambiguous: the best predicted IoU of tokens 1-3. Anything more: token 0."""
    if len(prompts.points) + (prompts.box is not None) > 1:
        return 0
    return 1 + int(np.argmax(np.asarray(predicted_ious)[1:]))


def innermost_point(mask: Mask) -> tuple[int, int]:
    """(x, y) of the pixel of `mask` that is farthest from its border; the image's edge counts as border."""
    padded = np.pad(mask.astype(np.uint8), 1)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]
    y, x = np.unravel_index(int(np.argmax(distance)), distance.shape)
    return int(x), int(y)


def largest_component(mask: Mask) -> Mask:
    """The largest connected component (8-neighbours) of a mask that is not empty."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))


def next_click(prediction: Mask, truth: Mask) -> Point | None:
    """The centre of the largest error component, foreground where the mask misses, background where it spills.

    None if there is no error.
    """
    best: tuple[int, Mask, int] | None = None
    for error, label in ((truth & ~prediction, FOREGROUND), (prediction & ~truth, BACKGROUND)):
        if error.any():
            component = largest_component(error)
            area = int(component.sum())
            if best is None or area > best[0]:
                best = area, component, label
    if best is None:
        return None
    x, y = innermost_point(best[1])
    return Point(x, y, best[2])
