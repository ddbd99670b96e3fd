"""Previews: the mask under the pointer, before any click. Looking changes nothing, and a click never waits for it."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.e2e.annotate_page import READY, AnnotatePage, Place, mask_of
from tests.e2e.people import Person
from tests.e2e.photos import photo
from tests.e2e.projects import project_with_photos

SignIn = Callable[[str], Person]
CUP = Place(0.5, 0.45)
SPOON = Place(0.6, 0.75)


@pytest.fixture
def work(sign_in: SignIn) -> AnnotatePage:
    """A photo that is ready for clicks."""
    manager, annotator = sign_in("manager"), sign_in("annotator")
    project_id = project_with_photos(manager, annotator, photos=[photo("coffee.png")])
    page = AnnotatePage(annotator, project_id)
    page.open()
    wait_until_ready(page)
    return page


def wait_until_ready(work: AnnotatePage) -> None:
    expect(work.page.locator(READY)).to_have_count(1, timeout=60_000)


def shows_preview_of(work: AnnotatePage, place: Place) -> bool:
    """Whether what is previewed is a click at this place; a browser may round the pointer's position."""
    told = work.canvas.get_attribute("data-preview") or "none"
    if told == "none":
        return False
    image = work.session["image"]
    x, y = (int(part) for part in told.split(","))
    return abs(x - place.x * image["width"]) <= 2 and abs(y - place.y * image["height"]) <= 2


def point_at(work: AnnotatePage, place: Place) -> None:
    work.page.mouse.move(*work.at(place), steps=2)


def preview(work: AnnotatePage, place: Place) -> None:
    point_at(work, place)
    work.until(lambda: shows_preview_of(work, place), f"{place} was not previewed")


def expect_no_preview(work: AnnotatePage) -> None:
    expect(work.canvas).to_have_attribute("data-preview", "none")


def picture(work: AnnotatePage) -> np.ndarray[Any, Any]:
    """What the canvas shows, with the pointer where it is."""
    box = work.canvas.bounding_box()
    assert box
    return np.asarray(Image.open(io.BytesIO(work.page.screenshot(clip=box))).convert("RGB")).astype(int)


def test_a_preview_follows_the_pointer_changes_nothing_and_goes_with_it(work: AnnotatePage) -> None:
    work.page.mouse.move(2, 2)
    bare = picture(work)
    preview(work, CUP)
    cup = picture(work)
    preview(work, SPOON)
    spoon = picture(work)
    work.page.mouse.move(2, 2)
    expect_no_preview(work)

    assert (cup != bare).any()
    assert (spoon != cup).any()
    assert (picture(work) == bare).all(), "something of the preview stayed"
    assert work.canvas.get_attribute("data-mask") == "none"
    work.page.wait_for_timeout(1500)  # events are sent once a second
    assert {event["kind"] for event in work.events} <= {"session_shown", "activity"}


def test_of_many_places_the_last_one_is_shown(work: AnnotatePage) -> None:
    for number in range(40):
        work.page.mouse.move(*work.at(Place(0.1 + 0.01 * number, 0.3 + 0.003 * number)))
    preview(work, CUP)
    work.page.wait_for_timeout(500)
    assert shows_preview_of(work, CUP), "an older preview came after the newest"


def test_a_click_on_a_preview_gives_the_mask_that_it_gives_without(work: AnnotatePage) -> None:
    preview(work, CUP)
    work.click(CUP)
    on_preview = work.accept()
    work.page.keyboard.press("p")
    work.click(CUP)
    without = work.accept()

    assert on_preview["counts"] == without["counts"]
    assert mask_of(without).any()
    for same in ("prompts", "chosen_token", "predicted_iou", "stability_score"):
        assert on_preview[same] == without[same]


def test_a_click_amid_moves_is_answered_and_ends_previews(work: AnnotatePage) -> None:
    before = work.masks_shown()
    for number in range(30):
        work.page.mouse.move(*work.at(Place(0.3 + 0.005 * number, 0.45)))
    work.page.mouse.click(*work.at(CUP))
    work.wait_for_mask(before)
    expect_no_preview(work)
    point_at(work, SPOON)
    work.page.wait_for_timeout(500)
    expect_no_preview(work)  # a mask is under work: clicks add to it
    work.page.keyboard.press("Escape")
    preview(work, CUP)
    work.page.keyboard.press("b")
    expect_no_preview(work)
    point_at(work, SPOON)
    work.page.wait_for_timeout(500)
    expect_no_preview(work)


def test_previews_stay_switched_off(work: AnnotatePage) -> None:
    button = work.page.get_by_role("button", name="Preview under the pointer")
    expect(button).to_have_attribute("aria-pressed", "true")
    preview(work, CUP)
    work.page.keyboard.press("p")
    expect_no_preview(work)
    work.open()
    wait_until_ready(work)
    expect(button).to_have_attribute("aria-pressed", "false")
    point_at(work, SPOON)
    work.page.wait_for_timeout(500)
    assert not shows_preview_of(work, SPOON)
    button.click()
    preview(work, CUP)
