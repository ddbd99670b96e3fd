"""Photos as people have them, made on the spot: bytes of every kind that must be taken or refused."""

import io
import struct
import zipfile
import zlib
from typing import Any

import numpy as np
from PIL import Image

GPS = b"a place nobody should learn"


def gradient(width: int = 60, height: int = 40) -> Image.Image:
    """RGB: red grows to the right, green downwards, so that every corner is known."""
    red, green = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([red, green, np.full_like(red, 60)], axis=-1).astype(np.uint8))


def encoded(picture: Image.Image, format: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, format, **options)
    return out.getvalue()


def jpeg(width: int = 60, height: int = 40, **options: Any) -> bytes:
    return encoded(gradient(width, height), "JPEG", **{"quality": 95, "subsampling": 0, **options})


def with_exif(orientation: int | None = None) -> bytes:
    """A JPEG with a place in its EXIF, a comment and an XMP block."""
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    exif[0x010E] = GPS.decode()
    return jpeg(exif=exif.tobytes(), comment=GPS)


def png_bomb(width: int = 13000, height: int = 13000) -> bytes:
    """169 megapixels in a few kB."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = b"\0" * (1 + (width + 7) // 8)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def zip_of(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def corners(picture: Image.Image) -> dict[str, tuple[int, int]]:
    """Red and green of the corners, rounded to 0 (low) or 1 (high)."""
    rgb = picture.convert("RGB")
    right, bottom = rgb.width - 1, rgb.height - 1
    places = {"tl": (0, 0), "tr": (right, 0), "bl": (0, bottom), "br": (right, bottom)}
    return {name: tuple(int(value > 127) for value in rgb.getpixel(at)[:2]) for name, at in places.items()}  # type: ignore[index, misc]
