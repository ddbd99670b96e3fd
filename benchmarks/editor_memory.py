"""Memory of the annotate page's tab while images are worked through one after the other."""

import contextlib
import re
from pathlib import Path
from typing import Any

from benchmarks.bare_tab import BareTab, bare_tab
from benchmarks.made_up import large_photo
from benchmarks.running import Running
from tests.e2e.annotate_page import READY
from tests.e2e.people import People
from tests.e2e.projects import make_project, upload, wait_until_encoded

SIZE = (2250, 1500)  # as SA-1B was released: short side 1500
WARM = 20  # images, after which what is kept on purpose is there
EVERY = 40
ENCODE_SECONDS = 900  # for a batch, on a machine that does other things too
BATCH = 60  # photos uploaded before their encoding is awaited
CANVAS = """document.querySelector('[aria-label="Annotation canvas"]')"""
COUNT = "document.querySelector('[data-testid=accepted-count]')?.textContent"


def memory_over_images(running: Running, people: People, count: int) -> dict[str, Any]:
    """MB after some of the images, and how much more after the last than after the first ones."""
    manager, annotator = people.sign_in("manager"), people.sign_in("annotator")
    project_id = make_project(manager, annotator)
    for first in range(0, count, BATCH):
        numbers = range(first, min(count, first + BATCH))
        upload(manager, project_id, *(large_photo(running.folder, number, SIZE) for number in numbers))
        wait_until_encoded(manager, project_id, ENCODE_SECONDS)
    manager.close()
    cookies = annotator.page.context.cookies()
    annotator.close()
    address = f"{running.product.address}/projects/{project_id}/annotate/"
    profile = running.folder / "browser"
    after: dict[int, dict[str, float]] = {}
    with bare_tab(running.chromium, profile, cookies, address) as tab:
        image = ""
        for number in range(1, count + 1):
            image = one_image(tab, image)
            if number == min(WARM, count - 1) or number % EVERY == 0 or number == count:
                after[number] = tab_mb(tab, profile)
            if number < count:
                tab.press("n")
    warm = after[min(WARM, count - 1)]
    return {"growth_mb": round(after[count]["rss"] - warm["rss"], 1), "after": after}


def one_image(tab: BareTab, before: str) -> str:
    """A mask by a click, a stroke, a look around, Enter. Gives the image's id; `before` is that of the image before."""
    tab.until(f"document.querySelector('{READY}') && !['', '{before}'].includes({CANVAS}.dataset.imageId)")
    left, top, width, height = tab.value(
        f"(({{x, y, width, height}}) => [x, y, width, height])({CANVAS}.getBoundingClientRect())"
    )
    x, y = left + width / 2, top + height / 2
    tab.drag(x, y)
    tab.until(f"{CANVAS}.dataset.mask === 'shown'")
    tab.press("b")
    tab.drag(x - width / 5, y - height / 5, by=100)
    tab.wheel(x, y, -200)
    tab.press("0")
    accepted = tab.value(COUNT)
    tab.press("Enter")
    tab.until(f"{COUNT} !== '{accepted}' && !document.querySelector('.masks [aria-busy=true]')")
    tab.press("q")
    return str(tab.value(f"{CANVAS}.dataset.imageId"))


def tab_mb(tab: BareTab, profile: Path) -> dict[str, float]:
    """After a collection: the tab's resident memory, JavaScript heap and array buffers in MB, and its nodes."""
    for _ in range(2):
        tab.send("HeapProfiler.collectGarbage")
    heap = tab.send("Runtime.getHeapUsage")
    return {
        "rss": round(resident(profile) / 2**20, 1),
        "heap": round(heap["usedSize"] / 2**20, 1),
        "buffers": round(heap.get("backingStorageSize", 0) / 2**20, 1),
        "nodes": tab.send("Memory.getDOMCounters")["nodes"],
    }


def resident(profile: Path) -> int:
    """Bytes of the largest renderer of the browser with this profile: the tab's. 0 where there is no /proc."""
    sizes = [0]
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended
            command = (folder / "cmdline").read_text()
            found = re.search(r"VmRSS:\s+(\d+) kB", (folder / "status").read_text())
            if "--type=renderer" in command and str(profile) in command and found:
                sizes.append(int(found.group(1)) * 1024)
    return max(sizes)
