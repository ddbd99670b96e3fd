"""Real photographs for the demo project: those that lie in scikit-image's wheel, so that nothing is downloaded."""

from importlib.util import find_spec
from pathlib import Path

from annotator.accounts.models import Project, User
from annotator.images.ingest import ingest

DEMO_PHOTOS = (
    "coffee.png",
    "chelsea.png",
    "astronaut.png",
    "rocket.jpg",
    "motorcycle_left.png",
    "coins.png",
    "camera.png",
)


def demo_photo(name: str) -> Path:
    """Where a photograph lies. Looked up without importing scikit-image, which takes a second."""
    found = find_spec("skimage")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "data" / name


def add_demo_photos(project: Project, user: User) -> int:
    """Uploads them as `user` would, through the same checks and into the same queue. Returns how many were taken."""
    return sum(
        len(ingest(project=project, user=user, path=demo_photo(name), name=name).accepted) for name in DEMO_PHOTOS
    )
