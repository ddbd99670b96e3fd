"""The loop the product exists for, from photos on the manager's disk to masks in a COCO file."""

import io
import json
import re
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from playwright.sync_api import Page, expect
from pycocotools import mask as coco_mask

from tests.e2e.annotate_page import AnnotatePage, Place, mask_of, pixel
from tests.e2e.people import Person
from tests.e2e.photos import photo, truncated_jpeg

MIDDLE = Place(0.5, 0.5)
TOP_LEFT = Place(0.03, 0.03)
BRUSHED = Place(0.1, 0.9)
UNDONE = Place(0.9, 0.1)
COLUMNS = ("masks", "median", "mean", "images", "masks per image", "skips", "over the limit", "active time")
PHOTOS = ("chelsea.png", "coffee.png", "rocket.jpg")


def test_from_photos_to_a_coco_file(sign_in: Callable[[str], Person], tmp_path: Path) -> None:
    manager, annotator = sign_in("manager"), sign_in("annotator")
    project_id = make_project_by_hand(manager.page)
    add_member_by_hand(manager.page, annotator.name)
    upload_by_hand(manager.page, tmp_path)

    annotator.page.goto("/")
    work = AnnotatePage(annotator, project_id)
    annotator.page.get_by_role("link", name=re.compile("^Start annotating")).click()
    work.wait_for_image()
    first = make_a_mask_with_every_tool(work)
    assert_canvas_shows(work, mask_of(first))

    set_the_limit_by_hand(manager.page, project_id)
    work.open()
    second = let_the_rule_fire(work)
    assert first["image_sha256"] == second["image_sha256"]

    assert_throughput_shows(manager.page, project_id, annotator.name, masks=2)
    export = export_by_hand(manager.page, project_id)
    assert_export_holds(export, [first, second])
    assert manager.complaints == []
    assert annotator.complaints == []


def make_project_by_hand(page: Page) -> int:
    page.goto("/")
    page.get_by_role("link", name="New project").click()
    page.get_by_label("Name").fill("The loop")
    page.get_by_label(re.compile("^Guidelines")).fill("Everything that has a name.")
    page.get_by_role("radio", name=re.compile("^Remind")).check()
    page.get_by_label("Limit in seconds").fill("600")
    page.get_by_role("button", name="Create project").click()
    page.wait_for_url(re.compile(r"/projects/\d+/$"))
    return int(page.url.rstrip("/").split("/")[-1])


def add_member_by_hand(page: Page, name: str) -> None:
    page.get_by_role("link", name="Members").click()
    page.get_by_label("User name").fill(name)
    page.get_by_role("button", name="Add member").click()
    expect(page.get_by_role("rowheader", name=re.compile(name))).to_be_visible()


def upload_by_hand(page: Page, folder: Path) -> None:
    """Three photos and a broken file: the broken one is refused with a reason, the others go in and get encoded."""
    broken = folder / "broken.jpg"
    broken.write_bytes(truncated_jpeg())
    page.get_by_role("navigation", name="Project").get_by_role("link", name="Images").click()
    page.get_by_label("Photos or a zip to upload").set_input_files([*map(photo, PHOTOS), broken])
    expect(page.get_by_role("status").filter(has_text="photo")).to_have_text("3 photos added · 1 photo refused")
    refused = page.get_by_role("list", name="Uploads").get_by_role("listitem").filter(has_text="broken.jpg")
    expect(refused.first).to_contain_text(re.compile("cut off|incomplete|truncated|damaged|broken|end", re.IGNORECASE))
    images = page.get_by_role("region", name="Images")
    expect(images.get_by_role("img")).to_have_count(len(PHOTOS))
    # Without a reload: the page is told by a socket.
    expect(images.get_by_role("button", name=re.compile(r"^Ready"))).to_have_text(re.compile("Ready 3"), timeout=90_000)


def make_a_mask_with_every_tool(work: AnnotatePage) -> dict[str, Any]:
    work.click(MIDDLE)
    work.click(TOP_LEFT, background=True)
    work.tool("Brush")
    work.drag(BRUSHED, Place(0.2, 0.9))
    work.tool("Eraser")
    work.drag(MIDDLE, Place(0.52, 0.5))
    work.tool("Brush")
    work.drag(UNDONE, Place(0.8, 0.1))
    work.button("Undo")
    body = work.accept()

    mask = mask_of(body)
    image = work.session["image"]
    assert mask.shape == (image["height"], image["width"])
    assert pixel(mask, BRUSHED)
    assert not pixel(mask, MIDDLE)
    assert not pixel(mask, UNDONE)
    assert not pixel(mask, TOP_LEFT)
    assert body["brush_pixels_added"] > 0
    assert body["brush_pixels_removed"] > 0
    assert body["chosen_token"] == 0, "with two clicks the single-mask token is shown"
    assert_points(body["prompts"]["points"], [(MIDDLE, 1), (TOP_LEFT, 0)], image)
    assert body["time_limit_outcome"] == "within"
    assert 0 < body["active_ms"] < 600_000
    return body


