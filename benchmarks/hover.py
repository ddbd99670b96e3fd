"""Previews per second and clicks beside them, in a real browser: `python -m benchmarks.hover [--json]`.

On a demo photo and on one of 24 megapixels. The pointer moves at every frame and the previews that were painted are
counted. On a core of its own the decoder could make 1000 / "CPU each", which a busy machine does not change. Clicks
take turns, so that whatever else the machine does falls on all alike: amid moves, after a rest on a preview, and with
previews off. All from the pointer event's time stamp to the frame with the mask.
"""

import argparse
import contextlib
import json
import os
import platform
import random
import statistics
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser

from annotator.dashboards.demo_photos import DEMO_PHOTOS
from benchmarks.running import running_product
from tests.e2e.annotate_page import READY, AnnotatePage, Place
from tests.e2e.people import People, Person
from tests.e2e.photos import photo
from tests.e2e.product import Product
from tests.e2e.projects import project_with_photos

LARGE = (6000, 4000)
REST_MS = 700  # a person aims before a click
MOVE = """async (canvas, seconds) => {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  let previews = 0;
  const count = new MutationObserver((changes) => { previews += changes.length; });
  count.observe(canvas, { attributes: true, attributeFilter: ["data-preview"] });
  const begun = performance.now();
  let step = 0;
  const move = () => {
    step++;
    const [clientX, clientY] = [left + width * (0.5 + 0.25 * Math.cos(step / 40)),
                                top + height * (0.5 + 0.25 * Math.sin(step / 27))];
    canvas.dispatchEvent(new PointerEvent("pointermove", { clientX, clientY, bubbles: true }));
    if (performance.now() - begun < seconds * 1000) requestAnimationFrame(move);
    else done();
  };
  let done;
  await new Promise((resolve) => { done = resolve; requestAnimationFrame(move); });
  const taken = (performance.now() - begun) / 1000;
  count.disconnect();
  return { previews: previews / taken, frames: step / taken, seconds: taken };
}"""


def decoder_seconds() -> float | None:
    """CPU time of the decoder's worker in the browsers that this process started; None where there is no /proc."""
    if not Path("/proc/self/task").is_dir():
        return None
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    ours = {os.getpid()}
    while grown := {child for child, parent in parents.items() if parent in ours} - ours:
        ours |= grown
    ticks = 0
    for path in (path for process in ours for path in Path(f"/proc/{process}/task").glob("*/stat")):
        with contextlib.suppress(OSError):
            name, _, rest = path.read_text().rpartition(")")
            if name.endswith("(DedicatedWorker"):
                ticks += sum(map(int, rest.split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def click(work: AnnotatePage, place: Place, *, moving: bool, rest_ms: int) -> float:
    """Milliseconds from the press to the mask on the screen; the mask is dropped again."""
    x, y = work.at(place)
    for step in range(12 if moving else 1):
        work.page.mouse.move(x + (11 - step) * 3 * moving, y)
    work.page.wait_for_timeout(rest_ms)
    before = work.masks_shown()
    work.page.mouse.down()
    work.page.mouse.up()
    work.wait_for_mask(before)
    taken: float = work.page.evaluate("performance.getEntriesByName('click-to-mask', 'measure').at(-1).duration")
    work.page.keyboard.press("Escape")
    return taken


def in_browser(person: Person, project_id: int, seconds: float, clicks: int, seed: int) -> dict[str, Any]:
    work = AnnotatePage(person, project_id)
    work.open()
    work.page.locator(READY).wait_for(timeout=120_000)
    chance = random.Random(seed)
    work.canvas.evaluate(MOVE, 1)  # warm
    before = decoder_seconds()
    moved = work.canvas.evaluate(MOVE, seconds)
    after = decoder_seconds()
    busy = None if before is None or after is None else (after - before) * 1000
    taken: dict[str, list[float]] = {"amid_moves": [], "on_preview": [], "previews_off": []}
    for _ in range(clicks):
        place = Place(chance.uniform(0.1, 0.9), chance.uniform(0.1, 0.9))
        taken["amid_moves"].append(click(work, place, moving=True, rest_ms=0))
        taken["on_preview"].append(click(work, place, moving=True, rest_ms=REST_MS))
        work.page.keyboard.press("p")
        taken["previews_off"].append(click(work, place, moving=False, rest_ms=0))
        work.page.keyboard.press("p")
    work.page.wait_for_timeout(1500)  # the page sends its events once a second
    decodes = [event["data"]["ms"] for event in work.events if event["kind"] == "decode"]
    return {
        "previews_per_second": round(moved["previews"], 1),
        "frames_per_second": round(moved["frames"], 1),
        "cpu_ms_per_preview": round(busy / moved["previews"] / moved["seconds"], 1) if busy else None,
        "decode_ms": round(statistics.median(decodes), 1),
        "threads": len(work.page.workers),
        "model": work.session["model"]["version"],
        "click_ms": {name: round(statistics.median(times), 1) for name, times in taken.items()},
    }


def measure(browser: Browser, product: Product, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    people = People(product, browser)
    manager = people.sign_in("manager")
    demo = photo(DEMO_PHOTOS[0])
    large = folder / "large.jpg"
    Image.open(demo).convert("RGB").resize(LARGE, Image.Resampling.LANCZOS).save(large, "JPEG", quality=90)
    report: dict[str, Any] = {"cores": os.cpu_count(), "machine": platform.machine(), "browser": browser.version}
    for name, file in (("demo", demo), ("24_megapixels", large)):
        annotator = people.sign_in("annotator")
        project_id = project_with_photos(manager, annotator, photos=[file])
        report[name] = in_browser(annotator, project_id, options.seconds, options.clicks, options.seed)
        annotator.close()
    return report


def show(report: dict[str, Any]) -> str:
    lines = [f"{report['demo']['model']}, Chromium {report['browser']}, {report['cores']} cores, {report['machine']}"]
    heads = ("", "previews/s", "frames/s", "CPU each", "decode", "click amid moves", "on a preview", "previews off")
    lines.append("".join(f"{head:<18}" for head in heads).rstrip())
    for name in ("demo", "24_megapixels"):
        one = report[name]
        rates = (
            one["previews_per_second"],
            one["frames_per_second"],
            f"{one['cpu_ms_per_preview']} ms",
            f"{one['decode_ms']} ms",
        )
        cells = (name.replace("_", " "), *rates, *(f"{ms} ms" for ms in one["click_ms"].values()))
        lines.append("".join(f"{cell:<18}" for cell in cells).rstrip())
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--seconds", type=float, default=10, help="of moving, per photo")
    parser.add_argument("--clicks", type=int, default=12, help="of each kind, per photo")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with running_product() as running:
        report = measure(running.browser, running.product, running.folder, options)
    print(json.dumps(report) if options.json else show(report))


if __name__ == "__main__":
    main()
