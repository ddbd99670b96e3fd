"""What comes over the wire when the annotate page is opened, in a browser with a cache on disk as people have it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserType, Error, Request

from tests.e2e.annotate_page import READY

KINDS = {  # by path, the first that matches
    "runtime": r"^/static/dist/assets/ort-",
    "scripts and styles": r"^/static/",
    "decoder": r"^/api/models/",
    "embeddings": r"^/api/embeddings/",
    "pictures": r"^/api/images/",
}
"""What is named by its content comes once and is kept for good."""
KEPT = r"^/static/dist/assets/|^/api/(models|embeddings|images)/"


@dataclass(frozen=True)
class Transfer:
    path: str
    size: int  # bytes of the answer's body as sent; 0 when it came from the browser's cache

    @property
    def kind(self) -> str:
        return next((kind for kind, pattern in KINDS.items() if re.match(pattern, self.path)), "page and API")

    @property
    def kept(self) -> bool:
        return re.match(KEPT, self.path) is not None


def visit(
    chromium: BrowserType, executable: str, profile: Path, address: str, cookies: list[Any], project_id: int
) -> list[Transfer]:
    """Opens the annotate page, in the browser of `profile`, until clicks are answered and the next image is there."""
    context = chromium.launch_persistent_context(
        profile, executable_path=executable, args=["--no-sandbox"], base_url=address
    )
    context.add_cookies(cookies)
    page = context.new_page()
    transfers: list[Transfer] = []

    def note(request: Request) -> None:
        if request.url.startswith(address):
            transfers.append(Transfer(request.url.removeprefix(address).split("?")[0], size_of(request)))

    page.on("requestfinished", note)
    page.goto(f"/projects/{project_id}/annotate/")
    page.locator(READY).wait_for(timeout=240_000)
    page.wait_for_timeout(2000)
    context.close()
    return transfers


def size_of(request: Request) -> int:
    """Playwright takes the headers off what came over the wire: below 0 is from the cache. A worker's script has 0."""
    try:
        size = request.sizes()["responseBodySize"]
        response = request.response()
    except Error:  # the page was closed before it was told
        return 0
    if size == 0 and response is not None:
        return int(response.headers.get("content-length", 0))
    return max(0, size)
