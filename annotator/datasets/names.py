"""File names inside an archive: safe to unpack anywhere, and no two alike.

People unpack on disks that fold case, forbid some characters and reserve some names; uploads may hold one name twice.
"""

import re
import unicodedata
from pathlib import PurePosixPath

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
_LONGEST = 120  # characters, so that whole paths stay below the 260 of Windows


def safe(name: str) -> str:
    """The last part of a name, without what a file system could refuse or read as a path."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    cleaned = _FORBIDDEN.sub("_", last).strip(" .") or "image"
    path = PurePosixPath(cleaned)
    stem, suffix = path.stem[:_LONGEST], path.suffix[:12]
    if stem.split(".")[0].lower() in _RESERVED:
        stem = f"_{stem}"
    return stem + suffix


class DistinctNames:
    """Gives each name a form that no earlier one has, not even in other case: `a.jpg`, `A_2.jpg`, `a_3.jpg`."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def add(self, name: str) -> str:
        candidate = cleaned = safe(name)
        key, path = cleaned.casefold(), PurePosixPath(cleaned)
        while candidate.casefold() in self._taken:
            number = self._next[key] = self._next.get(key, 1) + 1
            candidate = f"{path.stem}_{number}{path.suffix}"
        self._taken.add(candidate.casefold())
        return candidate
