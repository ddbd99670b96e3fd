"""Annotating, beyond the loop: no waiting, nothing lost, nobody in another's way, hands on the keys."""

import re
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.e2e.annotate_page import AnnotatePage, Place, mask_of, pixel
from tests.e2e.people import Person
from tests.e2e.photos import photo
from tests.e2e.projects import make_project, project_with_photos, upload, wait_until_encoded

SignIn = Callable[[str], Person]
MIDDLE = Place(0.5, 0.5)
PHOTOS = ["coffee.png", "chelsea.png", "rocket.jpg", "astronaut.png"]
MANY_PHOTOS = [*PHOTOS, "camera.png", "coins.png", "page.png", "horse.png", "moon.png", "text.png"]


def masks_on_server(person: Person, work: AnnotatePage) -> list[dict[str, Any]]:
    masks: list[dict[str, Any]] = person.api("GET", f"/api/sessions/{work.session['id']}")["masks"]
    return masks


def wait_for_embeddings(work: AnnotatePage, count: int = 2) -> None:
    """Until the page has so many, the image on the table's and those of the next ones."""

    def fetched() -> bool:
        embeddings = {path for path in work.requests if path.startswith("GET /api/embeddings/")}
        return len(embeddings) >= count

    work.until(fetched, "the next image's embedding was not fetched ahead")
    work.page.wait_for_timeout(500)  # until it has arrived


def test_the_next_image_is_there_at_once(sign_in: SignIn) -> None:
    manager, annotator = sign_in("manager"), sign_in("annotator")
    project_id = project_with_photos(manager, annotator, photos=[photo(name) for name in PHOTOS])
    work = AnnotatePage(annotator, project_id)
    work.open()
    work.click(MIDDLE)
    work.accept()
    wait_for_embeddings(work)

    before = len(work.requests)
    session = work.go_on("Next image")
    work.click(MIDDLE)

    after = work.requests[before:]
    image, embedding = session["image"], session["embedding"]
    needed = {f"GET {image['display_url']}", f"GET {embedding['url']}"}
    assert not needed & {path.split("?")[0] for path in after}, (
        "the next image had to be fetched after it was asked for"
    )


def test_the_next_image_takes_a_click_after_those_behind_it_are_prepared_too(sign_in: SignIn) -> None:
    """The decoder holds three images: who looks before clicking must not find theirs pushed out by the fourth."""
    manager, annotator = sign_in("manager"), sign_in("annotator")
    project_id = project_with_photos(manager, annotator, photos=[photo(name) for name in MANY_PHOTOS])
    work = AnnotatePage(annotator, project_id)
    work.open()
    wait_for_embeddings(work, 3)
    for there in (4, 5):
        work.click(MIDDLE)
        work.accept()
        work.go_on("Next image")
        work.wait_for_image()
        wait_for_embeddings(work, there)
        work.page.wait_for_timeout(1000)  # until it is prepared
    work.click(MIDDLE)


def test_a_click_needs_no_server(sign_in: SignIn) -> None:
    manager, annotator = sign_in("manager"), sign_in("annotator")
    project_id = project_with_photos(manager, annotator, photos=[photo("coffee.png")])
    work = AnnotatePage(annotator, project_id)
    work.open()
    work.click(MIDDLE)
    annotator.page.context.set_offline(True)
    work.click(Place(0.4, 0.5))
    work.click(Place(0.05, 0.05), background=True)


def test_a_mask_accepted_offline_is_saved_when_the_network_is_back(sign_in: SignIn) -> None:
    manager, annotator = sign_in("manager"), sign_in("annotator")
    project_id = project_with_photos(manager, annotator, photos=[photo("coffee.png")])
    work = AnnotatePage(annotator, project_id)
    work.open()
    work.click(MIDDLE)
    annotator.page.context.set_offline(True)
    work.page.keyboard.press("Enter")
    expect(annotator.page.get_by_text(re.compile(r"waiting|not sent|offline", re.IGNORECASE)).first).to_be_visible()
    assert masks_on_server(annotator, work) == []
    annotator.page.context.set_offline(False)
    work.until(lambda: len(masks_on_server(annotator, work)) == 1, "the mask was not sent again", seconds=60)
    assert masks_on_server(annotator, work)[0]["counts"] == work.saved[-1]["counts"]


def test_a_mask_accepted_offline_survives_closing_the_page(sign_in: SignIn) -> None:
    manager, annotator = sign_in("manager"), sign_in("annotator")
    project_id = project_with_photos(manager, annotator, photos=[photo("coffee.png")])
    work = AnnotatePage(annotator, project_id)
    work.open()
    work.click(MIDDLE)
    annotator.page.context.set_offline(True)
    work.page.keyboard.press("Enter")
    expect(annotator.page.get_by_text(re.compile(r"waiting|not sent|offline", re.IGNORECASE)).first).to_be_visible()
    annotator.page.close()
    annotator.page.context.set_offline(False)
    again = annotator.page.context.new_page()
    again.goto(f"/projects/{project_id}/annotate/")
    work.until(lambda: len(masks_on_server(annotator, work)) == 1, "the mask was lost", seconds=60, page=again)


def test_two_annotators_never_get_the_same_image(sign_in: SignIn) -> None:
    manager, first, second = sign_in("manager"), sign_in("annotator"), sign_in("annotator")
    project_id = project_with_photos(manager, first, second, photos=[photo(name) for name in PHOTOS])
    works = [AnnotatePage(person, project_id) for person in (first, second)]
    seen: list[int] = []
    for work in works:
        work.open()
        seen.append(work.session["image"]["id"])
    for work in works:
        seen.append(work.go_on("n")["image"]["id"])
    assert len(set(seen)) == 4


