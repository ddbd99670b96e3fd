"""The models page: an admin imports a checkpoint by hand and activates it; open sessions keep the model they have."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from sam_core import checkpoints
from sam_core.config import TINY_BUILTIN
from tests.e2e.annotate_page import AnnotatePage, Place
from tests.e2e.people import Person
from tests.e2e.photos import photo
from tests.e2e.projects import project_with_photos, wait_until_encoded

MIDDLE = Place(0.5, 0.5)
# One image at hand and at most two reserved ahead are the first annotator's: one is left for the second.
PHOTOS = ("chelsea.png", "coffee.png", "rocket.jpg", "astronaut.png")
IMPORT_MS = 120_000  # a child loads torch, the worker exports and compares


@pytest.fixture
def admin(sign_in: Callable[[str], Person]) -> Iterator[Person]:
    """An admin who leaves the model active that was."""
    admin = sign_in("admin")
    before = active(admin)
    yield admin
    if active(admin)["id"] != before["id"]:
        admin.api("POST", f"/api/model-versions/{before['id']}/activate")


def active(admin: Person) -> dict[str, Any]:
    (found,) = [one for one in admin.api("GET", "/api/models")["versions"] if one["state"] == "active"]
    return found


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=re.compile(name)))


def test_a_broken_file_is_refused_on_the_page_and_removed(admin: Person, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pth"
    broken.write_bytes(b"no checkpoint, whatever its name says" * 100)
    page = admin.page
    page.get_by_role("link", name="Models").click()
    before = active(admin)
    page.get_by_label("Checkpoint to import").set_input_files(broken)
    refused = row(page, "broken.pth")
    expect(refused).to_contain_text("Failed", timeout=IMPORT_MS)
    expect(refused).to_contain_text("broken.pth was not registered: it is damaged")
    refused.get_by_role("button", name="Remove broken.pth").click()
    expect(refused).to_have_count(0)
    assert active(admin) == before


def test_a_model_is_imported_and_activated_while_a_session_keeps_its_own(
    admin: Person, sign_in: Callable[[str], Person], tmp_path: Path
) -> None:
    manager, first, second = sign_in("manager"), sign_in("annotator"), sign_in("annotator")
    project_id = project_with_photos(manager, first, second, photos=[photo(name) for name in PHOTOS])
    at_hand = AnnotatePage(first, project_id)
    at_hand.open()
    old = at_hand.session["model"]["version"]

    new = import_and_activate(admin.page, tmp_path)
    assert active(admin)["version"] == new != old

    session = at_hand.session["id"]
    at_hand.open()
    assert (at_hand.session["id"], at_hand.session["model"]["version"]) == (session, old)
    at_hand.click(MIDDLE)
    assert at_hand.accept()["model_version"] == old

    wait_until_encoded(manager, project_id)
    fresh = AnnotatePage(second, project_id)
    fresh.open()
    assert fresh.session["model"]["version"] == new
    fresh.click(MIDDLE)
    asked = [path for path in fresh.requests if path.startswith("GET /api/models/")]
    assert asked
    assert all(f"/{new}/" in path for path in asked)
    for person in (admin, first, second):
        assert person.complaints == []


def import_and_activate(page: Page, folder: Path) -> str:
    """A checkpoint of ours, small and untrained. Gives the version that came of it."""
    checkpoint = folder / "trained.safetensors"
    checkpoints.save(checkpoints.build(TINY_BUILTIN), checkpoint)
    page.goto("/models/")
    page.get_by_label(re.compile("^Name")).fill("by-hand")
    page.get_by_label("Checkpoint to import").set_input_files(checkpoint)
    steps = re.compile("Waiting for the worker|Computing|Reading|Exporting|Comparing|Registering")
    expect(row(page, "by-hand").filter(has_text=steps)).to_have_count(1)
    expect(page.get_by_role("status").filter(has_text="is ready")).to_be_visible(timeout=IMPORT_MS)
    made = row(page, "by-hand")
    expect(made).to_contain_text("trained.safetensors")
    expect(made).to_contain_text("Ready")
    made.get_by_role("button", name=re.compile("^Activate by-hand-")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(re.compile(r"\d+ images will be encoded with it"))
    expect(dialog).to_contain_text("keeps the model it was opened with")
    dialog.get_by_role("button", name="Activate").click()
    expect(made).to_contain_text("Active")
    news = page.get_by_role("status").filter(has_text="is active").inner_text()
    return news.split()[0]
