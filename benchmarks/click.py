"""Time from a click to its painted mask, in a real browser on the demo photos: `python -m benchmarks.click [--json]`.

The page measures itself (`performance.measure("click-to-mask")`): from the pointer event's time stamp to the frame in
which the mask was painted. Beside it, in the same run, onnxruntime decodes the same prompts by the same graph.
"""

import argparse
import json
import os
import platform
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser

from annotator.dashboards.demo_photos import DEMO_PHOTOS
from benchmarks.running import p95, running_product
from sam_core.embedding import ImageEmbedding
from sam_core.onnx_export.running import ExportedDecoder
from sam_core.prompts import Point, Prompts, point_arrays
from sam_core.transforms import Frame
from tests.e2e.annotate_page import AnnotatePage, Place
from tests.e2e.people import People, Person
from tests.e2e.photos import photo
from tests.e2e.product import Product
from tests.e2e.projects import project_with_photos

CLICKS_PER_MASK = 5
WARM_UP = 3  # clicks per image that are not counted: the first allocates memory
SHOW_CORES = "Object.defineProperty(navigator, 'hardwareConcurrency', {get: () => %d})"
# name, how many cores the page is told (it takes half as many threads; None: the truth), threads in Python (0: default)
SETTINGS: tuple[tuple[str, int | None, int], ...] = (
    ("one_thread", 2, 1),
    ("two_threads", 4, 2),
    ("default_threads", None, 0),
)
Clicks = list[list[Place]]  # per photo


def make_clicks(photos: int, per_photo: int, seed: int) -> Clicks:
    """The same places for the browser and for Python, as shares of width and height."""
    chance = random.Random(seed)
    return [
        [Place(chance.uniform(0.1, 0.9), chance.uniform(0.1, 0.9)) for _ in range(per_photo)] for _ in range(photos)
    ]


def in_browser(
    person: Person, project_id: int, clicks: Clicks
) -> tuple[list[float], dict[str, Any], list[dict[str, Any]]]:
    """Milliseconds of every counted click, what is known of the page, and the sessions of the images, in order."""
    work = AnnotatePage(person, project_id)
    work.open()
    taken: list[float] = []
    sessions = []
    for index, places in enumerate(clicks):
        sessions.append(work.session)
        for number, place in enumerate(places):
            if number % CLICKS_PER_MASK == 0:
                work.page.keyboard.press("Escape")
            work.click(place)
            if number >= WARM_UP:
                taken.append(last_measure(work))
        work.page.keyboard.press("Escape")
        if index + 1 < len(clicks):
            work.go_on("n")
    page = {
        "cross_origin_isolated": work.page.evaluate("crossOriginIsolated"),
        "threads": len(work.page.workers),  # the decoder's worker and its helpers
        "worker_decode": figures([event["data"]["ms"] for event in work.events if event["kind"] == "decode"]),
    }
    return taken, page, sessions


def last_measure(work: AnnotatePage) -> float:
    found: float = work.page.evaluate("performance.getEntriesByName('click-to-mask', 'measure').at(-1).duration")
    return found


