"""One-time sign-in links."""

import re
from collections.abc import Callable

from playwright.sync_api import Browser, expect

from tests.e2e.people import People, Person
from tests.e2e.product import Product


def test_a_link_signs_in_once(all_people: People, product: Product, browser: Browser) -> None:
    name, path = all_people.link("annotator")
    first = all_people.sign_in("annotator", name_and_path=(name, path))
    assert first.api("GET", "/api/me")["username"] == name

    second = browser.new_context(base_url=product.address)
    page = second.new_page()
    page.goto(path)
    expect(page.get_by_role("button", name=re.compile("Continue as"))).to_have_count(0)
    assert second.request.get("/api/me").status == 401
    second.close()
    first.close()


def test_opening_the_link_alone_does_not_use_it_up(all_people: People, product: Product, browser: Browser) -> None:
    """Mail programs and chats fetch links to show a preview."""
    name, path = all_people.link("annotator")
    preview = browser.new_context(base_url=product.address)
    assert preview.request.get(path).ok
    preview.close()
    person = all_people.sign_in("annotator", name_and_path=(name, path))
    assert person.api("GET", "/api/me")["username"] == name
    person.close()


def test_a_stranger_sees_nothing_of_a_project(sign_in: Callable[[str], Person]) -> None:
    manager, stranger = sign_in("manager"), sign_in("annotator")
    project_id = manager.api("POST", "/api/projects", {"name": "Not yours"})["id"]
    answer = stranger.page.goto(f"/projects/{project_id}/annotate/")
    assert answer is not None
    assert answer.status == 404
    expect(stranger.page.get_by_text("Not yours")).to_have_count(0)
