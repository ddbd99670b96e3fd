"""Draws a run's log: IoU by number of clicks, losses, learning rate, over the steps."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, MARGIN = 1100, 300, 80
SMOOTHED_OVER = 50  # a running mean: single steps are noise
PANELS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("IoU after each click, and the best of three at the first", ("iou1", "iou2", "iou3", "best1")),
    ("Losses", ("loss1", "aux", "judge1", "judge2")),
    ("Learning rate", ("lr",)),
)
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # told apart by colour-blind people too


def read_log(path: Path) -> list[dict[str, float]]:
    """The lines of a `log.jsonl`. Raises ValueError if there are none or one is damaged."""
    lines = [line for line in path.read_text().splitlines() if line.strip()]
    records = [json.loads(line) for line in lines]
    if not records:
        raise ValueError(f"{path} has no steps yet")
    return records


def curve(records: Sequence[dict[str, float]], name: str) -> tuple[NDArray, NDArray]:
    """Steps and running means of one figure, over the steps that have it."""
    found = [(record["step"], record[name]) for record in records if name in record]
    if not found:
        return np.empty(0), np.empty(0)
    steps, values = np.array(found, float).T
    count = min(SMOOTHED_OVER, len(values))
    return steps[count - 1 :], np.convolve(values, np.full(count, 1 / count), "valid")


def draw_panel(draw: ImageDraw.ImageDraw, top: int, title: str, curves: dict[str, tuple[NDArray, NDArray]]) -> None:
    """One chart, MARGIN from all sides of its HEIGHT, with its legend in the title's line."""
    font = ImageFont.load_default(14)
    left, right, upper, lower = MARGIN, WIDTH - MARGIN, top + 40, top + HEIGHT - 30
    draw.text((left, top + 12), title, "black", font)
    draw.rectangle((left, upper, right, lower), outline="#999999")
    last = max(float(steps[-1]) for steps, _ in curves.values())
    least = min(float(values.min()) for _, values in curves.values())
    most = max(float(values.max()) for _, values in curves.values())
    span = (most - least) or 1.0
    for value, y in ((most, upper), (least, lower)):
        draw.text((left - 6, y), f"{value:.3g}", "black", font, anchor="rm")
    draw.text((right, lower + 4), f"step {last:.0f}", "black", font, anchor="ra")
    for place, (colour, (name, (steps, values))) in enumerate(zip(COLOURS, curves.items(), strict=False)):
        xs = left + (right - left) * steps / last
        ys = lower - (lower - upper) * (values - least) / span
        draw.line(list(zip(xs.tolist(), ys.tolist(), strict=True)), colour, 2)
        draw.text((right - 70 * (len(curves) - 1 - place), top + 12), name, colour, font, anchor="ra")


def plot(log: Path, to: Path) -> None:
    """Writes the picture of a log. Raises ValueError for an empty log, OSError where a file is out of reach."""
    records = read_log(log)
    panels = []
    for title, names in PANELS:
        curves = {name: curve(records, name) for name in names}
        if found := {name: xy for name, xy in curves.items() if len(xy[0])}:
            panels.append((title, found))
    image = Image.new("RGB", (WIDTH, HEIGHT * len(panels)), "white")
    draw = ImageDraw.Draw(image)
    for number, (title, found) in enumerate(panels):
        draw_panel(draw, number * HEIGHT, title, found)
    image.save(to)


def main(arguments: Sequence[str]) -> None:
    if len(arguments) != 2:
        sys.exit("usage: python -m sam_core.training plot OUT/log.jsonl PICTURE.png")
    log, to = map(Path, arguments)
    try:
        plot(log, to)
    except (OSError, ValueError) as error:
        sys.exit(f"error: {error}")
