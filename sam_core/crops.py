"""Which part of an image is encoded by itself when somebody looks closely at it: a small grid of crops.

Views that differ a little share a crop, and a crop is larger than the view by a margin, so that moving on a little
needs no other. Plain numbers: the web application asks here, too.
"""

from __future__ import annotations

from dataclasses import dataclass

ZOOMS = (12, 8, 6, 4, 3, 2)
"""A crop's side is the image's longer side over one of these."""
STEPS = 8
"""Crops of one size lie apart by their side over this."""
MARGIN = 16
"""Beyond the view a crop goes on by its side over this, where the image does."""
LEAST_SIDE = 96
"""Pixels of a crop's longer side: of fewer, an encoder sees blurred squares."""


@dataclass(frozen=True)
class CropBox:
    """A rectangle of image pixels."""

    x: int
    y: int
    width: int
    height: int

    def to_list(self) -> list[int]:
        """[x, y, width, height], as it is told and stored."""
        return [self.x, self.y, self.width, self.height]

    def is_within(self, width: int, height: int) -> bool:
        """Whether it has a pixel, and all of them are an image's."""
        across = 0 <= self.x < self.x + self.width <= width
        return across and 0 <= self.y < self.y + self.height <= height


def crop_around(view: CropBox, width: int, height: int) -> CropBox | None:
    """The smallest crop of a width × height image that holds the view with its margin; None where it fits into none.

    A crop is a square, cut off where the image is narrower than it. ValueError for a view that is not in the image.
    """
    if not view.is_within(width, height):
        raise ValueError(f"the view {view.to_list()} is not in the image of {width}×{height} pixels")
    for side in _sides(width, height):
        x, across = _place(view.x, view.width, side, width)
        y, down = _place(view.y, view.height, side, height)
        if across and down:
            return CropBox(x, y, min(side, width), min(side, height))
    return None


def is_crop(box: CropBox, width: int, height: int) -> bool:
    """Whether `crop_around` can give this box for a view of a width × height image."""
    return any(
        (box.width, box.height) == (min(side, width), min(side, height))
        and _is_place(box.x, side, width)
        and _is_place(box.y, side, height)
        for side in _sides(width, height)
    )


def _sides(width: int, height: int) -> list[int]:
    """Of the squares that an image has crops of, the smallest first."""
    return [side for zoom in ZOOMS if (side := max(width, height) // zoom) >= LEAST_SIDE]


def _is_place(start: int, side: int, room: int) -> bool:
    """On one axis: whether a crop of the grid begins here."""
    if side >= room:
        return start == 0
    return start == room - side or (0 <= start < room - side and start % (side // STEPS) == 0)


def _place(start: int, length: int, side: int, room: int) -> tuple[int, bool]:
    """On one axis: where the crop on the grid begins whose middle is nearest to the view's, and whether it holds it."""
    if side >= room:
        return 0, True
    step = side // STEPS
    nearest = (2 * start + length - side + step) // (2 * step) * step
    place = min(max(0, nearest), room - side)
    margin = side // MARGIN
    first = place + (margin if place > 0 else 0)
    last = place + side - (margin if place + side < room else 0)
    return place, first <= start and start + length <= last
