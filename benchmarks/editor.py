"""The editor under load, by real pointer and key events: `python -m benchmarks.editor [--json]`.

On a made-up photo of 24 megapixels, with one accepted mask and with a thousand: frames while panning and zooming, time
from Enter to the frame with the accepted mask and to the mask in the outbox, time from a pointer event to its painted
pixel. Then `--images` photos are worked through one after the other, and the tab's memory is read on the way.

The processor time of the main thread per frame says what the editor costs, whatever else the machine does.
"""

import argparse
import itertools
import json
import os
import platform
import statistics
from typing import Any

from playwright.sync_api import CDPSession, Page

from benchmarks.editor_memory import ENCODE_SECONDS, memory_over_images
from benchmarks.made_up import LARGE, large_photo, made_up_masks
from benchmarks.running import Running, p95, running_product
from tests.e2e.annotate_page import READY, AnnotatePage, Place
from tests.e2e.people import People, Person
from tests.e2e.projects import make_project, upload, wait_until_encoded

SETTLE_MS = 4000  # after opening: thumbnails, warm-up of the decoder
MIDDLE = Place(0.5, 0.5)
ACCEPTS = 40
# Notes each frame that followed an input, and for inputs and Enter the time to the frame that shows what they did. A
# message that is posted while a frame is drawn arrives after it.
RECORDER = """
window.recorder = (() => {
  const lists = { frames: [], latency: [], accepts: [], kept: [] };
  const afterFrame = (call) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { port1.close(); call(performance.now()); };
    port2.postMessage(null);
  };
  let waiting = null;
  const input = (event) => {
    if (waiting) return;
    waiting = event.timeStamp;
    requestAnimationFrame((frame) => {
      const since = waiting;
      waiting = null;
      lists.frames.push(frame);
      afterFrame((now) => lists.latency.push(now - since));
    });
  };
  for (const kind of ["pointermove", "wheel"]) addEventListener(kind, input, { capture: true, passive: true });
  const count = () => parseInt(document.querySelector("[data-testid=accepted-count]")?.textContent ?? "-1");
  addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    const before = count();
    let shown = false;
    const look = () => {
      const accepted = count() > before;
      if (accepted && !shown) afterFrame((now) => lists.accepts.push(now - event.timeStamp));
      shown = accepted;
      if (accepted && !document.querySelector(".masks [aria-busy=true]"))
        afterFrame((now) => lists.kept.push(now - event.timeStamp));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, { capture: true });
  return { lists, clear: () => { for (const list of Object.values(lists)) list.length = 0; } };
})();
"""
# A turn of the wheel each frame, as hands make them: a headless browser's driver gives one every second frame at most.
TURN_WHEEL = """async ({ x, y, deltas }) => {
  const target = document.elementFromPoint(x, y);
  const where = { clientX: x, clientY: y, bubbles: true, cancelable: true };
  for (const deltaY of deltas) {
    await new Promise(requestAnimationFrame);
    target.dispatchEvent(new WheelEvent("wheel", { deltaY, ...where }));
  }
}"""


class Recorder:
    """What the page notes of itself, and how busy its main thread was."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.devtools: CDPSession = page.context.new_cdp_session(page)
        self.devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.evaluate(RECORDER)

    def clear(self) -> None:
        self.page.evaluate("recorder.clear()")
        self.busy_before = self.busy()

    def busy(self) -> float:
        """Milliseconds of processor time of the main thread's tasks since the page began."""
        metrics = {one["name"]: one["value"] for one in self.devtools.send("Performance.getMetrics")["metrics"]}
        return float(metrics["TaskDuration"]) * 1000

    def take(self, name: str) -> list[float]:
        self.page.wait_for_timeout(100)
        values: list[float] = self.page.evaluate("name => recorder.lists[name]", name)
        return values

    def frames(self) -> dict[str, float]:
        """Of the frames that followed an input since `clear`."""
        busy = self.busy() - self.busy_before
        at = self.take("frames")
        gaps = [later - earlier for earlier, later in itertools.pairwise(at)]
        return {
            "frames": len(at),
            "fps": round(1000 * len(gaps) / (at[-1] - at[0]), 1),
            "median_ms": round(statistics.median(gaps), 1),
            "p95_ms": round(p95(gaps), 1),
            "cpu_ms": round(busy / len(at), 1),
        }

    def times(self, name: str) -> dict[str, float]:
        values = self.take(name)
        return {
            "count": len(values),
            "median_ms": round(statistics.median(values), 1),
            "p95_ms": round(p95(values), 1),
        }


