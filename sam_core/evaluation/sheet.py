"""A contact sheet: what a model makes of photos with one, three and five clicks, to be looked at."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from sam_core.checkpoints import LoadedModel
from sam_core.evaluation.protocol import click_through, iou, regions_to_ask
from sam_core.predictor import Prepared, decode, encode
from sam_core.prompts import Mask, Point

TILE, GAP, LINE = 300, 6, 18
SHOWN = (1, 3, 5)
MASK, TRUTH, FOREGROUND, BACKGROUND = (230, 60, 160), (255, 255, 255), (0, 220, 90), (255, 60, 40)


def outline(mask: Mask) -> Mask:
    """The mask's pixels that touch its outside."""
    inner = np.pad(mask, 1)
    return mask & ~(inner[:-2, 1:-1] & inner[2:, 1:-1] & inner[1:-1, :-2] & inner[1:-1, 2:])


def tile(pixels: NDArray[np.uint8], truth: Mask, mask: Mask, points: list[Point]) -> Image.Image:
    """One picture: the mask tinted, the truth's outline in white, clicks as dots, the IoU beneath."""
    painted = pixels.astype(np.float32)
    painted[mask] = 0.5 * painted[mask] + 0.5 * np.array(MASK)
    painted[outline(truth)] = TRUTH
    small = Image.fromarray(painted.astype(np.uint8))
    small.thumbnail((TILE, TILE))
    scale = small.width / pixels.shape[1]
    draw = ImageDraw.Draw(small)
    for point in points:
        x, y = point.x * scale, point.y * scale
        draw.ellipse((x - 3, y - 3, x + 3, y + 3), FOREGROUND if point.label else BACKGROUND, "black")
    framed = Image.new("RGB", (TILE, TILE + LINE), "#222222")
    framed.paste(small, ((TILE - small.width) // 2, (TILE - small.height) // 2))
    text = f"{len(points)} click{'s'[: len(points) > 1]}: IoU {iou(mask, truth):.2f}"
    ImageDraw.Draw(framed).text((4, TILE + 2), text, "white", ImageFont.load_default(12))
    return framed


def row(model: LoadedModel, pixels: NDArray[np.uint8], label_maps: list[NDArray[np.int32]], seed: int) -> Image.Image:
    """One photo, one of its regions, after 1, 3 and 5 clicks. Raises ValueError if it shows no region."""
    regions = regions_to_ask(label_maps, np.random.default_rng(seed))
    if not regions:
        raise ValueError("the photo shows no region of a fitting size")
    truth = regions[0]
    prepared = Prepared(model, encode(model, pixels))
    steps = click_through(lambda prompts: decode(model, prepared, prompts), truth, max(SHOWN))
    strip = Image.new("RGB", (len(SHOWN) * TILE, TILE + LINE), "#222222")
    for place, count in enumerate(SHOWN):
        step = steps[min(count, len(steps)) - 1]
        strip.paste(tile(pixels, truth, step.mask, step.points), (place * TILE, 0))
    return strip


def contact_sheet(
    model: LoadedModel, photos: Iterable[tuple[NDArray[np.uint8], list[NDArray[np.int32]]]], columns: int, seed: int = 0
) -> Image.Image:
    """All photos that show a region, in `columns` columns. Raises ValueError if none does."""
    rows = []
    for number, (pixels, label_maps) in enumerate(photos):
        try:
            rows.append(row(model, pixels, label_maps, seed + number))
        except ValueError:
            continue
    if not rows:
        raise ValueError("no photo shows a region of a fitting size")
    width, height = rows[0].width + GAP, rows[0].height + GAP
    columns = min(columns, len(rows))
    sheet = Image.new("RGB", (columns * width - GAP, -(-len(rows) // columns) * height - GAP), "white")
    for number, strip in enumerate(rows):
        sheet.paste(strip, (number % columns * width, number // columns * height))
    return sheet
