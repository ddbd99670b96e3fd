"""The weights that come with the product."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sam_core.checkpoints import BUILTIN_PATH, load_builtin
from sam_core.config import BUILTIN
from sam_core.evaluation import evaluate
from sam_core.label_maps import Files, names_with_labels, read_label_map, read_rgb
from sam_core.predictor import decode, encode
from sam_core.prompts import Point, Prompts

HELD_OUT = Path(__file__).parents[3] / "shared" / "data" / "bsds500-trainval.zip"


def test_they_load_and_are_small_enough() -> None:
    model = load_builtin()
    assert model.config == BUILTIN
    assert BUILTIN_PATH.stat().st_size <= 20_000_000
    assert model.version.startswith("builtin-")


def test_a_click_on_a_disc_finds_the_disc() -> None:
    """Far from photographs, and still: what was clicked, and not the rest."""
    ys, xs = np.mgrid[:300, :400]
    disc = (xs - 150) ** 2 + (ys - 140) ** 2 < 70**2
    image = np.where(disc[..., None], [200, 60, 40], [40, 90, 160]).astype(np.uint8)
    model = load_builtin()
    mask = decode(model, encode(model, image), Prompts([Point(150, 140)])).mask()
    assert (mask & disc).sum() / (mask | disc).sum() > 0.8


@pytest.mark.skipif(not HELD_OUT.is_file(), reason="the held-out photos are not on this machine")
def test_corrections_help_on_held_out_photos() -> None:
    files = Files(HELD_OUT)
    names = list(names_with_labels(files, "val/").items())[:3]
    photos = []
    for name, maps in names:
        data, *map_data = files.read([name, *maps])
        photos.append((read_rgb(data), [read_label_map(d) for d in map_data]))
    miou = evaluate(load_builtin(), photos).to_json()["miou"]
    assert isinstance(miou, dict)
    assert miou["1"] > 0.25
    assert miou["5"] > 0.6
    assert miou["8"] > miou["3"] > miou["1"]
