"""Every page, light and dark, by the rules of WCAG 2 that axe-core can check in a browser."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.annotate_page import AnnotatePage, Place
from tests.e2e.people import Person
from tests.e2e.photos import photo
from tests.e2e.projects import project_with_photos

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """levels => axe.run({ runOnly: levels, resultTypes: ["violations"] })"""


@pytest.fixture(scope="module")
def axe() -> str:
    assert AXE.is_file(), "axe-core is not there: npm ci in frontend/"
    return AXE.read_text()


def complaints(page: Page, axe: str) -> list[str]:
    """What is wrong with the page as it stands now, a line for each element."""
    page.evaluate(axe)
    found: dict[str, Any] = page.evaluate(RUN, LEVELS)
    return [
        f"{page.url} {rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def in_both_themes(person: Person, addresses: list[str], axe: str) -> list[str]:
    wrong: list[str] = []
    for address in addresses:
        for theme in ("light", "dark"):
            person.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            person.page.goto(address, wait_until="networkidle")
            wrong += [f"({theme}) {complaint}" for complaint in complaints(person.page, axe)]
    return wrong


def test_the_pages_of_managers_and_admins(sign_in: Callable[[str], Person], axe: str) -> None:
    manager, admin = sign_in("manager"), sign_in("admin")
    project_id = project_with_photos(manager, photos=[photo("coffee.png")])
    manager.api("POST", f"/api/projects/{project_id}/exports")
    project = f"/projects/{project_id}"
    pages = ["/", "/projects/new/", "/password/", "/nothing/"]
    pages += [f"{project}{tab}" for tab in ("/", "/members/", "/settings/", "/exports/", "/throughput/")]
    wrong = in_both_themes(manager, pages, axe)
    wrong += in_both_themes(admin, ["/", "/people/", "/models/"], axe)
    assert not wrong, "\n".join(wrong)


def test_the_pages_of_annotators(sign_in: Callable[[str], Person], axe: str) -> None:
    manager, annotator = sign_in("manager"), sign_in("annotator")
    project_id = project_with_photos(manager, annotator, photos=[photo("coffee.png")], guidelines="Every object.")
    wrong = in_both_themes(annotator, ["/", "/people/"], axe)  # the second is not open to them
    page, work = annotator.page, AnnotatePage(annotator, project_id)
    # A desk, and a tablet held upright: the same room as a desk's window at the page's zoom of 200 %.
    for theme, size in (("light", (1280, 800)), ("dark", (768, 1024)), ("light", (640, 400))):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        work.open()
        work.click(Place(0.5, 0.5))
        wrong += [f"({theme} {size}) {complaint}" for complaint in complaints(page, axe)]
        work.accept("Enter")
        page.keyboard.press("Shift+V")
        page.get_by_role("heading", name="View", exact=True).wait_for()
        wrong += [f"({theme} {size}, view) {complaint}" for complaint in complaints(page, axe)]
    page.set_viewport_size({"width": 1280, "height": 800})
    wrong += what_opens_while_annotating(work, axe)
    limit = {"time_limit_policy": "remind", "time_limit_seconds": 3, "idle_seconds": 2}
    manager.api("PATCH", f"/api/projects/{project_id}", limit)
    work.open()
    work.work_to_the_limit()
    wrong += look(page, axe, "the time limit")
    assert not wrong, "\n".join(wrong)


def look(page: Page, axe: str, what: str) -> list[str]:
    """What is wrong with the page as it stands, in either theme."""
    wrong: list[str] = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        wrong += [f"({theme}, {what}) {complaint}" for complaint in complaints(page, axe)]
    return wrong


def what_opens_while_annotating(work: AnnotatePage, axe: str) -> list[str]:
    """Every dialog, menu, panel, note and message of the annotate page, each in both themes."""
    page, keys = work.page, work.page.keyboard
    wrong: list[str] = []
    work.open()
    rows = page.get_by_role("complementary", name="Accepted masks").get_by_role("listitem")
    rows.nth(0).click(modifiers=["ControlOrMeta"], position={"x": 80, "y": 10})
    wrong += look(page, axe, "a selected mask")
    work.button("Delete selected masks")
    page.get_by_role("button", name="Bring it back").wait_for()
    wrong += look(page, axe, "a message with an offer")
    work.click(Place(0.5, 0.5))
    page.mouse.click(*work.at(Place(0.5, 0.5)))
    page.get_by_role("button", name="Remove click").wait_for()
    wrong += look(page, axe, "a selected click")
    for key in ("?", "F2", "g", "s", "n"):  # help, key settings, guidelines, skip, a mask that is not accepted
        keys.press(key)
        page.get_by_role("dialog").wait_for()
        wrong += look(page, axe, f"the dialog of {key}")
        keys.press("Escape")
        page.get_by_role("dialog").wait_for(state="detached")
    page.get_by_role("button", name=work.person.name).click()
    page.get_by_role("button", name="Sign out").wait_for()
    wrong += look(page, axe, "the menu")
    keys.press("Escape")
    for tool in ("Brush", "Lasso"):
        work.tool(tool)
        wrong += look(page, axe, f"the panel of {tool}")
    work.tool("Click")
    page.mouse.move(*work.at(Place(0.5, 0.5)))
    for _ in range(8):
        page.mouse.wheel(0, -210)
    page.get_by_role("status").get_by_text("Sharper masks here", exact=True).wait_for(timeout=90_000)
    return wrong + look(page, axe, "sharper masks")


def test_the_door(sign_in: Callable[[str], Person], axe: str) -> None:
    someone = sign_in("annotator")
    someone.page.context.clear_cookies()
    wrong = in_both_themes(someone, ["/sign-in/", "/sign-in/link/used-already/"], axe)
    assert not wrong, "\n".join(wrong)
