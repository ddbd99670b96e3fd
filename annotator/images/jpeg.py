"""Takes what a JPEG tells about its photographer out of it, without touching a pixel.

EXIF holds places, times and serial numbers; the browser needs none of it. What colours need stays: JFIF, the ICC
profile and Adobe's marker.
"""

from collections.abc import Iterator

SOI, EOI, SOS, COM = 0xD8, 0xD9, 0xDA, 0xFE
APP0, APP2, APP14, APP15 = 0xE0, 0xE2, 0xEE, 0xEF
STANDALONE = {0x01, *range(0xD0, 0xD8)}  # no length follows; RST0–RST7 stand between pieces of a scan


class NotPlain(ValueError):
    """Not laid out as a JPEG should be: it must be decoded and written anew instead."""


def without_metadata(data: bytes) -> bytes:
    """The same JPEG with the same scans, without EXIF, XMP, comments, and whatever follows its end."""
    if data[:2] != b"\xff\xd8":
        raise NotPlain("it does not begin as a JPEG")
    return b"".join([data[:2], *_kept(data), b"\xff\xd9"])


def _kept(data: bytes) -> Iterator[bytes]:
    """Segments worth keeping, scans with their entropy-coded data, up to the end of the picture."""
    at = 2
    while True:
        marker, at = _marker(data, at)
        if marker == EOI:
            return
        if marker in STANDALONE:
            continue
        end = at + int.from_bytes(data[at : at + 2], "big")
        if end < at + 2 or end > len(data):
            raise NotPlain("a segment is longer than the file")
        if marker == SOS:
            end = _end_of_scan(data, end)
        if _is_needed(marker, data[at + 2 : at + 16]):
            yield b"\xff" + bytes([marker]) + data[at:end]
        at = end


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """The marker at `at`, and where what it marks begins. Any number of 0xFF may stand before it."""
    start = at
    while at < len(data) and data[at] == 0xFF:
        at += 1
    if at == start or at >= len(data):
        raise NotPlain("a marker is missing")
    return data[at], at + 1


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the next marker that ends a scan stands: in it, 0xFF is followed by 0x00 or by a restart marker."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise NotPlain("the picture has no end")
        if data[at + 1] != 0x00 and data[at + 1] not in STANDALONE and data[at + 1] != 0xFF:
            return at
        at += 1 if data[at + 1] == 0xFF else 2


def _is_needed(marker: int, beginning: bytes) -> bool:
    if marker == APP0:
        return beginning.startswith(b"JFIF\0")
    if marker == APP2:
        return beginning.startswith(b"ICC_PROFILE\0")
    if marker == APP14:
        return beginning.startswith(b"Adobe")
    return marker != COM and not APP0 <= marker <= APP15
