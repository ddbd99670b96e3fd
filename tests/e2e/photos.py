"""Real photographs that come with scikit-image, and broken files."""

import io
from functools import cache
from pathlib import Path

import skimage
from PIL import Image


def photo(name: str) -> Path:
    """The path of a photograph that lies in scikit-image's wheel: no download."""
    path = Path(skimage.__file__).parent / "data" / name
    assert path.is_file(), f"{path} is not in the wheel"
    return path


@cache
def truncated_jpeg() -> bytes:
    """A JPEG that opens and passes `verify()`, but whose last two thirds are missing."""
    whole = photo("rocket.jpg").read_bytes()
    return whole[: len(whole) // 3]


@cache
def small_jpeg(shade: int) -> bytes:
    """A little picture that is a photo of nothing; each shade is another file."""
    buffer = io.BytesIO()
    Image.new("RGB", (320, 240), (shade, 120, 255 - shade)).save(buffer, "JPEG")
    return buffer.getvalue()
