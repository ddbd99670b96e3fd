"""The annotate page without a mouse, and with a person's own keys."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.annotate_page import AnnotatePage
from tests.e2e.people import Person
from tests.e2e.photos import photo
from tests.e2e.projects import project_with_photos


def test_the_loop_by_keys_alone(sign_in: Callable[[str], Person]) -> None:
    manager, annotator = sign_in("manager"), sign_in("annotator")
    project_id = project_with_photos(manager, annotator, photos=[photo("coffee.png")])
    work = AnnotatePage(annotator, project_id)
    page, press = annotator.page, annotator.page.keyboard.press
    rows = page.locator(".mask-row")
    share = page.locator(".masked strong")
    work.open()

    # A click, and a stroke of the brush that takes the space bar and the arrows together.
    before = work.masks_shown()
    press("Shift+ArrowLeft")
    press("Space")
    work.wait_for_mask(before)
    assert work.accept("Enter")["prompts"]["points"][0][2] == 1
    press("b")
    page.keyboard.down("Space")
    for _ in range(3):
        press("Shift+ArrowUp")
    page.keyboard.up("Space")
    stroke = work.accept("Enter")
    assert stroke["brush_pixels_added"] > 1000
    expect(rows).to_have_count(2)

    # What is masked is told; the way to what is not moves the picture, and another key shows it whole again.
    expect(share).not_to_have_text("0 %")
    zoom = page.locator(".rail-zoom")
    whole = zoom.inner_text()
    press("u")
    press("u")
    expect(page.locator(".region-frame")).to_be_visible()
    expect(zoom).not_to_have_text(whole)
    press("0")
    expect(zoom).to_have_text(whole)

    # The older of the two masks is gone to, deleted, and brought back.
    press("PageDown")
    press("PageDown")
    expect(rows.last).to_have_attribute("data-pointed", "true")
    press("Shift+Delete")
    expect(rows).to_have_count(1)
    press("a")
    expect(rows).to_have_count(2)

    # Another key for the brush: one that is taken is refused by name, a free one holds, after a reload too.
    press("F2")
    dialog = page.get_by_role("dialog", name="Change keys")
    dialog.get_by_role("button", name="Brush B", exact=True).focus()
    press("Enter")
    press("n")
    expect(dialog.get_by_role("status")).to_contain_text("“Next image”")
    press("Alt+x")
    expect(dialog.get_by_role("status")).to_contain_text("Brush has the key Alt X now")
    press("Escape")
    expect(dialog).to_have_count(0)
    work.open()
    press("b")
    expect(work.canvas).to_have_attribute("data-tool", "click")
    press("Alt+x")
    expect(work.canvas).to_have_attribute("data-tool", "brush")
    assert not annotator.complaints
