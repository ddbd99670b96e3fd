"""Bytes over the wire until the annotate page answers clicks: `python -m benchmarks.first_visit [--json]`.

A first visit and a second, with the built-in model and with one of the official sizes: a MobileSAM with random weights,
whose decoder has the size that all official models' decoders have. Two demo photos: the embedding of the next image,
which is fetched ahead, is told apart. The browser's cache lies on disk.
"""

import argparse
import json
import os
import re
from typing import Any

import torch

from annotator.dashboards.demo_photos import DEMO_PHOTOS
from benchmarks.running import Running, running_product
from sam_core.checkpoints import build
from sam_core.config import MOBILE_SAM
from tests.e2e.people import People
from tests.e2e.photos import photo
from tests.e2e.projects import project_with_photos
from tests.e2e.transfers import Transfer, visit

PATIENCE = 900  # seconds for one step: what takes long is not what is measured


def measure(running: Running) -> dict[str, Any]:
    """The built-in model's visits, and beside them the other's under "official"."""
    report = {"browser": running.browser.version, **visits(running, "builtin")}
    checkpoint = running.folder / "random.pt"
    torch.save(build(MOBILE_SAM).state_dict(), checkpoint)
    said = running.product.manage("models", "import", str(checkpoint), seconds=PATIENCE)
    found = re.match(r"(\S+) is", said)
    assert found, said
    running.product.manage("models", "activate", found[1], seconds=PATIENCE)
    return report | {"official": visits(running, "official")}


def visits(running: Running, model: str) -> dict[str, Any]:
    product, browser = running.product, running.browser
    people = People(product, browser)
    manager, annotator = people.sign_in("manager"), people.sign_in("annotator")
    photos = [photo(name) for name in DEMO_PHOTOS[:2]]
    project_id = project_with_photos(manager, annotator, photos=photos, seconds=PATIENCE)
    cookies = annotator.page.context.cookies()
    profile = running.folder / f"profile-{model}"
    report = {}
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
        "next_embedding_bytes": sum([one.size for one in transfers if one.kind == "embeddings"][1:]),
        "kept_bytes": sum(one.size for one in transfers if one.kept),
        "kinds": kinds,
    }


def show(report: dict[str, Any]) -> str:
    tables = [("built-in model", report), ("official size", report["official"])]
    return "\n\n".join(f"{name}\n{table(visits)}" for name, visits in tables)


def table(report: dict[str, Any]) -> str:
    first, second = report["first"], report["second"]
    rows = [(kind, size, second["kinds"].get(kind, 0)) for kind, size in first["kinds"].items()]
    rows += [("all", first["bytes"], second["bytes"])]
    rows += [("of it, for the next image", first["next_embedding_bytes"], second["next_embedding_bytes"])]
    rows += [("of it, named by content", first["kept_bytes"], second["kept_bytes"])]
    lines = [f"{name:<26}{one:>14,}{two:>14,}" for name, one, two in rows]
    return "\n".join([f"{'bytes over the wire':<26}{'first visit':>14}{'second':>14}", *lines])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args()
    os.environ.setdefault("ENCODER_BACKEND", "torch-fp32")  # bytes are measured: no trial of what encodes fastest
    with running_product() as running:
        report = measure(running)
    print(json.dumps(report) if options.json else show(report))


if __name__ == "__main__":
    main()
