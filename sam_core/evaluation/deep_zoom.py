"""Are small objects masked better on a crop of their own? `python -m sam_core.evaluation.deep_zoom --data … --json`

Every region of at most 1.5 % of the image that fits into a view of a third of its sides is asked for with the
protocol's clicks: on the embedding of the whole image, on one of the view around the region, encoded by itself, and on
one of the crop that the editor asks for while it shows that view (the whole image's where there is no such crop).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sam_core.checkpoints import LoadedModel
from sam_core.crops import CropBox, crop_around
from sam_core.evaluation.command import model_and_photos, parser_of
from sam_core.evaluation.protocol import click_through, distinct, ious_of, regions_of_size
from sam_core.predictor import Prepared, decode, encode
from sam_core.prompts import Mask

CLICKS = 5
REPORTED = (1, 3, 5)
SMALLEST, LARGEST = 0.001, 0.015
VIEW = 3
"""The view's sides are the image's over this."""
MARGIN = 0.1
"""Of the view's sides: how much of it is beyond the region on all sides, at least."""
PER_IMAGE = 4


@dataclass(frozen=True)
class View:
    """A rectangle of image pixels."""

    x: int
    y: int
    width: int
    height: int

    def of(self, image: NDArray) -> NDArray:
        """That part of an array [H, W, …]."""
        return image[self.y : self.y + self.height, self.x : self.x + self.width]


def view_around(truth: Mask, zoom: int = VIEW) -> View | None:
    """The view with the region in its middle, as far as the image's edges allow; None if the region does not fit."""
    height, width = (max(1, side // zoom) for side in truth.shape)
    ys, xs = np.flatnonzero(truth.any(1)), np.flatnonzero(truth.any(0))
    free = (height - (ys[-1] + 1 - ys[0]), width - (xs[-1] + 1 - xs[0]))
    if free[0] < 2 * MARGIN * height or free[1] < 2 * MARGIN * width:
        return None
    y = min(max(0, int(ys[0]) - int(free[0]) // 2), truth.shape[0] - height)
    x = min(max(0, int(xs[0]) - int(free[1]) // 2), truth.shape[1] - width)
    return View(x, y, width, height)


def small_regions(label_maps: Iterable[NDArray[np.int32]], rng: np.random.Generator) -> list[tuple[Mask, View]]:
    """At most four small regions of one image, each with its view."""
    found = {}
    for mask in regions_of_size(label_maps, SMALLEST, LARGEST):
        if (view := view_around(mask)) is not None:
            found[id(mask)] = (mask, view)
    return [found[id(mask)] for mask in distinct([mask for mask, _ in found.values()], PER_IMAGE, rng)]


@dataclass
class Comparison:
    """The IoUs after each click of every region, [CLICKS] each."""

    whole: list[list[float]] = field(default_factory=list)
    view: list[list[float]] = field(default_factory=list)
    crop: list[list[float]] = field(default_factory=list)

    def to_json(self) -> dict[str, object]:
        """mIoU by number of clicks, and the share of regions where the view's or crop's mask is the better one."""
        if not self.whole:
            return {"regions": 0}
        whole, view, crop = np.array(self.whole), np.array(self.view), np.array(self.crop)
        return {
            "regions": len(whole),
            "whole": {str(n): round(float(whole[:, n - 1].mean()), 4) for n in REPORTED},
            "view": {str(n): round(float(view[:, n - 1].mean()), 4) for n in REPORTED},
            "crop": {str(n): round(float(crop[:, n - 1].mean()), 4) for n in REPORTED},
            "view_better": {str(n): round(float((view > whole)[:, n - 1].mean()), 3) for n in REPORTED},
            "crop_better": {str(n): round(float((crop > whole)[:, n - 1].mean()), 3) for n in REPORTED},
        }


def story(model: LoadedModel, prepared: Prepared, truth: Mask) -> list[float]:
    """The IoU after each click; 1 when no click was left to make."""
    return ious_of(click_through(lambda prompts: decode(model, prepared, prompts), truth, CLICKS), truth, CLICKS)


def alone(model: LoadedModel, part: View, pixels: NDArray[np.uint8], truth: Mask) -> list[float]:
    """The story on an embedding of that part of the image alone.

    The region and the part's mask lie in the part: placed back into the image, their IoU is the same.
    """
    own = Prepared(model, encode(model, np.ascontiguousarray(part.of(pixels))))
    return story(model, own, part.of(truth))


def compare(
    model: LoadedModel, photos: Iterable[tuple[NDArray[np.uint8], list[NDArray[np.int32]]]], seed: int = 0
) -> Comparison:
    """Photos [H, W, 3] with their label maps [H, W]."""
    comparison = Comparison()
    for number, (pixels, label_maps) in enumerate(photos):
        asked = small_regions(label_maps, np.random.default_rng([seed, number]))
        if not asked:
            continue
        prepared = Prepared(model, encode(model, pixels))
        for truth, view in asked:
            comparison.whole.append(story(model, prepared, truth))
            comparison.view.append(alone(model, view, pixels, truth))
            height, width = truth.shape
            crop = crop_around(CropBox(view.x, view.y, view.width, view.height), width, height)
            told = alone(model, View(*crop.to_list()), pixels, truth) if crop else comparison.whole[-1]
            comparison.crop.append(told)
    return comparison


def main() -> None:
    arguments = parser_of("sam_core.evaluation.deep_zoom", __doc__).parse_args()
    model, photos = model_and_photos(arguments)
    figures = {"model_version": model.version, **compare(model, photos, arguments.seed).to_json()}
    print(json.dumps(figures, indent=None if arguments.json else 1))


if __name__ == "__main__":
    main()
