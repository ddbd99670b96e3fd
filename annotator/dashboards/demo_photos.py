"""Real photographs for the demo project: those that lie in scikit-image's wheel, so that nothing is downloaded.

Needs no Django: benchmarks use them too.
"""

from importlib.util import find_spec
from pathlib import Path

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
