"""The tools of the editor, each with real pointer, key, finger and pen events: one mask after another on one photo."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.e2e.annotate_page import AnnotatePage, Place, mask_of, pixel
from tests.e2e.people import Person
from tests.e2e.photos import photo
from tests.e2e.projects import project_with_photos

SignIn = Callable[[str], Person]
MIDDLE = Place(0.5, 0.5)
LEFT, TOP, RIGHT, BOTTOM = 0.3, 0.2, 0.7, 0.8


def wait_until_shown(work: AnnotatePage) -> None:
    """Until the decoder has answered to the prompts as they are."""
    work.page.wait_for_selector("[aria-label='Annotation canvas'][data-mask=shown]", timeout=120_000)


def test_a_mask_by_every_tool_and_again_after_it_was_accepted(sign_in: SignIn) -> None:
    manager, annotator = sign_in("manager"), sign_in("annotator")
    project_id = project_with_photos(manager, annotator, photos=[photo("coffee.png")])
    work = AnnotatePage(annotator, project_id)
    page, keys = work.page, work.page.keyboard
    work.open()
    room = work.canvas.bounding_box()

    work.click(MIDDLE)
    expect(page.get_by_role("group", name="Candidates").locator("canvas")).to_have_count(3)
    assert work.canvas.bounding_box() == room, "the picture moved when the candidates came"
    work.drag(MIDDLE, Place(0.48, 0.45))  # the click moves with the hand
    page.mouse.click(*work.at(Place(0.48, 0.45)))
    expect(page.get_by_role("button", name="Remove click")).to_be_visible()
    keys.press("Delete")
    expect(page.locator("[data-mask=none]")).to_have_count(1)
    keys.press("Control+z")
    work.tool("Box")
    work.drag(Place(LEFT, TOP), Place(RIGHT, BOTTOM))
    work.drag(Place(RIGHT, BOTTOM), Place(0.75, 0.85))  # by its corner
    wait_until_shown(work)
    work.tool("Eraser")
    work.drag(Place(0.5, 0.3), Place(0.52, 0.3))
    keys.press("t")
    wait_until_shown(work)
    work.tool("Lasso")
    work.drag(Place(0.82, 0.02), Place(0.92, 0.02), Place(0.92, 0.15), Place(0.82, 0.15))
    keys.down("Alt")
    work.drag(Place(0.86, 0.06), Place(0.88, 0.06), Place(0.88, 0.1), Place(0.86, 0.1))
    keys.up("Alt")
    for corner in (Place(0.02, 0.9), Place(0.1, 0.9), Place(0.3, 0.3), Place(0.1, 0.98), Place(0.02, 0.98)):
        page.mouse.click(*work.at(corner))
        if corner.x == 0.3:
            keys.press("Delete")
    keys.press("Enter")
    first = work.accept("Enter")

    drawn = mask_of(first)
    assert [label for *_, label in first["prompts"]["points"]][:1] == [1]
    assert [label for *_, label in first["prompts"]["points"]][1:] != []
    assert first["prompts"]["points"][-1][2] == 0
    x0, y0, x1, y1 = first["prompts"]["box"]
    height, width = drawn.shape
    assert [round(x1 / width, 2), round(y1 / height, 2)] == [0.75, 0.85]
    assert [round(x0 / width, 1), round(y0 / height, 1)] == [LEFT, TOP]
    assert pixel(drawn, Place(0.84, 0.04))
    assert not pixel(drawn, Place(0.87, 0.08))
    assert pixel(drawn, Place(0.09, 0.91)), "the corners' rectangle"
    assert pixel(drawn, Place(0.03, 0.97)), "the corners' rectangle"
    assert not pixel(drawn, Place(0.12, 0.85)), "the corner was taken back"

    work.open()  # its prompts come back from the server
    page.get_by_role("button", name="Reopen Mask 1").click(force=True)
    work.tool("Lasso")
    keys.press("Shift+F")
    second = work.accept("Enter")
    assert second["replaces"] == first["id"]
    assert second["prompts"] == first["prompts"]
    assert pixel(mask_of(second), Place(0.87, 0.08)), "the hole was not filled"

    keys.press("b")
    keys.press("y")  # other masks keep their pixels
    work.drag(Place(0.86, 0.05), Place(0.86, 0.4))
    third = mask_of(work.accept("Enter"))
    assert pixel(third, Place(0.86, 0.3))
    assert not (third & mask_of(second)).any()

    the_pen_paints_with_its_pressure(work)
    several_masks_are_sorted_selected_deleted_and_brought_back(work)
    two_fingers_zoom_and_one_clicks(work)


def the_pen_paints_with_its_pressure(work: AnnotatePage) -> None:
    work.tool("Click")
    devtools = work.page.context.new_cdp_session(work.page)

    def pen(kind: str, place: Place, force: float) -> None:
        x, y = work.at(place)
        event: dict[str, Any] = {"type": kind, "x": x, "y": y, "pointerType": "pen", "force": force}
        held = {"button": "left", "buttons": 0 if kind == "mouseReleased" else 1, "clickCount": 1}
        devtools.send("Input.dispatchMouseEvent", {**event, **held})

    pen("mousePressed", Place(0.2, 0.1), 0.1)
    for step in range(1, 11):
        pen("mouseMoved", Place(0.2, 0.1 + step * 0.05), step / 10)
    pen("mouseReleased", Place(0.2, 0.6), 0)
    body = work.accept("Enter")
    mask = mask_of(body)
    assert body["prompts"]["points"] == []
    assert mask[int(0.55 * mask.shape[0])].sum() > mask[int(0.15 * mask.shape[0])].sum() > 0


def several_masks_are_sorted_selected_deleted_and_brought_back(work: AnnotatePage) -> None:
    page = work.page
    rows = page.get_by_role("complementary", name="Accepted masks").get_by_role("listitem")

    def on_server() -> list[dict[str, Any]]:
        masks: list[dict[str, Any]] = work.person.api("GET", f"/api/sessions/{work.session['id']}")["masks"]
        return masks

    expect(rows).to_have_count(3)
    work.until(lambda: len(on_server()) == 3, "the masks were not saved")
    masks = on_server()
    largest_first = sorted(range(3), key=lambda made: -masks[made]["area"])
    page.get_by_label("Sort masks").select_option("Largest")
    expect(rows.locator(".mask-name")).to_have_text([f"Mask {made + 1}" for made in largest_first])
    rows.nth(0).click(modifiers=["ControlOrMeta"], position={"x": 80, "y": 10})
    rows.nth(1).click(modifiers=["Shift"], position={"x": 80, "y": 10})
    expect(page.get_by_text("2 selected", exact=True)).to_be_visible()
    work.button("Delete selected masks")
    expect(rows).to_have_count(1)
    work.until(lambda: len(on_server()) == 1, "the selected masks were not deleted")
    assert on_server()[0]["id"] == masks[largest_first[2]]["id"]
    work.button("Bring them back")
    expect(rows).to_have_count(3)
    work.until(lambda: len(on_server()) == 3, "the deleted masks did not come back")
    assert sorted(mask["counts"] for mask in on_server()) == sorted(mask["counts"] for mask in masks)


def two_fingers_zoom_and_one_clicks(work: AnnotatePage) -> None:
    page = work.page
    devtools = page.context.new_cdp_session(page)
    devtools.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})

    def touch(kind: str, *places: Place) -> None:
        points = [dict(zip(("x", "y"), work.at(place), strict=True)) for place in places]
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    zoom = page.get_by_title("Zoom", exact=True)
    before = zoom.inner_text()
    touch("touchStart", Place(0.45, 0.5), Place(0.55, 0.5))
    for step in range(1, 6):
        touch("touchMove", Place(0.45 - step * 0.04, 0.5), Place(0.55 + step * 0.04, 0.5))
    touch("touchEnd")
    expect(zoom).not_to_have_text(before)
    expect(page.locator("[data-mask=none]")).to_have_count(1)
    page.keyboard.press("0")
    before_click = work.masks_shown()
    touch("touchStart", MIDDLE)
    touch("touchEnd")
    work.wait_for_mask(before_click)
