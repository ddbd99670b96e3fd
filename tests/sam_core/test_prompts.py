"""The padding point, the token rule, and the next click."""

from __future__ import annotations

import numpy as np
import pytest

from sam_core.prompts import Box, Point, Prompts, innermost_point, next_click, point_arrays, token_to_show


def test_a_padding_point_is_appended_without_a_box() -> None:
    coords, labels = point_arrays(Prompts([Point(3, 4), Point(5, 6, 0)]))
    assert coords.tolist() == [[3, 4], [5, 6], [0, 0]]
    assert labels.tolist() == [1, 0, -1]


def test_a_box_is_two_points_and_no_padding() -> None:
    coords, labels = point_arrays(Prompts([Point(3, 4)], box=Box(1, 2, 8, 9)))
    assert coords.tolist() == [[3, 4], [1, 2], [8, 9]]
    assert labels.tolist() == [1, 2, 3]


def test_no_prompt_is_refused() -> None:
    with pytest.raises(ValueError, match="point or a box"):
        point_arrays(Prompts())


@pytest.mark.parametrize(
    ("prompts", "token"),
    [
        (Prompts([Point(1, 1)]), 2),
        (Prompts(box=Box(0, 0, 1, 1)), 2),
        (Prompts([Point(1, 1), Point(2, 2)]), 0),
        (Prompts([Point(1, 1)], box=Box(0, 0, 1, 1)), 0),
    ],
)
def test_token_rule(prompts: Prompts, token: int) -> None:
    """Token 0 is best here, and still never shown for an ambiguous prompt."""
    assert token_to_show(prompts, [0.99, 0.2, 0.8, 0.5]) == token


def disc(x: int, y: int, radius: int, side: int = 64) -> np.ndarray:
    ys, xs = np.mgrid[:side, :side]
    return (xs - x) ** 2 + (ys - y) ** 2 <= radius**2


def test_the_first_click_is_the_innermost_point() -> None:
    x, y = innermost_point(disc(20, 30, 10))
    assert abs(x - 20) <= 1
    assert abs(y - 30) <= 1


def test_the_edge_of_the_image_is_a_border() -> None:
    assert innermost_point(np.ones((9, 21), bool))[1] == 4


def test_the_next_click_fixes_the_largest_error() -> None:
    truth = disc(20, 30, 10)
    missing = next_click(np.zeros_like(truth), truth)
    assert missing is not None
    assert missing.label == 1
    assert truth[int(missing.y), int(missing.x)]
    spill = next_click(truth | disc(50, 30, 8), truth & ~disc(20, 30, 3))
    assert spill is not None
    assert spill.label == 0
    assert abs(spill.x - 50) <= 1
    assert next_click(truth, truth) is None
