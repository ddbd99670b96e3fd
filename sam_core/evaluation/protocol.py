"""The protocol: every region that a person drew is asked for with one click, then up to seven corrections.

Regions are the connected components of every value above 0 of every label map, of 0.5–60 % of the image; of
near-duplicates (IoU above 0.8) one is kept, and at most eight per image, drawn with the seed. The first click is the
region's innermost point, each next one the centre of the largest error component. At one click the shown mask is the
best predicted of tokens 1–3, after that it is token 0 with the shown mask's logits fed back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sam_core.checkpoints import LoadedModel
from sam_core.label_maps import regions
from sam_core.predictor import Decoded, Prepared, decode, encode
from sam_core.prompts import Box, Mask, Point, Prompts, innermost_point, next_click

CLICKS = 8
REPORTED = (1, 2, 3, 5, 8)
SMALLEST, LARGEST = 0.005, 0.6
DUPLICATE_IOU = 0.8
PER_IMAGE = 8
LOST = 0.05


def iou(a: Mask, b: Mask) -> float:
    """Intersection over union; two empty masks are equal."""
    union = int(np.count_nonzero(a | b))
    return int(np.count_nonzero(a & b)) / union if union else 1.0


def regions_of_size(label_maps: Iterable[NDArray[np.int32]], smallest: float, largest: float) -> list[Mask]:
    """The connected regions of every label whose share of the image lies between the two."""
    found: list[Mask] = []
    for label_map in label_maps:
        numbered = regions(label_map)
        share = np.bincount(numbered.ravel()) / numbered.size
        share[0] = 0
        found += [numbered == i for i in np.flatnonzero((share >= smallest) & (share <= largest))]
    return found


def distinct(found: list[Mask], at_most: int, rng: np.random.Generator) -> list[Mask]:
    """Some of the masks, drawn by chance; of near-duplicates one."""
    kept: list[Mask] = []
    for i in rng.permutation(len(found)):
        if len(kept) == at_most:
            break
        if all(iou(found[i], other) <= DUPLICATE_IOU for other in kept):
            kept.append(found[i])
    return kept


def regions_to_ask(label_maps: Iterable[NDArray[np.int32]], rng: np.random.Generator) -> list[Mask]:
    """The regions of one image that the protocol asks for."""
    return distinct(regions_of_size(label_maps, SMALLEST, LARGEST), PER_IMAGE, rng)


@dataclass
class Clicked:
    """One region's story: the IoU after each click, and after the first that of each multimask token.

    `photo`: the number of its photo in the evaluation.
    """

    ious: list[float]
    tokens_at_1: list[float]
    box: float
    photo: int = 0


@dataclass
class Figures:
    """What an evaluation collects. All means are over regions."""

    clicked: list[Clicked] = field(default_factory=list)
    encode_seconds: list[float] = field(default_factory=list)
    decode_seconds: list[float] = field(default_factory=list)

    def to_json(self) -> dict[str, object]:
        """The figures by name; mIoU by number of clicks. `noc80`: clicks to an IoU of 0.8, 8 where it isn't reached."""
        if not self.clicked:
            return {"images": len(self.encode_seconds), "regions": 0}
        ious = np.array([story.ious for story in self.clicked])  # [regions, CLICKS]
        first = np.array([story.tokens_at_1 for story in self.clicked])
        reached = np.where((ious >= 0.8).any(1), (ious >= 0.8).argmax(1) + 1, CLICKS)
        return {
            "images": len(self.encode_seconds),
            "regions": len(self.clicked),
            "miou": {str(n): round(float(ious[:, n - 1].mean()), 4) for n in REPORTED},
            "best_of_3_at_1": round(float(first.max(1).mean()), 4),
            "fixed_token_at_1": [round(float(x), 4) for x in first.mean(0)],
            "box": round(float(np.mean([story.box for story in self.clicked])), 4),
            "noc80": round(float(reached.mean()), 3),
            "clicks_that_lose": round(float((np.diff(ious, axis=1) < -LOST).mean()), 4),
            "encode_ms": round(1000 * float(np.median(self.encode_seconds)), 1),
            "decode_ms": round(1000 * float(np.median(self.decode_seconds)), 1),
        }


@dataclass(frozen=True)
class Step:
    """The mask that is shown after some clicks, and the decoder's answer that it came from."""

    mask: Mask
    points: list[Point]
    answer: Decoded


def click_through(ask: Callable[[Prompts], Decoded], truth: Mask, clicks: int) -> list[Step]:
    """Clicks on a region until it is right, at most `clicks` times. One step for each click, at least one."""
    x, y = innermost_point(truth)
    points = [Point(x, y)]
    answer = ask(Prompts(points))
    steps = [Step(answer.mask(), points, answer)]
    while len(steps) < clicks and (click := next_click(steps[-1].mask, truth)) is not None:
        points = [*points, click]
        answer = ask(Prompts(points, mask_input=answer.low_res_logits[answer.token]))
        steps.append(Step(answer.mask(), points, answer))
    return steps


def ious_of(steps: list[Step], truth: Mask, clicks: int) -> list[float]:
    """The IoU after each of so many clicks; 1 when no click was left to make: all is right."""
    ious = [iou(step.mask, truth) for step in steps]
    return ious + [1.0] * (clicks - len(ious))


def tell(model: LoadedModel, prepared: Prepared, truth: Mask, figures: Figures, photo: int = 0) -> None:
    """Asks for one region, by clicks and by its box, and adds its story to the figures."""

    def ask(prompts: Prompts) -> Decoded:
        started = time.perf_counter()
        answer = decode(model, prepared, prompts)
        figures.decode_seconds.append(time.perf_counter() - started)
        return answer

    steps = click_through(ask, truth, CLICKS)
    ious = ious_of(steps, truth, CLICKS)
    first = steps[0].answer
    tokens = [iou(first.mask(token), truth) for token in range(1, len(first.predicted_ious))]
    ys, xs = np.flatnonzero(truth.any(1)), np.flatnonzero(truth.any(0))
    boxed = ask(Prompts(box=Box(xs[0], ys[0], xs[-1] + 1, ys[-1] + 1))).mask()
    figures.clicked.append(Clicked(ious, tokens, iou(boxed, truth), photo))


def evaluate(
    model: LoadedModel, photos: Iterable[tuple[NDArray[np.uint8], list[NDArray[np.int32]]]], seed: int = 0
) -> Figures:
    """Runs the protocol over photos [H, W, 3] with their label maps [H, W]."""
    figures = Figures()
    for number, (pixels, label_maps) in enumerate(photos):
        started = time.perf_counter()
        embedding = encode(model, pixels)
        figures.encode_seconds.append(time.perf_counter() - started)
        prepared = Prepared(model, embedding)
        # A generator per photo: the same photo gives the same regions whatever --limit is.
        for truth in regions_to_ask(label_maps, np.random.default_rng([seed, number])):
            tell(model, prepared, truth, figures, number)
    return figures