def look_at_the_accepted_mask(work: AnnotatePage) -> None:
    """Outlines only, fainter, hidden, and the photo alone while a key is held: afterwards all is as it was."""
    keys = work.page.keyboard

    def shown() -> np.ndarray[Any, Any]:
        work.page.wait_for_timeout(150)  # until it is painted
        return work.screenshot().astype(int)

    filled = shown()
    keys.press("h")
    hidden = shown()
    keys.press("h")
    keys.press("o")
    outlined = shown()
    keys.press("o")
    keys.press(",")
    faint = shown()
    keys.press(".")
    keys.down("v")
    alone = shown()
    keys.up("v")

    def unlike_photo(picture: np.ndarray[Any, Any]) -> float:
        return float((np.abs(picture - hidden).max(axis=2) > 8).mean())

    assert 0 < unlike_photo(outlined) < unlike_photo(filled) / 2
    assert np.abs(faint - hidden).mean() < np.abs(filled - hidden).mean()
    assert unlike_photo(alone) == 0
    assert (shown() == filled).all()


def test_a_whole_image_with_keys_and_the_pointer_only_on_the_canvas(sign_in: SignIn) -> None:
    manager, annotator = sign_in("manager"), sign_in("annotator")
    project_id = project_with_photos(manager, annotator, photos=[photo(name) for name in PHOTOS[:2]])
    page, keys = annotator.page, annotator.page.keyboard
    work = AnnotatePage(annotator, project_id)
    page.goto("/")
    start = page.get_by_role("link", name=re.compile("^Start annotating"))
    for _ in range(20):
        keys.press("Tab")
        if start.evaluate("link => link === document.activeElement"):
            break
    else:
        pytest.fail("Tab does not reach “Start annotating”")
    keys.press("Enter")
    work.wait_for_image()

    work.click(MIDDLE)
    keys.press("2")
    part = work.accept("Enter")
    look_at_the_accepted_mask(work)
    keys.press("w")
    before = work.masks_shown()
    work.drag(Place(0.2, 0.2), Place(0.8, 0.8))
    work.wait_for_mask(before)
    keys.press("Escape")
    keys.press("b")
    work.drag(Place(0.1, 0.1), Place(0.3, 0.1))
    keys.press("e")
    work.drag(Place(0.2, 0.05), Place(0.2, 0.15))
    keys.press("Control+z")
    keys.press("Control+Shift+z")
    painted = work.accept("Enter")
    keys.press("q")
    work.go_on("n")

    assert part["chosen_token"] in (1, 2, 3)
    assert painted["chosen_token"] is None
    assert painted["prompts"] == {"points": [], "box": None, "first_token": None, "crop_box": None}
    assert mask_of(painted).any()
    assert len(work.saved) == 2, "the dropped mask was sent"


def test_an_image_uploaded_now_becomes_ready_without_a_reload(sign_in: SignIn) -> None:
    manager, annotator = sign_in("manager"), sign_in("annotator")
    project_id = make_project(manager, annotator)
    annotator.page.goto(f"/projects/{project_id}/annotate/")
    expect(annotator.page.get_by_text(re.compile("no images", re.IGNORECASE)).first).to_be_visible()
    work = AnnotatePage(annotator, project_id)
    upload(manager, project_id, photo("coffee.png"))
    work.until(lambda: bool(work.session), "the page was not told of the new image", seconds=60)
    wait_until_encoded(manager, project_id)
    work.click(MIDDLE)


def test_a_skipped_image_goes_with_its_reason(sign_in: SignIn) -> None:
    manager, annotator = sign_in("manager"), sign_in("annotator")
    project_id = project_with_photos(manager, annotator, photos=[photo(name) for name in PHOTOS[:2]])
    work = AnnotatePage(annotator, project_id)
    work.open()
    first = work.session["image"]["id"]
    work.button("Skip image")
    annotator.page.get_by_label(re.compile("unclear", re.IGNORECASE)).first.check()
    annotator.page.get_by_role("dialog").get_by_role("button", name=re.compile("^Skip")).click()
    work.until(lambda: work.session["image"]["id"] != first, "the next image did not come")
    deadline = time.monotonic() + 10
    while manager.api("GET", f"/api/projects/{project_id}/throughput")["total"]["skips"] != 1:
        assert time.monotonic() < deadline
        work.page.wait_for_timeout(100)


def test_a_half_made_mask_comes_back_after_a_reload(sign_in: SignIn) -> None:
    manager, annotator = sign_in("manager"), sign_in("annotator")
    project_id = project_with_photos(manager, annotator, photos=[photo("coffee.png")])
    work = AnnotatePage(annotator, project_id)
    work.open()
    work.click(MIDDLE)
    work.click(Place(0.05, 0.05), background=True)
    work.tool("Brush")
    work.drag(Place(0.1, 0.8), Place(0.2, 0.8))
    before = work.screenshot()
    work.page.wait_for_timeout(1000)  # a killed page keeps what was done up to a third of a second before

    work.open()
    expect(work.page.get_by_text("The mask that you were making is back.").first).to_be_visible()
    work.page.wait_for_selector("[data-decoder=ready]", timeout=60_000)
    work.tool("Brush")  # its panel lies over the photo before, too
    work.page.wait_for_timeout(500)
    below_the_notice = slice(len(before) // 4, None)
    difference = np.abs(work.screenshot().astype(int) - before)[below_the_notice].max(axis=2)
    assert (difference > 8).mean() < 0.01
    body = work.accept("Enter")
    assert [label for *_, label in body["prompts"]["points"]] == [1, 0]
    assert body["brush_pixels_added"] > 0
    assert pixel(mask_of(body), Place(0.15, 0.8))

    work.open()
    expect(work.page.get_by_text("is back")).to_have_count(0)
