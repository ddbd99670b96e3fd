"""A first visit is small, and what is named by its content is never fetched twice."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser

from tests.chromium import ensure_chromium
from tests.e2e.people import Person
from tests.e2e.photos import photo
from tests.e2e.product import Product
from tests.e2e.projects import project_with_photos
from tests.e2e.transfers import visit

MOST_BYTES = 13_000_000


def test_a_first_visit_is_small_and_a_second_one_fetches_none_of_it_again(
    product: Product, browser: Browser, sign_in: Callable[[str], Person], tmp_path: Path
) -> None:
    manager, annotator = sign_in("manager"), sign_in("annotator")
    project_id = project_with_photos(manager, annotator, photos=[photo("coffee.png"), photo("chelsea.png")])
    cookies = annotator.page.context.cookies()

    def go() -> dict[str, list[int]]:
        sizes: dict[str, list[int]] = {}
        for one in visit(browser.browser_type, ensure_chromium(), tmp_path, product.address, cookies, project_id):
            if one.kept:
                sizes.setdefault(one.path, []).append(one.size)
        return sizes

    first, second = go(), go()

    assert any(path.endswith(".wasm") for path in first), first
    assert any(path.endswith("decode.onnx") for path in first), first
    assert 4_000_000 < sum(map(sum, first.values())) <= MOST_BYTES
    assert all(sum(size > 0 for size in sizes) <= 1 for sizes in first.values()), f"fetched twice: {first}"
    assert sum(map(sum, second.values())) == 0, f"fetched again: {second}"
