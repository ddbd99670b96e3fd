"""Small objects on a crop of their own, on drawn data."""

from __future__ import annotations

import numpy as np
import pytest

from sam_core.checkpoints import LoadedModel, build
from sam_core.config import TINY_BUILTIN
from sam_core.evaluation.deep_zoom import Comparison, View, compare, small_regions, view_around

SHAPE = (60, 90)


def square(x: int, y: int, side: int = 6) -> np.ndarray:
    labels = np.zeros(SHAPE, np.int32)
    labels[y : y + side, x : x + side] = 1
    return labels


@pytest.mark.parametrize(
    ("x", "y", "expected"), [(40, 30, View(28, 23, 30, 20)), (0, 54, View(0, 40, 30, 20)), (84, 0, View(60, 0, 30, 20))]
)
def test_a_view_holds_the_region_and_stays_within_the_image(x: int, y: int, expected: View) -> None:
    truth = square(x, y) > 0
    assert view_around(truth) == expected
    assert expected.of(truth).shape == (20, 30)
    assert expected.of(truth).sum() == truth.sum() == 36


def test_what_leaves_no_margin_in_the_view_is_not_asked_for() -> None:
    assert view_around(square(40, 30, 16) > 0) is not None
    assert view_around(square(40, 30, 17) > 0) is None


def test_only_small_regions_are_asked_for_and_at_most_four() -> None:
    large, many = square(10, 10, 15), np.zeros(SHAPE, np.int32)
    for column in range(6):
        many[40:46, 15 * column : 15 * column + 6] = column + 1
    rng = np.random.default_rng(0)
    assert small_regions([large], rng) == []
    assert len(small_regions([many], rng)) == 4
    assert len(small_regions([square(10, 10), square(10, 10)], rng)) == 1


def test_each_region_is_told_of_with_both_embeddings() -> None:
    model = LoadedModel(build(TINY_BUILTIN), "tiny-1", "0" * 64)
    pixels = np.random.default_rng(0).integers(0, 255, (*SHAPE, 3), dtype=np.uint8)
    told = compare(model, [(pixels, [square(40, 30)]), (pixels, [np.zeros(SHAPE, np.int32)])])
    assert len(told.whole) == len(told.view) == 1
    assert told.crop == told.whole  # of so small an image the editor asks for no crop
    assert told.whole != told.view  # another embedding answers otherwise
    assert all(0 <= value <= 1 for value in told.whole[0] + told.view[0])


def test_figures_of_known_stories() -> None:
    whole, view = [[0.1, 0.2, 0.3, 0.4, 0.5], [0.5] * 5], [[0.3, 0.4, 0.5, 0.6, 0.7], [0.4] * 5]
    figures = Comparison(whole, view, [[0.2] * 5, [0.6] * 5]).to_json()
    assert figures["whole"] == {"1": 0.3, "3": 0.4, "5": 0.5}
    assert figures["view"] == {"1": 0.35, "3": 0.45, "5": 0.55}
    assert figures["view_better"] == {"1": 0.5, "3": 0.5, "5": 0.5}
    assert figures["crop"] == {"1": 0.4, "3": 0.4, "5": 0.4}
    assert figures["crop_better"] == {"1": 1.0, "3": 0.5, "5": 0.5}
    assert Comparison().to_json() == {"regions": 0}


def test_the_crop_that_the_editor_asks_for_is_told_of() -> None:
    model = LoadedModel(build(TINY_BUILTIN), "tiny-1", "0" * 64)
    pixels = np.random.default_rng(0).integers(0, 255, (160, 240, 3), dtype=np.uint8)
    labels = np.zeros((160, 240), np.int32)
    labels[80:90, 100:112] = 1
    told = compare(model, [(pixels, [labels])])
    assert told.crop not in (told.whole, told.view)
