"""Masks of everything in an image, without an annotator.

Memory stays flat however large the image is: full-size logits are made for one mask at a time, and masks are kept as
RLE. With the same weights and settings the masks are those of the reference generator; boxes are COCO's, which its are
not (they end a pixel early).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from sam_core.automatic.filters import stability_score, suppress, touches_inner_edge, without_small_regions
from sam_core.automatic.layers import Crop, crops, point_grid
from sam_core.checkpoints import LoadedModel
from sam_core.masks import rle
from sam_core.prompts import FOREGROUND, PADDING
from sam_core.transforms import Frame, to_full_size, to_input


@dataclass(frozen=True)
class Settings:
    """The paper's choices by default (FACTS: 32×32 points on the image, 16×16 on 2×2 crops, 8×8 on 4×4 crops)."""

    points_per_side: int = 32
    points_per_batch: int = 64
    predicted_iou_above: float = 0.88
    stability_score_from: float = 0.95
    stability_score_offset: float = 1.0
    box_nms: float = 0.7
    crop_layers: int = 2
    crop_nms: float = 0.7
    crop_overlap_ratio: float = 512 / 1500
    crop_points_divisor: int = 2
    smallest_region: int = 100
    largest_share: float = 0.95

    def __post_init__(self) -> None:
        if self.points_per_side < 1 or self.points_per_batch < 1 or not 0 <= self.crop_layers <= 4:
            raise ValueError("at least one point a side and a batch, and 0 to 4 layers of crops")
        if self.points_per_side // self.crop_points_divisor**self.crop_layers < 1:
            raise ValueError("the last layer of crops has no points left: fewer layers, or more points a side")


@dataclass(frozen=True)
class AutomaticMask:
    """One mask in the image's oriented frame. bbox and crop_box: (x, y, width, height); point: (x, y)."""

    counts: str
    area: int
    bbox: tuple[int, int, int, int]
    predicted_iou: float
    stability_score: float
    crop_box: tuple[int, int, int, int]
    point: tuple[float, float]


@torch.inference_mode()
def generate(
    model: LoadedModel,
    image: NDArray[np.uint8],
    settings: Settings = Settings(),
    progress: Callable[[float], None] | None = None,
) -> list[AutomaticMask]:
    """Masks of an oriented RGB image [H, W, 3] uint8. `progress` is told the share that is done, 0 to 1."""
    height, width = image.shape[:2]
    layers = list(crops(height, width, settings.crop_layers, settings.crop_overlap_ratio))
    total = sum((settings.points_per_side // settings.crop_points_divisor**crop.layer) ** 2 for crop in layers)
    done = 0
    masks: list[AutomaticMask] = []
    for crop in layers:
        side = settings.points_per_side // settings.crop_points_divisor**crop.layer
        found: list[AutomaticMask] = []
        for batch, points in _of_crop(model, image, crop, point_grid(side, crop.width, crop.height), settings):
            found += batch
            done += points
            if progress is not None:
                progress(done / total)
        masks += _suppressed(found, [m.predicted_iou for m in found], settings.box_nms)
    if len(layers) > 1:
        # What a smaller crop shows is seen at a higher resolution.
        masks = _suppressed(masks, [1 / (m.crop_box[2] * m.crop_box[3]) for m in masks], settings.crop_nms)
    if settings.smallest_region:
        masks = _tidied(masks, (height, width), settings)
    return [m for m in masks if m.area < settings.largest_share * height * width]


def _of_crop(
    model: LoadedModel, image: NDArray[np.uint8], crop: Crop, grid: NDArray[np.float32], settings: Settings
) -> Iterator[tuple[list[AutomaticMask], int]]:
    """Batch by batch, what one crop's points find, and how many points that were."""
    sam = model.sam
    device = next(sam.parameters()).device
    part = np.ascontiguousarray(image[crop.y : crop.y + crop.height, crop.x : crop.x + crop.width])
    prepared = sam.prepare(*sam.encode(to_input(part, sam.config).to(device)))
    frame = Frame(crop.height, crop.width, sam.config.image_size)
    side = sam.config.low_res_size
    for start in range(0, len(grid), settings.points_per_batch):
        points = grid[start : start + settings.points_per_batch]
        count = len(points)
        coords = np.zeros((count, 2, 2), np.float32)
        coords[:, 0] = frame.to_model(points)
        labels = np.tile(np.array([FOREGROUND, PADDING], np.float32), (count, 1))
        logits, ious = sam.decode(
            prepared,
            torch.from_numpy(coords).to(device),
            torch.from_numpy(labels).to(device),
            torch.zeros(count, 1, side, side, device=device),
            torch.zeros(count, device=device),
        )
        found = []
        for point, low_res, predicted in zip(points, logits[:, 1:], ious[:, 1:].cpu().numpy(), strict=True):
            for token in np.flatnonzero(predicted > settings.predicted_iou_above):
                at_size = to_full_size(low_res[token : token + 1], frame)[0].cpu().numpy()
                mask = _judged(at_size, float(predicted[token]), point, crop, image.shape[:2], model, settings)
                if mask is not None:
                    found.append(mask)
        yield found, count


def _judged(
    logits: NDArray[np.float32],
    predicted_iou: float,
    point: NDArray[np.float32],
    crop: Crop,
    size: tuple[int, int],
    model: LoadedModel,
    settings: Settings,
) -> AutomaticMask | None:
    """The mask of full-size logits of a crop, in the image's frame; None if it is unstable, empty or cut off."""
    threshold = model.config.mask_threshold
    stability = stability_score(logits, threshold, settings.stability_score_offset)
    if stability < settings.stability_score_from:
        return None
    mask = logits > threshold
    if not mask.any() or touches_inner_edge(_box(mask), crop, size[1], size[0]):
        return None
    whole = np.zeros(size, dtype=bool)
    whole[crop.y : crop.y + crop.height, crop.x : crop.x + crop.width] = mask
    x, y = point
    return _described(whole, predicted_iou, stability, crop.box, (float(x) + crop.x, float(y) + crop.y))


def _box(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    x, y = int(columns[0]), int(rows[0])
    return x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1


def _described(
    mask: NDArray[np.bool_],
    predicted_iou: float,
    stability: float,
    crop_box: tuple[int, int, int, int],
    point: tuple[float, float],
) -> AutomaticMask:
    counts = rle.mask_to_counts(mask)
    return AutomaticMask(
        counts=rle.counts_to_string(counts),
        area=rle.area(counts),
        bbox=rle.bbox(mask.shape, counts),
        predicted_iou=predicted_iou,
        stability_score=stability,
        crop_box=crop_box,
        point=point,
    )


def _suppressed(masks: list[AutomaticMask], scores: list[float], threshold: float) -> list[AutomaticMask]:
    if not masks:
        return []
    boxes = np.array([m.bbox for m in masks], dtype=np.float64)
    return [masks[i] for i in suppress(boxes, np.array(scores, dtype=np.float64), threshold)]


def _tidied(masks: list[AutomaticMask], size: tuple[int, int], settings: Settings) -> list[AutomaticMask]:
    """Without small holes and islands; of masks that became alike by it, one that needed no change stays."""
    tidy: list[AutomaticMask] = []
    unchanged: list[float] = []
    for mask in masks:
        pixels, changed = without_small_regions(rle.decode(size, mask.counts), settings.smallest_region)
        unchanged.append(0.0 if changed else 1.0)
        tidy.append(
            _described(pixels, mask.predicted_iou, mask.stability_score, mask.crop_box, mask.point) if changed else mask
        )
    return _suppressed(tidy, unchanged, max(settings.box_nms, settings.crop_nms))
