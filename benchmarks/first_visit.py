"""Bytes over the wire until the annotate page answers clicks: `python -m benchmarks.first_visit [--json]`.

A first visit and a second. Two demo photos, so that what is fetched ahead for the next image is in it.
The browser's cache lies on disk.
"""

import argparse
import json
from typing import Any

from annotator.dashboards.demo_photos import DEMO_PHOTOS
from benchmarks.running import Running, running_product
from tests.e2e.people import People
from tests.e2e.photos import photo
from tests.e2e.projects import project_with_photos
from tests.e2e.transfers import Transfer, visit


def measure(running: Running) -> dict[str, Any]:
    product, browser = running.product, running.browser
    people = People(product, browser)
    manager, annotator = people.sign_in("manager"), people.sign_in("annotator")
    project_id = project_with_photos(manager, annotator, photos=[photo(name) for name in DEMO_PHOTOS[:2]])
    cookies = annotator.page.context.cookies()
    profile = running.folder / "profile"
    report: dict[str, Any] = {"browser": browser.version}
    for name in ("first", "second"):
        transfers = visit(browser.browser_type, running.chromium, profile, product.address, cookies, project_id)
        report[name] = figures(transfers)
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
    with running_product() as running:
        report = measure(running)
    print(json.dumps(report) if options.json else show(report))


if __name__ == "__main__":
    main()
