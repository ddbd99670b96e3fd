"""One product and one browser for all end-to-end tests; every test makes its own people and project."""

import contextlib
import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, expect, sync_playwright

from tests.chromium import find_chromium
from tests.e2e.people import People, Person
from tests.e2e.product import Product

HERE = Path(__file__).parent
PICTURES = HERE.parents[1] / "test-results"
TEST_SECONDS = 400  # with the first start of the product
expect.set_options(timeout=20_000)
PRODUCT = pytest.StashKey[Product]()
PRESENT = pytest.StashKey[list[Person]]()
QUIET = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.timeout(TEST_SECONDS))


@pytest.fixture(scope="session")
def product(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    started = Product(tmp_path_factory.mktemp("product"))
    request.session.stash[PRODUCT] = started
    started.start()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    assert path, "there is no Chromium: make test-e2e brings one"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", *QUIET])
        yield started
        started.close()


@pytest.fixture(scope="session")
def all_people(product: Product, browser: Browser) -> People:
    return People(product, browser)


@pytest.fixture
def sign_in(all_people: People, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Person]]:
    """A function that signs a new person of a role in; their browsers are closed after the test."""
    present = request.node.stash.setdefault(PRESENT, [])

    def new_person(role: str) -> Person:
        present.append(all_people.sign_in(role))
        return present[-1]

    yield new_person
    for person in present:
        person.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """A failed test shows what the server said, and leaves pictures of its pages in test-results/."""
    report = yield
    if report.when == "call" and report.failed:
        if product := item.session.stash.get(PRODUCT, None):
            report.sections.append(("what the product said", product.output()[-8000:]))
        for person in item.stash.get(PRESENT, []):
            if person.complaints:
                report.sections.append((f"what the browser of {person.name} said", "\n".join(person.complaints)))
            take_picture(person, f"{item.name}-{person.name}")
    return report


def take_picture(person: Person, name: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    with contextlib.suppress(Error):  # the page may be gone
        person.page.screenshot(path=PICTURES / f"{re.sub(r'[^A-Za-z0-9-]+', '-', name)}.png")
