"""How soon the next image can be worked on, and how images are given out: `python -m benchmarks.flow [--json]`.

In a real browser: from "Next image" to the answer of a click that is made as soon as the image is on the table, once
with images fetched and prepared ahead, once with none. Then 100 clients at once ask for 10,000 images, and no image may
be given twice. `python -m tests.services python -m benchmarks.flow` does the same on PostgreSQL.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Route

from annotator.dashboards.demo_photos import DEMO_PHOTOS, demo_photo
from benchmarks.running import p95, running_product
from tests.e2e.annotate_page import AnnotatePage
from tests.e2e.people import People
from tests.e2e.product import ROOT, Product
from tests.e2e.projects import project_with_photos

AHEAD = 2  # as many images as the page fetches ahead
SPARE = 6  # photos more than are gone through: near a project's end fewer are given ahead
SETTLED_MS = 1500  # after the last embedding came: the decoder prepares it meanwhile
# A press that is made here and not by a hand has no pointer that could be captured.
NO_CAPTURE = "Element.prototype.setPointerCapture = () => {}"
NEXT = """async () => {
  const canvas = document.querySelector('[aria-label="Annotation canvas"]');
  const until = (holds) => new Promise((done) => {
    const look = () => {
      if (!holds()) return;
      observer.disconnect();
      done(performance.now());
    };
    const observer = new MutationObserver(look);
    observer.observe(canvas, { attributes: true });
    look();
  });
  const before = canvas.dataset.imageId;
  const began = performance.now();
  canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "n", code: "KeyN", bubbles: true }));
  const shown = await until(() => canvas.dataset.imageId !== before && canvas.dataset.imageId !== "");
  const box = canvas.getBoundingClientRect();
  const at = { clientX: box.x + box.width / 2, clientY: box.y + box.height / 2, pointerId: 1, isPrimary: true };
  canvas.dispatchEvent(new PointerEvent("pointerdown", { ...at, button: 0, buttons: 1, bubbles: true }));
  canvas.dispatchEvent(new PointerEvent("pointerup", { ...at, button: 0, buttons: 0, bubbles: true }));
  const ready = until(() => canvas.dataset.decoder === "ready");
  const decoded = await until(() => canvas.dataset.mask === "shown");
  return { shown: shown - began, ready: (await ready) - began, decoded: decoded - began };
}"""


def make_photos(folder: Path, number: int) -> list[Path]:
    """Different pictures out of the demo photos, of at most 640 × 480 pixels."""
    paths = []
    for n in range(number):
        picture = Image.open(demo_photo(DEMO_PHOTOS[n % len(DEMO_PHOTOS)])).convert("RGB")
        left, top = 3 * n, 2 * n
        path = folder / f"flow-{n}.jpg"
        picture.crop((left, top, min(left + 640, picture.width), min(top + 480, picture.height))).save(path, quality=92)
        paths.append(path)
    return paths


def nothing_ahead(route: Route) -> None:
    if json.loads(route.request.post_data or "{}").get("reserve"):
        route.fulfill(json={"session": None, "reason": None})
    else:
        route.continue_()


def next_images(browser: Browser, product: Product, photos: list[Path], *, ahead: bool) -> list[dict[str, float]]:
    """Milliseconds after "next" at which the image was shown, ready for clicks, and a click at once was answered."""
    people = People(product, browser)
    manager, annotator = people.sign_in("manager"), people.sign_in("annotator")
    project_id = project_with_photos(manager, annotator, photos=photos)
    annotator.page.context.add_init_script(NO_CAPTURE)
    work = AnnotatePage(annotator, project_id)
    if not ahead:
        work.page.route("**/sessions", nothing_ahead)
    arrived: set[str] = set()
    work.page.on("requestfinished", lambda asked: arrived.add(asked.url) if "/api/embeddings/" in asked.url else None)
    work.open()
    work.page.wait_for_selector("[data-decoder=ready]", timeout=120_000)
    taken = []
    for n in range(1, len(photos) - SPARE + 1):
        wanted = n + AHEAD if ahead else n
        work.until(lambda wanted=wanted: len(arrived) >= wanted, "the embeddings did not come", 120)  # type: ignore[misc]
        work.page.wait_for_timeout(SETTLED_MS)
        taken.append(work.page.evaluate(NEXT))
        work.page.keyboard.press("Enter")
    work.page.goto("about:blank")  # or an answer on its way is asked for what it says when the page is gone
    for person in (manager, annotator):
        person.close()
    return taken[1:]  # the first click of a page allocates memory


def figures(taken: list[dict[str, float]]) -> dict[str, Any]:
    return {
        name: {
            "median": round(statistics.median([one[name] for one in taken]), 1),
            "p95": round(p95([one[name] for one in taken]), 1),
        }
        for name in ("shown", "ready", "decoded")
    }


def leases(product: Product, clients: int, asks: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.flow_leases", product.address]
    command += ["--clients", str(clients), "--asks", str(asks)]
    done = subprocess.run(command, cwd=ROOT, env=product.env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"error: the clients failed:\n{done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def show(report: dict[str, Any]) -> str:
    lines = [f"{os.cpu_count()} cores"]
    for name in ("prefetched", "cold"):
        if name in report:
            words = ", ".join(f"{what} {at['median']:g} / {at['p95']:g}" for what, at in report[name].items())
            lines.append(f"next image, {name}: {words} ms (median / p95 of {report['images']})")
    if "leases" in report:
        one = report["leases"]
        lines.append(
            f"{one['leases']} leases to {one['clients']} clients at once on {one['database']}: "
            f"{one['leases_per_s']:g} a second, 95 % within {one['lease_ms_p95']:g} ms, "
            f"given twice: {one['double_leases']}, asked to come again: {one['busy_answers']}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    parser.add_argument("--images", type=int, default=20, help="next images per case; 0 leaves the browser out")
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--asks", type=int, default=10_000, help="0 leaves the leases out")
    options = parser.parse_args()
    report: dict[str, Any] = {"images": options.images}
    with running_product() as running:
        if options.images:
            photos = make_photos(running.folder, options.images + 1 + SPARE)
            for name in ("prefetched", "cold"):
                taken = next_images(running.browser, running.product, photos, ahead=name == "prefetched")
                report[name] = figures(taken)
                report[f"next_ms_p95_{name}"] = report[name]["decoded"]["p95"]
        if options.asks:
            report["leases"] = leases(running.product, options.clients, options.asks)
            report |= {key: report["leases"][key] for key in ("leases_per_s", "double_leases")}
    print(json.dumps(report) if options.json else show(report))


if __name__ == "__main__":
    main()
