"""A scripted annotator at the real page: `python -m benchmarks.robot --data bsds500-trainval.zip --minutes 3`.

It clicks as the simulated annotator of the evaluation does, against segments that people drew: the innermost point
first, then the centre of the largest error of the mask, until it is good enough or no click is left to make. It
pauses as a person does. Told are the seconds per mask, as the throughput page has them, and the IoU of what was saved;
a picture of that page is kept.
"""

import argparse
import json
import math
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from benchmarks.running import p95, running_product
from sam_core.checkpoints import LoadedModel, load_named
from sam_core.embedding import ImageEmbedding
from sam_core.evaluation.protocol import iou, regions_to_ask
from sam_core.label_maps import Files, names_with_labels, read_label_map
from sam_core.predictor import Prepared, decode
from sam_core.prompts import BACKGROUND, Mask, Point, Prompts, innermost_point, next_click
from tests.e2e.annotate_page import AnnotatePage, Place, mask_of
from tests.e2e.people import People
from tests.e2e.projects import project_with_photos

REACH = 12  # CSS pixels: a press so close to an earlier click takes hold of that one (frontend/src/tools/grip.ts)
PICTURE = Path("test-results/robot-throughput.png")


@dataclass(frozen=True)
class Manner:
    """How it works. Pauses in seconds, each drawn from a third less to a third more."""

    look: float  # before a mask's first click: the object is found
    think: float  # before every other click, and before accepting
    clicks: int
    good_enough: float  # IoU


@dataclass
class Made:
    """One saved mask."""

    clicks: int
    iou: float


@dataclass
class Robot:
    work: AnnotatePage
    model: LoadedModel
    truths: dict[str, list[Mask]]  # by file name
    manner: Manner
    chance: random.Random
    ends_at: float  # by time.monotonic
    made: list[Made] = field(default_factory=list)

    def annotate(self) -> None:
        """Goes from image to image until the time or the images are used up."""
        for number in range(len(self.truths)):
            if number and not self._go_on():
                return
            session = self.work.session
            embedding = ImageEmbedding.from_bytes(self.work.person.ask("GET", session["embedding"]["url"]).body())
            prepared = Prepared(self.model, embedding)
            for truth in self.truths[session["image"]["file_name"]]:
                if time.monotonic() > self.ends_at:
                    return
                self._make(prepared, truth)

    def _go_on(self) -> bool:
        if time.monotonic() > self.ends_at:
            return False
        self.work.go_on("n")
        self.work.wait_for_image()
        self.work.page.wait_for_selector("[data-decoder=ready]", timeout=60_000)
        return True

    def _make(self, prepared: Prepared, truth: Mask) -> None:
        points = [Point(*innermost_point(truth))]
        mask_input = None
        self._pause(self.manner.look)
        while True:
            self._click(points[-1], truth)
            # The page shows its mask to people only: the same model with the same prompts tells what it is.
            answer = decode(self.model, prepared, Prompts(points, mask_input=mask_input))
            mask, mask_input = answer.mask(), answer.low_res_logits[answer.token]
            self._pause(self.manner.think)
            click = next_click(mask, truth)
            good = iou(mask, truth) >= self.manner.good_enough
            if click is None or good or len(points) == self.manner.clicks or self._holds(click, points, truth):
                break
            points = [*points, click]
        saved = self.work.accept("Enter")
        self.made.append(Made(len(points), iou(mask_of(saved), truth)))

    def _holds(self, click: Point, points: list[Point], truth: Mask) -> bool:
        x, y = self.work.at(place_of(click, truth))
        marks = [self.work.at(place_of(point, truth)) for point in points]
        return any(math.hypot(x - mark_x, y - mark_y) <= REACH for mark_x, mark_y in marks)

    def _click(self, point: Point, truth: Mask) -> None:
        place = place_of(point, truth)
        self.work.page.mouse.move(*self.work.at(place), steps=8)
        self.work.click(place, background=point.label == BACKGROUND)

    def _pause(self, seconds: float) -> None:
        self.work.page.wait_for_timeout(1000 * seconds * self.chance.uniform(2 / 3, 4 / 3))