def assert_points(points: list[list[float]], wanted: list[tuple[Place, int]], image: dict[str, Any]) -> None:
    assert [label for _, _, label in points] == [label for _, label in wanted]
    for (x, y, _), (place, _) in zip(points, wanted, strict=True):
        assert abs(x - place.x * image["width"]) < 1.5
        assert abs(y - place.y * image["height"]) < 1.5


def assert_canvas_shows(work: AnnotatePage, mask: np.ndarray[Any, Any]) -> None:
    """What hiding the masks changes on the canvas is the mask that was sent, but for the outline."""
    shown = work.screenshot()
    work.page.keyboard.press("h")
    work.page.wait_for_timeout(200)
    hidden = work.screenshot()
    work.page.keyboard.press("h")
    box = work.canvas.bounding_box()
    assert box
    left, top = work.at(Place(0, 0))
    right, bottom = work.at(Place(1, 1))
    rows = np.arange(shown.shape[0])[:, None] + 0.5 - (top - box["y"])
    columns = np.arange(shown.shape[1])[None, :] + 0.5 - (left - box["x"])
    y = np.floor(rows * mask.shape[0] / (bottom - top)).astype(int)
    x = np.floor(columns * mask.shape[1] / (right - left)).astype(int)
    inside = (y >= 0) & (y < mask.shape[0]) & (x >= 0) & (x < mask.shape[1])
    expected = inside & mask[y.clip(0, mask.shape[0] - 1), x.clip(0, mask.shape[1] - 1)]
    changed = np.abs(shown.astype(int) - hidden).max(axis=2) > 2
    band = np.ones((9, 9), np.uint8)  # the outline is drawn on both sides of the edge
    within = cv2.erode(expected.astype(np.uint8), band).astype(bool)
    without = ~cv2.dilate(expected.astype(np.uint8), band).astype(bool)
    assert within.sum() > 200
    assert changed[within].mean() > 0.98, "the canvas does not show all of the saved mask"
    assert changed[without].mean() < 0.005, "the canvas shows more than the saved mask"


def set_the_limit_by_hand(page: Page, project_id: int) -> None:
    page.goto(f"/projects/{project_id}/settings/")
    page.get_by_role("radio", name=re.compile("^Remind")).check()
    page.get_by_label("Limit in seconds").fill("3")
    page.get_by_label("A pause begins after, in seconds").fill("2")
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_label("Limit in seconds")).to_have_value("3")


def let_the_rule_fire(work: AnnotatePage) -> dict[str, Any]:
    """Works on a mask until the limit is reached, then keeps it and goes on with one key."""
    before = work.session["id"]
    work.work_to_the_limit()
    sent = len(work.saved)
    after = work.go_on("k")
    work.until(lambda: len(work.saved) > sent, "the kept mask was not sent")
    assert after["id"] != before
    body = work.saved[-1]
    assert body["time_limit_outcome"] == "kept"
    assert body["active_ms"] > 3000
    return body


def assert_throughput_shows(page: Page, project_id: int, name: str, *, masks: int) -> None:
    cells = throughput_row(page, project_id, name)
    assert (cells["masks"], cells["images"], cells["masks per image"]) == (str(masks), "1", "2.0")
    # Active time travels apart from the masks, in pieces of up to five seconds that wait two more for company.
    deadline = time.monotonic() + 60
    while cells["active time"] in ("0 s", "–"):
        assert time.monotonic() < deadline, "no active time has reached the throughput page"
        page.wait_for_timeout(500)
        cells = throughput_row(page, project_id, name)


def throughput_row(page: Page, project_id: int, name: str) -> dict[str, str]:
    page.goto(f"/projects/{project_id}/throughput/")
    row = page.get_by_role("table", name="Figures per annotator").get_by_role("row", name=re.compile(name))
    expect(row).to_be_visible()
    return dict(zip(COLUMNS, row.get_by_role("cell").all_inner_texts(), strict=True))


def export_by_hand(page: Page, project_id: int) -> zipfile.ZipFile:
    page.goto(f"/projects/{project_id}/exports/")
    page.get_by_role("button", name="Export masks").click()
    link = page.get_by_role("link", name=re.compile("^Download the export"))
    expect(link).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        link.click()
    return zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes()))


def assert_export_holds(export: zipfile.ZipFile, bodies: list[dict[str, Any]]) -> None:
    """The COCO file's masks, opened by pycocotools, are the accepted ones, pixel for pixel; so are the PNGs."""
    coco = json.loads(export.read("coco.json"))
    assert [category["name"] for category in coco["categories"]] == ["object"]
    exported = [coco_mask.decode(one["segmentation"]).astype(bool) for one in coco["annotations"]]
    assert len(exported) == len(bodies)
    for body in bodies:
        wanted = mask_of(body)
        assert any(np.array_equal(wanted, one) for one in exported), f"mask {body['id']} is not in the COCO file"
    assert {one["iscrowd"] for one in coco["annotations"]} == {0}
    names = {image["file_name"] for image in coco["images"]}
    assert names <= set(PHOTOS)
    assert sum(name.startswith("masks/") and name.endswith(".png") for name in export.namelist()) == len(bodies)
