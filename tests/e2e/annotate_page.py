"""The annotate page as an annotator uses it: by accessible names, keys and pointer. And what crosses the network."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Page, Request, Response, expect

from sam_core.masks.rle import decode
from tests.e2e.people import Person

READY = '[data-decoder="ready"][data-picture="shown"]'  # the canvas, when it shows an image that takes clicks
MARGIN = 12  # CSS pixels around the fitted image: frontend/src/state/view.ts


@dataclass(frozen=True)
class Place:
    """A place as shares of the image's width and height."""

    x: float
    y: float


class AnnotatePage:
    def __init__(self, person: Person, project_id: int) -> None:
        self.person = person
        self.page = person.page
        self.project_id = project_id
        self.saved: list[dict[str, Any]] = []  # bodies of mask saves that were sent, with their ids
        self.events: list[dict[str, Any]] = []  # timing events that were sent
        self.requests: list[str] = []  # paths, in order
        self.session: dict[str, Any] = {}  # the active one, as the server last told it
        self.canvas = self.page.get_by_label("Annotation canvas")
        self.page.on("request", self._note_request)
        self.page.on("response", self._note_response)

    def _note_request(self, request: Request) -> None:
        path = request.url.split("/", 3)[-1]
        self.requests.append(f"{request.method} /{path}")
        if request.method == "POST" and path == "api/events":
            self.events += json.loads(request.post_data or "{}").get("events", [])
        if request.method == "PUT" and path.startswith("api/masks/"):
            self.saved.append({"id": path.split("/")[2], **json.loads(request.post_data or "{}")})

    def _note_response(self, response: Response) -> None:
        if "/sessions" not in response.url or not response.ok or response.request.method != "POST":
            return
        if response.url.endswith(("/sessions", "/start")):
            answer = response.json()
            session = answer.get("session", answer)
            if session and session.get("state") == "active":
                self.session = session

    def open(self) -> None:
        self.session = {}  # of the page as it was: a reload begins anew
        self.page.goto(f"/projects/{self.project_id}/annotate/")
        self.wait_for_image()

    def wait_for_image(self) -> None:
        expect(self.canvas).to_be_visible()
        self.until(lambda: bool(self.session), "no session was given")
        # A click on a canvas that shows no image yet is a click on nothing.
        image = f'[data-image-id="{self.session["image"]["id"]}"]'
        expect(self.page.locator(image)).to_have_count(1, timeout=60_000)

    def go_on(self, press: str) -> dict[str, Any]:
        """Leaves the image with a key or a button's name, and waits for the next one. Gives its session."""
        before = self.session["id"]
        if len(press) == 1:
            self.page.keyboard.press(press)
        else:
            self.page.get_by_role("button", name=press).click()
        self.until(lambda: self.session["id"] != before, "the next image did not come")
        return self.session

    def at(self, place: Place) -> tuple[float, float]:
        """Where a place of the fitted image is in the window, in CSS pixels."""
        box = self.canvas.bounding_box()
        assert box
        image = self.session["image"]
        zoom = min((box["width"] - 2 * MARGIN) / image["width"], (box["height"] - 2 * MARGIN) / image["height"])
        left = box["x"] + (box["width"] - image["width"] * zoom) / 2
        top = box["y"] + (box["height"] - image["height"] * zoom) / 2
        return left + place.x * image["width"] * zoom, top + place.y * image["height"] * zoom

    def tool(self, name: str) -> None:
        self.page.get_by_label(name, exact=True).click()

    def button(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def click(self, place: Place, *, background: bool = False) -> None:
        """A click with the click tool; returns when its mask is on the screen."""
        before = self.masks_shown()
        self.page.mouse.click(*self.at(place), button="right" if background else "left")
        self.wait_for_mask(before)

    def work_to_the_limit(self) -> None:
        """Works on a mask until the page says that its time is up."""
        self.click(Place(0.3, 0.4))
        card = self.page.get_by_role("region", name="Time limit")
        for step in range(100):  # a pointer that lies still for long is a pause, which does not count
            if card.is_visible():
                break
            self.page.mouse.move(*self.at(Place(0.31 + 0.001 * (step % 2), 0.41)))
            self.page.wait_for_timeout(200)
        expect(card).to_be_visible()

    def drag(self, start: Place, *places: Place) -> None:
        self.page.mouse.move(*self.at(start))
        self.page.mouse.down()
        for place in places:
            self.page.mouse.move(*self.at(place), steps=6)
        self.page.mouse.up()

    def masks_shown(self) -> int:
        """How often a click's mask was painted since the page was loaded, by the page's own measure."""
        count: int = self.page.evaluate("performance.getEntriesByName('click-to-mask', 'measure').length")
        return count

    def wait_for_mask(self, before: int, seconds: float = 120) -> None:
        self.page.wait_for_function(
            "before => performance.getEntriesByName('click-to-mask', 'measure').length > before",
            arg=before,
            timeout=seconds * 1000,
        )

    def accept(self, press: str = "Accept mask") -> dict[str, Any]:
        """Accepts with a key or the button. Gives the body that was sent to be saved, with its id."""
        before = len(self.saved)
        if press == "Accept mask":
            self.button(press)
        else:
            self.page.keyboard.press(press)
        self.until(lambda: len(self.saved) > before, "the mask was not sent")
        return self.saved[-1]

    def screenshot(self) -> np.ndarray[Any, Any]:
        """What the canvas shows: uint8 [height, width, 3]."""
        box = self.canvas.bounding_box()
        assert box
        self.page.mouse.move(2, 2)  # the cursor of a tool is drawn on the canvas
        png = self.page.screenshot(clip=box)
        return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))

    def until(self, true: Callable[[], bool], otherwise: str, seconds: float = 20, page: Page | None = None) -> None:
        """Waits while the browser goes on; `page` when the person has changed to another tab."""
        for _ in range(int(seconds * 20)):
            if true():
                return
            (page or self.page).wait_for_timeout(50)
        raise AssertionError(f"{otherwise}; the console said: {self.person.complaints}")


def mask_of(body: dict[str, Any]) -> np.ndarray[Any, Any]:
    """The pixels of a saved mask: bool [height, width]."""
    return np.asarray(decode(tuple(body["size"]), body["counts"]), dtype=bool)


def pixel(mask: np.ndarray[Any, Any], place: Place) -> bool:
    height, width = mask.shape
    return bool(mask[int(place.y * height), int(place.x * width)])