def pan(work: AnnotatePage, recorder: Recorder, steps: int) -> dict[str, float]:
    """The middle button held, round a rectangle: ends where it began."""
    mouse = work.page.mouse
    x, y = work.at(MIDDLE)
    mouse.move(x, y)
    mouse.down(button="middle")
    recorder.clear()
    for dx, dy in ((-180, -60), (120, -140), (160, 90), (0, 0)):
        mouse.move(x + dx, y + dy, steps=steps // 4)
    found = recorder.frames()
    mouse.up(button="middle")
    return found


def zoom(work: AnnotatePage, recorder: Recorder, turns: int) -> dict[str, float]:
    """In with the wheel and out again, twice."""
    x, y = work.at(Place(0.45, 0.55))
    work.page.mouse.move(x, y)
    recorder.clear()
    deltas = [direction * 60 for direction in (-1, 1, -1, 1) for _ in range(turns)]
    work.page.evaluate(TURN_WHEEL, {"x": x, "y": y, "deltas": deltas})
    found = recorder.frames()
    work.page.keyboard.press("0")
    return found


def brush(work: AnnotatePage, recorder: Recorder) -> dict[str, float]:
    work.page.keyboard.press("b")
    recorder.clear()
    for row in range(4):
        start, end = work.at(Place(0.2, 0.2 + row / 8)), work.at(Place(0.7, 0.3 + row / 8))
        work.page.mouse.move(*start)
        work.page.mouse.down()
        recorder.page.evaluate("recorder.clear()") if row == 0 else None  # the first touch makes the canvas
        work.page.mouse.move(*end, steps=30)
        work.page.mouse.up()
    found = recorder.times("latency")
    work.page.keyboard.press("Escape")
    work.page.keyboard.press("q")
    return found


def accept(work: AnnotatePage, recorder: Recorder) -> dict[str, dict[str, float]]:
    recorder.clear()
    for number in range(ACCEPTS):
        work.click(Place(0.12 + 0.018 * number, 0.3 + 0.01 * number))
        before = len(work.saved)
        work.page.wait_for_timeout(400)  # a person looks at the mask first
        work.page.keyboard.press("Enter")
        work.until(lambda before=before: len(work.saved) > before, "the mask was not sent")  # type: ignore[misc]
    return {"shown": recorder.times("accepts"), "kept": recorder.times("kept")}


def put_masks(person: Person, project_id: int, masks: list[dict[str, Any]]) -> None:
    """Saves masks as the page would, in the session that the page will then be given."""
    session = person.api("POST", f"/api/projects/{project_id}/sessions", {"reserve": False})["session"]
    shared = {
        "session_id": session["id"],
        "lease_token": session["lease_token"],
        "image_sha256": session["image"]["sha256"],
        "model_version": session["model"]["version"],
        "chosen_token": None,
        "predicted_iou": None,
        "stability_score": None,
        "brush_pixels_added": 10,
        "brush_pixels_removed": 0,
        "active_ms": 5000,
        "time_limit_outcome": "within",
        "replaces": None,
        "prompts": {"points": [], "box": None},
    }
    for number, mask in enumerate(masks):
        if number % 50 == 0:
            person.api("POST", f"/api/sessions/{session['id']}/renew", {"lease_token": session["lease_token"]})
        person.api("PUT", f"/api/masks/{mask['id']}", {**shared, "size": mask["size"], "counts": mask["counts"]})


def with_masks(running: Running, people: People, count: int, options: argparse.Namespace) -> dict[str, Any]:
    manager, annotator = people.sign_in("manager"), people.sign_in("annotator")
    project_id = make_project(manager, annotator)
    upload(manager, project_id, large_photo(running.folder))
    wait_until_encoded(manager, project_id, ENCODE_SECONDS)
    put_masks(annotator, project_id, made_up_masks(count, options.seed + count))
    work = AnnotatePage(annotator, project_id)
    work.open()
    work.page.locator(READY).wait_for(timeout=120_000)
    work.page.wait_for_timeout(SETTLE_MS)
    recorder = Recorder(work.page)
    pan(work, recorder, 20)  # warm
    found: dict[str, Any] = {"pan": pan(work, recorder, options.steps), "zoom": zoom(work, recorder, options.turns)}
    for _ in range(9):
        work.page.keyboard.press("+")  # to about one screen pixel per image pixel
    found["pan_at_full_size"] = pan(work, recorder, options.steps)
    work.page.keyboard.press("0")
    found["brush"] = brush(work, recorder)
    accepts = accept(work, recorder)
    found |= {"accept": accepts["shown"], "accept_until_kept": accepts["kept"]}
    if options.screenshots:
        work.page.screenshot(path=f"{options.screenshots}/editor-{count}.png")
    annotator.close()
    manager.close()
    return found


def measure(running: Running, options: argparse.Namespace) -> dict[str, Any]:
    people = People(running.product, running.browser)
    report: dict[str, Any] = {
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "browser": running.browser.version,
        "pixels": LARGE[0] * LARGE[1],
    }
    for count in (1, options.masks):
        report[f"masks_{count}"] = with_masks(running, people, count, options)
    many = report[f"masks_{options.masks}"]
    report["fps_pan_1000"] = many["pan"]["fps"]
    report["accept_ms_p95_1000"] = many["accept"]["p95_ms"]
    report["brush_ms_p95"] = many["brush"]["p95_ms"]
    if options.images:
        report["memory"] = memory_over_images(running, people, options.images)
        report["tab_mb_growth_300"] = report["memory"]["growth_mb"]
    return report


def show(report: dict[str, Any], masks: int) -> str:
    lines = [f"Chromium {report['browser']}, {report['cores']} cores, {report['pixels'] / 1e6:g} megapixels"]
    lines.append(f"{'':<20}{'one mask':<44}{masks} masks")
    one, many = report["masks_1"], report[f"masks_{masks}"]
    for name in ("pan", "pan_at_full_size", "zoom"):
        cells = [
            f"{it['fps']:g}/s, median {it['median_ms']:g}, p95 {it['p95_ms']:g}, CPU {it['cpu_ms']:g} ms"
            for it in (one[name], many[name])
        ]
        lines.append(f"{name.replace('_', ' '):<20}{cells[0]:<44}{cells[1]}")
    for name in ("brush", "accept", "accept_until_kept"):
        cells = [f"median {it['median_ms']:g}, p95 {it['p95_ms']:g} ms" for it in (one[name], many[name])]
        lines.append(f"{name.replace('_', ' '):<20}{cells[0]:<44}{cells[1]}")
    if "memory" in report:
        lines.append("MB of the tab after images: " + json.dumps(report["memory"]))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--masks", type=int, default=1000, help="beside one mask")
    parser.add_argument("--steps", type=int, default=120, help="pointer moves of each pan")
    parser.add_argument("--turns", type=int, default=30, help="of the wheel, in each direction")
    parser.add_argument("--images", type=int, default=300, help="worked through for the tab's memory; 0: none")
    parser.add_argument("--screenshots", help="folder for a picture of each page")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with running_product() as running:
        report = measure(running, options)
    print(json.dumps(report) if options.json else show(report, options.masks))


if __name__ == "__main__":
    main()