def place_of(point: Point, truth: Mask) -> Place:
    height, width = truth.shape
    return Place((point.x + 0.5) / width, (point.y + 0.5) / height)


def read_truths(data: Path, within: str, photos: int, folder: Path) -> dict[Path, list[Mask]]:
    """The photos, written to the folder, with the segments to ask for of each."""
    files = Files(data)
    found: dict[Path, list[Mask]] = {}
    for number, (name, maps) in enumerate(list(names_with_labels(files, within).items())[:photos]):
        picture, *labels = files.read([name, *maps])
        path = folder / PurePosixPath(name).name
        path.write_bytes(picture)
        found[path] = regions_to_ask([read_label_map(label) for label in labels], np.random.default_rng([0, number]))
    return found


def figures(robot: Robot, total: dict[str, Any], minutes: float) -> dict[str, Any]:
    ious = [one.iou for one in robot.made]
    return {
        "minutes": round(minutes, 1),
        "masks": len(robot.made),
        "median_seconds_per_mask": total["median_seconds"],
        "mean_seconds_per_mask": total["mean_seconds"],
        "clicks_per_mask": round(statistics.mean(one.clicks for one in robot.made), 2),
        "miou": round(statistics.mean(ious), 4),
        "iou_p5": round(-p95([-value for value in ious]), 4),
        "share_at_click_limit": round(statistics.mean(one.clicks == robot.manner.clicks for one in robot.made), 3),
        "images": total["images"],
        "active_seconds": total["active_seconds"],
    }


def work(options: argparse.Namespace, told: Callable[[str], None]) -> dict[str, Any]:
    model = load_named("builtin")
    with running_product() as running:
        truths = read_truths(options.data, options.within, options.photos, running.folder)
        people = People(running.product, running.browser)
        manager, annotator = people.sign_in("manager"), people.sign_in("annotator")
        project_id = project_with_photos(
            manager, annotator, photos=list(truths), name="Scripted annotation", time_limit_policy="remind"
        )
        page = AnnotatePage(annotator, project_id)
        page.open()
        page.page.wait_for_selector("[data-decoder=ready]", timeout=60_000)
        told(f"{len(truths)} photos are ready; at work for {options.minutes:g} minutes")
        began = time.monotonic()
        robot = Robot(
            work=page,
            model=model,
            truths={path.name: masks for path, masks in truths.items()},
            manner=Manner(options.look, options.think, options.clicks, options.iou),
            chance=random.Random(options.seed),
            ends_at=began + 60 * options.minutes,
        )
        robot.annotate()
        minutes = (time.monotonic() - began) / 60
        page.until(lambda: annotator.page.locator(".save-status").inner_text() == "All saved", "not all was saved", 60)
        annotator.page.goto("/")  # its last seconds are told when the page goes
        total = manager.api("GET", f"/api/projects/{project_id}/throughput")["total"]
        manager.page.goto(f"/projects/{project_id}/throughput/")
        manager.page.get_by_text(annotator.name).first.wait_for()
        options.screenshot.parent.mkdir(parents=True, exist_ok=True)
        manager.page.screenshot(path=options.screenshot, full_page=True)
    return figures(robot, total, minutes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("bsds500-trainval.zip"), help="zip or folder with label maps")
    parser.add_argument("--within", default="val/", help="only photos whose names begin so")
    parser.add_argument("--photos", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--clicks", type=int, default=8, help="at most so many per mask")
    parser.add_argument("--iou", type=float, default=0.85, help="a mask this good is accepted")
    parser.add_argument("--look", type=float, default=2.0, help="seconds before a mask's first click")
    parser.add_argument("--think", type=float, default=0.8, help="seconds before each further click")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--screenshot", type=Path, default=PICTURE, help="of the throughput page")
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    options = parser.parse_args()
    if not options.data.exists():
        print(f"skipped: {options.data} is not there. Name a zip or folder of photos with label maps: --data PATH")
        return
    report = work(options, (lambda text: None) if options.json else lambda text: print(text, file=sys.stderr))
    print(json.dumps(report) if options.json else "\n".join(f"{name:26} {value}" for name, value in report.items()))


if __name__ == "__main__":
    main()