class PythonDecoder:
    """The same graphs, by onnxruntime in this process. `threads` 0 is onnxruntime's default."""

    def __init__(self, person: Person, session: dict[str, Any], folder: Path, threads: int) -> None:
        base = session["model"]["manifest_url"].split("?")[0].rsplit("/", 1)[0]
        manifest = person.api("GET", session["model"]["manifest_url"])
        for file in (manifest["weights"], *manifest["graphs"].values()):
            answer = person.ask("GET", f"{base}/{file['file']}?v={file['sha256']}")
            (folder / file["file"]).write_bytes(answer.body())
        self.decoder = ExportedDecoder(folder, manifest, threads)

    def set_image(self, embedding: ImageEmbedding) -> None:
        self.prepared = self.decoder.prepare(embedding.tensors)
        self.frame = Frame(embedding.height, embedding.width, self.decoder.manifest["image_size"])
        self.start_mask()

    def start_mask(self) -> None:
        self.points: list[Point] = []
        self.mask_input: NDArray[np.float32] | None = None

    def click(self, x: float, y: float) -> float:
        """Milliseconds of one decode of all clicks so far, with the last answer's logits as the page gives them."""
        coords, labels = point_arrays(Prompts(points=(*self.points, Point(x, y, 1))))
        started = time.perf_counter()
        logits, ious = self.decoder.decode(
            self.prepared, self.frame.to_model(coords)[None], labels[None], self.mask_input
        )
        taken = (time.perf_counter() - started) * 1000
        token = 0 if self.points else 1 + int(np.argmax(ious[0, 1:]))
        self.mask_input = logits[:, token : token + 1]
        self.points.append(Point(x, y, 1))
        return taken


def in_python(person: Person, sessions: list[dict[str, Any]], clicks: Clicks, threads: int) -> list[float]:
    taken = []
    with tempfile.TemporaryDirectory() as folder:
        decoder = PythonDecoder(person, sessions[0], Path(folder), threads)
        for session, places in zip(sessions, clicks, strict=True):
            decoder.set_image(ImageEmbedding.from_bytes(person.ask("GET", session["embedding"]["url"]).body()))
            for number, place in enumerate(places):
                if number % CLICKS_PER_MASK == 0:
                    decoder.start_mask()
                ms = decoder.click(place.x * session["image"]["width"], place.y * session["image"]["height"])
                if number >= WARM_UP:
                    taken.append(ms)
    return taken


def figures(taken: list[float]) -> dict[str, float | int]:
    return {"clicks": len(taken), "median_ms": round(statistics.median(taken), 1), "p95_ms": round(p95(taken), 1)}


def measure(browser: Browser, product: Product, per_photo: int, seed: int) -> dict[str, Any]:
    people = People(product, browser)
    manager = people.sign_in("manager")
    clicks = make_clicks(len(DEMO_PHOTOS), per_photo, seed)
    report: dict[str, Any] = {"cores": os.cpu_count(), "machine": platform.machine(), "browser": browser.version}
    for name, cores, threads in SETTINGS:
        annotator = people.sign_in("annotator")
        project_id = project_with_photos(manager, annotator, photos=[photo(file) for file in DEMO_PHOTOS])
        if cores is not None:
            annotator.page.context.add_init_script(SHOW_CORES % cores)
        browser_ms, page, sessions = in_browser(annotator, project_id, clicks)
        python_ms = in_python(annotator, sessions, clicks, threads)
        annotator.close()
        report["model"] = sessions[0]["model"]["version"]
        report[name] = {"page": page, "click_to_mask": figures(browser_ms), "python_decode": figures(python_ms)}
    return report


def show(report: dict[str, Any]) -> str:
    heads: tuple[str, ...] = ("", "click to painted mask", "of it, the decode", "decode in Python")
    rows = [heads]
    for name, _, _ in SETTINGS:
        one = report[name]
        cells = (one["click_to_mask"], one["page"]["worker_decode"], one["python_decode"])
        words = [f"median {cell['median_ms']:g}, p95 {cell['p95_ms']:g} ms" for cell in cells]
        rows.append((f"{name.replace('_', ' ')} ({one['page']['threads']})", *words))
    first = f"{report['model']}, Chromium {report['browser']}, {report['cores']} cores, {report['machine']}"
    clicks = f"{report['one_thread']['click_to_mask']['clicks']} clicks per line"
    return "\n".join([f"{first}, {clicks}", *("".join(f"{cell:<30}" for cell in row).rstrip() for row in rows)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--clicks", type=int, default=28, help="clicks per photo and thread setting")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with running_product() as running:
        report = measure(running.browser, running.product, options.clicks, options.seed)
    print(json.dumps(report) if options.json else show(report))


if __name__ == "__main__":
    main()
