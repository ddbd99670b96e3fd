"""Memory of the annotate page's tab while images are worked through one after the other."""

import contextlib
import re
from pathlib import Path
from typing import Any

from benchmarks.made_up import large_photo
from benchmarks.running import Running
from tests.e2e.annotate_page import READY, AnnotatePage, Place
from tests.e2e.people import People
from tests.e2e.projects import make_project, upload, wait_until_encoded

SIZE = (2250, 1500)  # as SA-1B was released: short side 1500
WARM = 20  # images, after which what is kept on purpose is there
EVERY = 40
ENCODE_SECONDS = 900  # for a batch, on a machine that does other things too
BATCH = 60  # photos uploaded before their encoding is awaited


def tab_mb(work: AnnotatePage) -> dict[str, float]:
    """Of the renderer, after a collection: resident memory, JavaScript heap and array buffers in MB, and its nodes."""
    devtools = work.page.context.new_cdp_session(work.page)
    for _ in range(2):
        devtools.send("HeapProfiler.collectGarbage")
    heap = devtools.send("Runtime.getHeapUsage")
    nodes = devtools.send("Memory.getDOMCounters")["nodes"]
    devtools.detach()
    return {
        "rss": round(resident(work) / 2**20, 1),
        "heap": round(heap["usedSize"] / 2**20, 1),
        "buffers": round(heap.get("backingStorageSize", 0) / 2**20, 1),
        "nodes": nodes,
    }


def resident(work: AnnotatePage) -> int:
    """Bytes of the largest renderer of the benchmark's browser: the tab with the photos."""
    browser = work.page.context.browser
    assert browser
    devtools = browser.new_browser_cdp_session()
    processes = devtools.send("SystemInfo.getProcessInfo")["processInfo"]
    devtools.detach()
    sizes = []
    for process in processes:
        with contextlib.suppress(OSError):  # it has ended, or there is no /proc
            status = Path(f"/proc/{process['id']}/status").read_text()
            found = re.search(r"VmRSS:\s+(\d+) kB", status)
            if process["type"] == "renderer" and found:
                sizes.append(int(found.group(1)) * 1024)
    return max(sizes, default=0)


def memory_over_images(running: Running, people: People, count: int) -> dict[str, Any]:
    """MB after some of the images, and how much more after the last than after the first ones."""
    manager, annotator = people.sign_in("manager"), people.sign_in("annotator")
    project_id = make_project(manager, annotator)
    for first in range(0, count, BATCH):
        numbers = range(first, min(count, first + BATCH))
        upload(manager, project_id, *(large_photo(running.folder, number, SIZE) for number in numbers))
        wait_until_encoded(manager, project_id, ENCODE_SECONDS)
    manager.close()
    work = AnnotatePage(annotator, project_id)
    work.open()
    after: dict[int, dict[str, float]] = {}
    for number in range(1, count + 1):
        one_image(work)
        if number == min(WARM, count - 1) or number % EVERY == 0 or number == count:
            after[number] = tab_mb(work)
        if number < count:
            work.go_on("n")
    annotator.close()
    warm = after[min(WARM, count - 1)]
    return {"growth_mb": round(after[count]["rss"] - warm["rss"], 1), "after": after}


def one_image(work: AnnotatePage) -> None:
    """A mask by a click, a stroke, a look around, Enter."""
    page = work.page
    work.wait_for_image()  # a canvas that still shows the image before is ready, too
    page.locator(READY).wait_for(timeout=120_000)
    work.click(Place(0.5, 0.5))
    page.keyboard.press("b")
    work.drag(Place(0.3, 0.3), Place(0.5, 0.5))
    page.mouse.wheel(0, -200)
    page.keyboard.press("0")
    work.accept("Enter")
    page.keyboard.press("q")
