"""Nothing is lost and nothing doubled: two tabs, and kills of the browser, the server and the network."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Route, expect

from tests.chromium import find_chromium
from tests.e2e.annotate_page import AnnotatePage, Place
from tests.e2e.people import VIEWPORT, People, Person
from tests.e2e.photos import photo
from tests.e2e.product import Product
from tests.e2e.projects import project_with_photos

SignIn = Callable[[str], Person]
MIDDLE = Place(0.5, 0.5)


def masks_of(person: Person, work: AnnotatePage) -> list[dict[str, Any]]:
    """The masks of the image at hand as the server has them, in their order."""
    masks: list[dict[str, Any]] = person.api("GET", f"/api/sessions/{work.session['id']}")["masks"]
    return masks


def waiting(work: AnnotatePage, count: int) -> None:
    expect(work.page.locator(".save-status")).to_contain_text(f"{count} waiting")


def test_one_tab_works_and_another_can_take_over(sign_in: SignIn) -> None:
    manager, annotator = sign_in("manager"), sign_in("annotator")
    project_id = project_with_photos(manager, annotator, photos=[photo("coffee.png")])
    context = annotator.page.context
    first = AnnotatePage(annotator, project_id)
    first.open()
    second = AnnotatePage(Person(annotator.name, context.new_page()), project_id)
    second.page.goto(f"/projects/{project_id}/annotate/")
    expect(second.page.get_by_role("heading", name="Segment is open in another tab")).to_be_visible()
    assert not [path for path in second.requests if "/api/" in path]

    first.page.bring_to_front()
    first.click(MIDDLE)
    context.set_offline(True)
    first.page.keyboard.press("Enter")
    waiting(first, 1)
    first.click(Place(0.1, 0.9))
    first.click(Place(0.5, 0.5), background=True)
    second.page.bring_to_front()
    second.page.get_by_role("button", name="Take over here").click()
    expect(first.page.get_by_role("heading", name="You went on in another tab")).to_be_visible()
    told = len(first.requests)
    context.set_offline(False)

    second.wait_for_image()
    expect(second.page.get_by_text("The mask that you were making is back.").first).to_be_visible()
    second.until(lambda: len(masks_of(annotator, second)) == 1, "what waited was not sent by the other tab", 60)
    second.page.wait_for_selector("[data-decoder=ready]", timeout=60_000)
    half_made = second.accept("Enter")
    assert [label for *_, label in half_made["prompts"]["points"]] == [1, 0]
    second.until(lambda: len(masks_of(annotator, second)) == 2, "the half-made mask did not come along")
    first.page.mouse.move(300, 300)
    first.page.wait_for_timeout(3000)
    assert first.requests[told:] == [], "the tab that was taken over went on"
    assert [mask["id"] for mask in masks_of(annotator, second)] == [second.saved[0]["id"], half_made["id"]]

    first.page.bring_to_front()
    first.page.get_by_role("button", name="Take over here").click()
    expect(second.page.get_by_role("heading", name="You went on in another tab")).to_be_visible()
    expect(first.page.get_by_test_id("accepted-count")).to_have_text("2 accepted")


class KillableBrowser:
    """A Chromium with a profile on disk, that can be killed in the middle of everything."""

    def __init__(self, browser: Browser, product: Product, profile: Path) -> None:
        self.launch = browser.browser_type.launch_persistent_context
        self.product = product
        self.profile = profile
        self.cookies: list[Any] = []
        self.context = self.started()

    def started(self) -> BrowserContext:
        context = self.launch(
            self.profile,
            executable_path=find_chromium(),
            args=["--no-sandbox"],
            base_url=self.product.address,
            viewport=VIEWPORT,
        )
        # The browser writes cookies down half a minute later: who is killed before that would have to sign in again.
        context.add_cookies(self.cookies)
        return context

    def kill(self) -> None:
        self.cookies = self.context.cookies()
        process = int(os.readlink(self.profile / "SingletonLock").rsplit("-", 1)[1])
        os.killpg(os.getpgid(process), signal.SIGKILL)
        self.context.wait_for_event("close")
        self.context = self.started()


@contextmanager
def answered(work: AnnotatePage, what: str, answer: Callable[[Route], None]) -> Iterator[None]:
    """Requests to addresses that match are answered so, instead of by the server."""
    pattern = re.compile(what)
    work.page.route(pattern, answer)
    yield
    work.page.unroute(pattern)


def send_now(work: AnnotatePage) -> None:
    """As when the network or the person comes back: the page tries at once instead of after its pause."""
    work.page.evaluate("window.dispatchEvent(new Event('online'))")


def test_kills_of_browser_server_and_network_lose_and_double_nothing(
    all_people: People, sign_in: SignIn, browser: Browser, product: Product, tmp_path: Path
) -> None:
    manager = sign_in("manager")
    name, link = all_people.link("annotator")
    killable = KillableBrowser(browser, product, tmp_path / "profile")
    page = killable.context.new_page()
    page.goto(link)
    page.get_by_role("button", name=f"Continue as {name}").click()
    person = Person(name, page)
    project_id = project_with_photos(manager, person, photos=[photo("coffee.png")])
    work = AnnotatePage(person, project_id)
    accepted: list[float] = []  # where the masks' first clicks were, as shares of the width

    def accept(x: float) -> None:
        accepted.append(x)
        work.page.keyboard.press("Enter")
        expect(work.page.get_by_test_id("accepted-count")).to_have_text(f"{len(accepted)} accepted")

    def click_and_accept(x: float) -> None:
        work.click(Place(x, 0.5))
        accept(x)

    def on_server() -> list[float]:
        width = work.session["image"]["width"]
        return [round(mask["prompts"]["points"][0][0] / width, 2) for mask in masks_of(work.person, work)]

    def open_again() -> AnnotatePage:
        again = AnnotatePage(Person(name, killable.context.new_page()), project_id)
        again.open()
        again.page.wait_for_selector("[data-decoder=ready]", timeout=60_000)
        return again

    def all_arrive() -> None:
        send_now(work)
        work.until(lambda: on_server() == accepted, f"not {accepted} in this order", seconds=60)
        expect(work.page.locator(".save-status")).to_contain_text("All saved")

    # The browser is killed in mid-mask.
    work.open()
    work.click(MIDDLE)
    work.click(Place(0.05, 0.05), background=True)
    work.page.wait_for_timeout(1000)  # what was done in the last third of a second may be lost
    killable.kill()
    work = open_again()
    expect(work.page.get_by_text("The mask that you were making is back.").first).to_be_visible()

    # It is killed with three masks waiting.
    killable.context.set_offline(True)
    accept(0.5)
    click_and_accept(0.3)
    click_and_accept(0.7)
    waiting(work, 3)
    killable.kill()
    work = open_again()
    all_arrive()

    # The server is killed, and comes back with the same data.
    product.kill_server()
    click_and_accept(0.4)
    waiting(work, 1)
    product.restart_server()
    all_arrive()

    # A mask reaches the server, the answer is lost.
    arrived: list[int] = []

    def lose_reply(route: Route) -> None:
        arrived.append(route.fetch().status)
        route.abort()

    with answered(work, "/api/masks/", lose_reply):
        click_and_accept(0.6)
        work.until(lambda: arrived[:2] == [201, 200], "it was not sent again under its name")
    all_arrive()

    # The network's own sign-in page answers in the server's place.
    with answered(work, "/api/", lambda route: route.fulfill(status=200, content_type="text/html", body="<p>Sign in")):
        click_and_accept(0.45)
        waiting(work, 1)
    with answered(work, "/api/", lambda route: route.fulfill(status=302, headers={"Location": "/sign-in/"})):
        click_and_accept(0.55)
        waiting(work, 2)
    all_arrive()

    # The session expires; the person signs in again.
    cookies = killable.context.cookies()
    killable.context.clear_cookies()
    click_and_accept(0.35)
    waiting(work, 1)
    killable.context.add_cookies(cookies)  # type: ignore[arg-type]
    all_arrive()

    total = manager.api("GET", f"/api/projects/{project_id}/throughput")["total"]
    assert total["masks"] == len(accepted) == 8
    killable.context.close()
