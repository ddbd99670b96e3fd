"""What decides which automatic masks stay. Boxes are (x, y, width, height) in pixels, as COCO counts them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sam_core.automatic.layers import Crop

Boxes = NDArray[np.float64]
Mask = NDArray[np.bool_]
CROP_EDGE_TOLERANCE = 20  # pixels within which a box touches an edge


def stability_score(logits: NDArray[np.float32], threshold: float, offset: float) -> float:
    """IoU of the masks at threshold + offset and threshold - offset; 0 where both are empty."""
    looser = int(np.count_nonzero(logits > threshold - offset))
    return int(np.count_nonzero(logits > threshold + offset)) / looser if looser else 0.0


def touches_inner_edge(box: tuple[int, int, int, int], crop: Crop, width: int, height: int) -> bool:
    """Whether a box (in the crop's pixels) ends at an edge of the crop that is none of the image: it was cut off."""
    x0, y0 = box[0] + crop.x, box[1] + crop.y
    edges = np.array([x0, y0, x0 + box[2], y0 + box[3]])
    of_crop = np.array([crop.x, crop.y, crop.x + crop.width, crop.y + crop.height])
    of_image = np.array([0, 0, width, height])
    near_crop = np.abs(edges - of_crop) <= CROP_EDGE_TOLERANCE
    near_image = np.abs(edges - of_image) <= CROP_EDGE_TOLERANCE
    return bool((near_crop & ~near_image).any())


def suppress(boxes: Boxes, scores: NDArray[np.float64], threshold: float) -> list[int]:
    """Non-maximum suppression: indices kept, best score first (ties: first come), of boxes [N, 4]."""
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    area = boxes[:, 2] * boxes[:, 3]
    alive = np.ones(len(boxes), dtype=bool)
    kept: list[int] = []
    for i in np.argsort(-scores, kind="stable"):
        if not alive[i]:
            continue
        kept.append(int(i))
        overlap = np.clip(np.minimum(high, high[i]) - np.maximum(low, low[i]), 0, None).prod(axis=1)
        alive &= overlap <= threshold * (area + area[i] - overlap)
    return kept


def without_small_regions(mask: Mask, smallest: int) -> tuple[Mask, bool]:
    """The mask with holes below `smallest` pixels filled and islands below it dropped, and whether that changed it.

    If all islands are that small the largest stays.
    """
    changed = False
    for holes in (True, False):
        regions = mask ^ holes
        count, labels, stats, _ = cv2.connectedComponentsWithStats(regions.astype(np.uint8), connectivity=8)
        sizes = stats[1:, cv2.CC_STAT_AREA]
        small = np.flatnonzero(sizes < smallest) + 1
        if small.size == 0:
            continue
        changed = True
        if not holes and small.size == count - 1:
            small = np.delete(small, int(np.argmax(sizes)))
        mask = np.where(np.isin(labels, small), holes, mask)
    return mask, changed
