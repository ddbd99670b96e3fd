"""The grid of crops: each holds the view it is for, and many views share one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sam_core.crops import LEAST_SIDE, MARGIN, ZOOMS, CropBox, crop_around, is_crop


@st.composite
def views(draw: st.DrawFn) -> tuple[CropBox, int, int]:
    width, height = draw(st.integers(1, 8000)), draw(st.integers(1, 8000))
    x, y = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    view = CropBox(x, y, draw(st.integers(1, width - x)), draw(st.integers(1, height - y)))
    return view, width, height


@given(views())
def test_a_crop_lies_in_the_image_and_holds_the_view_with_its_margin(case: tuple[CropBox, int, int]) -> None:
    view, width, height = case
    crop = crop_around(view, width, height)
    if crop is None:
        return
    assert crop.is_within(width, height)
    assert is_crop(crop, width, height)
    side = max(crop.width, crop.height)
    assert side in {max(width, height) // zoom for zoom in ZOOMS}
    assert side >= LEAST_SIDE
    margin = side // MARGIN
    for start, length, first, size, room in (
        (view.x, view.width, crop.x, crop.width, width),
        (view.y, view.height, crop.y, crop.height, height),
    ):
        assert start - first >= margin or (first == 0 and start >= 0)
        assert first + size - start - length >= margin or (first + size == room and start + length <= room)


@given(views())
def test_a_view_of_a_third_of_the_longer_side_always_fits(case: tuple[CropBox, int, int]) -> None:
    view, width, height = case
    longer = max(width, height)
    if longer >= 4 * LEAST_SIDE and 3 * max(view.width, view.height) <= longer:
        assert crop_around(view, width, height) is not None


def test_views_beside_each_other_share_a_crop() -> None:
    first = crop_around(CropBox(1000, 800, 700, 500), 4000, 3000)
    assert first == CropBox(875, 500, 1000, 1000)
    assert crop_around(CropBox(1020, 790, 700, 500), 4000, 3000) == first


def test_the_smallest_crop_that_holds_the_view_is_taken() -> None:
    sides = [
        crop_around(CropBox(2000, 1500, side, side), 6000, 4000) for side in (100, 380, 560, 700, 1000, 2000, 2500)
    ]
    assert [crop.width if crop else None for crop in sides] == [500, 500, 750, 1000, 1500, 3000, None]


@pytest.mark.parametrize(
    "box",
    [
        (1001, 500, 1000, 1000),
        (875, 500, 900, 1000),
        (875, 500, 900, 900),
        (-125, 500, 1000, 1000),
        (3125, 0, 1000, 1000),
    ],
)
def test_a_box_beside_the_grid_is_no_crop(box: tuple[int, int, int, int]) -> None:
    assert is_crop(CropBox(875, 500, 1000, 1000), 4000, 3000)
    assert not is_crop(CropBox(*box), 4000, 3000)


@pytest.mark.parametrize("view", [(-1, 0, 5, 5), (0, 0, 0, 5), (396, 0, 5, 5), (0, 296, 5, 5)])
def test_a_view_outside_of_the_image_is_refused(view: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="is not in the image"):
        crop_around(CropBox(*view), 400, 300)
