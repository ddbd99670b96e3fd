"""Zoomed in on a small object: what is in sight is encoded by itself, and the mask is as good as before or better."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from tests.e2e.annotate_page import READY, AnnotatePage, Place, mask_of
from tests.e2e.people import Person
from tests.e2e.projects import project_with_photos

WIDTH, HEIGHT = 1600, 1200
MIDDLE = (1153, 331)
RADIUS = 14


def _star() -> np.ndarray:
    """A little star of five rays, bool [HEIGHT, WIDTH]: at the photo's size an embedding sees a dot."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    dx, dy = x + 0.5 - MIDDLE[0], y + 0.5 - MIDDLE[1]
    reach = RADIUS * (0.75 + 0.25 * np.cos(5 * np.arctan2(dy, dx)))
    return np.asarray(np.hypot(dx, dy) <= reach)


def _photo(folder: Path) -> Path:
    """A red star on green ground with some grain."""
    grain = np.random.default_rng(0).normal(0, 6, (HEIGHT, WIDTH, 1))
    picture = np.where(_star()[..., None], (200, 60, 50), (70, 120, 80)) + grain
    data = io.BytesIO()
    Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(data, "PNG")
    path = folder / "star.png"
    path.write_bytes(data.getvalue())
    return path


def _iou(mask: np.ndarray) -> float:
    truth = _star()
    return float((mask & truth).sum() / (mask | truth).sum())


def test_a_small_object_gets_a_sharper_mask_when_one_looks_closely(
    sign_in: Callable[[str], Person], tmp_path: Path
) -> None:
    manager, annotator = sign_in("manager"), sign_in("annotator")
    work = AnnotatePage(annotator, project_with_photos(manager, annotator, photos=[_photo(tmp_path)]))
    work.open()
    page, place = work.page, Place((MIDDLE[0] + 0.5) / WIDTH, (MIDDLE[1] + 0.5) / HEIGHT)
    expect(page.locator(READY)).to_be_visible(timeout=60_000)
    work.click(place)
    plain = work.accept("Enter")
    assert plain["prompts"]["crop_box"] is None

    page.mouse.move(*work.at(place))  # the point under the pointer stays where it is
    for _ in range(8):
        page.mouse.wheel(0, -210)
    sharp_here = page.get_by_role("status").get_by_text("Sharper masks here", exact=True)
    expect(sharp_here).to_be_visible(timeout=90_000)
    # On a slow machine the way here had looks of its own, whose larger crops may have been ready first.
    page.wait_for_timeout(1000)
    expect(sharp_here).to_be_visible(timeout=90_000)
    before = work.masks_shown()
    page.mouse.click(*work.at(place))
    work.wait_for_mask(before)
    sharp = work.accept("Enter")

    x, y, width, height = sharp["prompts"]["crop_box"]
    assert x <= MIDDLE[0] - RADIUS < MIDDLE[0] + RADIUS <= x + width <= WIDTH
    assert y <= MIDDLE[1] - RADIUS < MIDDLE[1] + RADIUS <= y + height <= HEIGHT
    assert max(width, height) < WIDTH / 2
    assert np.abs(np.subtract(sharp["prompts"]["points"][0][:2], MIDDLE)).max() <= 1
    mask = mask_of(sharp)
    assert _iou(mask) >= max(0.8, _iou(mask_of(plain)))
    ys, xs = np.nonzero(mask)
    assert np.abs(np.subtract((xs.mean(), ys.mean()), np.argwhere(_star()).mean(0)[::-1])).max() < 1  # in its place

    page.keyboard.press("0")
    expect(sharp_here).to_have_count(0)
    reopened_it_is_made_in_its_part_again(work, sharp, place)


def reopened_it_is_made_in_its_part_again(work: AnnotatePage, sharp: dict[str, Any], place: Place) -> None:
    """A page that is loaded anew has forgotten the part."""
    work.open()
    page = work.page
    page.get_by_role("button", name="Reopen Mask 2").click(force=True)
    frame = ",".join(str(number) for number in sharp["prompts"]["crop_box"])
    page.wait_for_selector(f"[data-frame='{frame}'][data-mask=shown]", timeout=90_000)
    expect(page.get_by_role("status").get_by_text("sharper part")).to_have_count(0)
    work.click(Place(place.x + 40 / WIDTH, place.y), background=True)
    again = work.accept("Enter")
    assert again["prompts"]["crop_box"] == sharp["prompts"]["crop_box"]
    assert again["prompts"]["points"][0] == sharp["prompts"]["points"][0]
    assert _iou(mask_of(again)) >= 0.8
