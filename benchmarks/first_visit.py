"""Bytes over the wire until the annotate page answers clicks: `python -m benchmarks.first_visit [--json]`.

A first visit and a second. Two demo photos, so that what is fetched ahead for the next image is in it.
The browser's cache lies on disk.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserType, sync_playwright

from annotator.dashboards.demo_photos import DEMO_PHOTOS
from tests.chromium import ensure_chromium
from tests.e2e.people import People
from tests.e2e.photos import photo
from tests.e2e.product import Product
from tests.e2e.projects import project_with_photos
from tests.e2e.transfers import Transfer, visit


def measure(chromium: BrowserType, path: str, browser: Browser, product: Product, folder: Path) -> dict[str, Any]:
    people = People(product, browser)
    manager, annotator = people.sign_in("manager"), people.sign_in("annotator")
    project_id = project_with_photos(manager, annotator, photos=[photo(name) for name in DEMO_PHOTOS[:2]])
    cookies = annotator.page.context.cookies()
    report: dict[str, Any] = {"browser": browser.version}
    for name in ("first", "second"):
        report[name] = figures(visit(chromium, path, folder / "profile", product.address, cookies, project_id))
    return report


def figures(transfers: list[Transfer]) -> dict[str, Any]:
    kinds: dict[str, int] = {}
    for one in transfers:
        kinds[one.kind] = kinds.get(one.kind, 0) + one.size
    return {
        "requests": len(transfers),
        "bytes": sum(kinds.values()),
        "kept_bytes": sum(one.size for one in transfers if one.kept),
        "kinds": kinds,
    }


def show(report: dict[str, Any]) -> str:
    first, second = report["first"], report["second"]
    rows = [(kind, size, second["kinds"].get(kind, 0)) for kind, size in first["kinds"].items()]
    rows += [("all", first["bytes"], second["bytes"])]
    rows += [("of it, named by content", first["kept_bytes"], second["kept_bytes"])]
    lines = [f"{name:<26}{one:>14,}{two:>14,}" for name, one, two in rows]
    return "\n".join([f"{'bytes over the wire':<26}{'first visit':>14}{'second':>14}", *lines])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args()
    path = ensure_chromium()
    with tempfile.TemporaryDirectory(prefix="annotator-visit-") as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        product = Product(folder)
        product.start()
        try:
            report = measure(playwright.chromium, path, browser, product, folder)
        finally:
            product.stop()
            browser.close()
    print(json.dumps(report) if options.json else show(report))


if __name__ == "__main__":
    main()
