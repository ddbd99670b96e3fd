"""Projects with photos that the real worker has encoded."""

import time
from pathlib import Path
from typing import Any

from tests.e2e.people import Person

ENCODE_SECONDS = 90


def make_project(manager: Person, *members: Person, **settings: Any) -> int:
    body = {"name": f"Project of {manager.name}", "time_limit_policy": "off", **settings}
    project_id: int = manager.api("POST", "/api/projects", body)["id"]
    for member in members:
        manager.api("POST", f"/api/projects/{project_id}/members", {"username": member.name})
    return project_id


def upload(manager: Person, project_id: int, *photos: Path) -> list[dict[str, Any]]:
    """Uploads photos by the API. Gives the images that were taken."""
    images: list[dict[str, Any]] = []
    for path in photos:
        kind = "image/jpeg" if path.suffix == ".jpg" else "image/png"
        file = {"name": path.name, "mimeType": kind, "buffer": path.read_bytes()}
        answer = manager.api("POST", f"/api/projects/{project_id}/images", multipart={"file": file})
        assert answer["refused"] == []
        images += answer["accepted"]
    return images


def wait_until_encoded(manager: Person, project_id: int, seconds: float = ENCODE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while True:
        states = manager.api("GET", f"/api/projects/{project_id}/images")["states"]
        assert states["failed"] == 0, states
        if states["queued"] == states["running"] == 0:
            return
        assert time.monotonic() < deadline, f"not encoded in {seconds} s: {states}"
        time.sleep(0.2)


def project_with_photos(
    manager: Person, *members: Person, photos: list[Path], seconds: float = ENCODE_SECONDS, **settings: Any
) -> int:
    """A project whose photos are ready to annotate."""
    project_id = make_project(manager, *members, **settings)
    upload(manager, project_id, *photos)
    wait_until_encoded(manager, project_id, seconds)
    return project_id
