"""Write-once files named by their SHA-256, under DATA_DIR/files: temporary file, fsync, rename, and then the row.

A name never changes its content, so that every address with a hash in it may be cached for ever, and a crash leaves
nothing but a temporary file.
"""

import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.conf import settings

_SHA256 = re.compile(r"[0-9a-f]{64}")
CHUNK = 1024 * 1024


def path(sha256: str) -> Path:
    """Where the file of this hash lies, whether it exists or not. ValueError for what is no hash."""
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"{sha256!r} is not a SHA-256")
    return Path(settings.DATA_DIR) / "files" / sha256[:2] / sha256[2:]


def exists(sha256: str) -> bool:
    return path(sha256).is_file()


def size(sha256: str) -> int | None:
    """Bytes of the file; None when it was never stored, or is gone."""
    try:
        return path(sha256).stat().st_size
    except FileNotFoundError:
        return None


def free_bytes() -> int:
    """What the disk of the files still holds."""
    return shutil.disk_usage(settings.DATA_DIR).free


def read(sha256: str) -> bytes:
    """The whole file. FileNotFoundError when it was never stored."""
    return path(sha256).read_bytes()


def put_bytes(data: bytes) -> str:
    """Store `data`; returns its SHA-256."""
    return put_chunks([data])


def put_file(source: Path) -> str:
    """Store a copy of the file at `source`, read in pieces; returns its SHA-256."""
    with source.open("rb") as file:
        return put_chunks(iter(lambda: file.read(CHUNK), b""))


def put_chunks(chunks: Iterable[bytes]) -> str:
    """Store what the chunks make together, without holding it in memory; returns its SHA-256."""
    digest = hashlib.sha256()
    with _temporary_file() as file:
        for chunk in chunks:
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
        sha256 = digest.hexdigest()
        _publish(Path(file.name), path(sha256))
    return sha256


def _publish(temporary: Path, final: Path) -> None:
    if final.is_file():
        return
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary.chmod(0o444)
    temporary.replace(final)
    _sync_folder(final.parent)


def _sync_folder(folder: Path) -> None:
    """A rename is on the disk only once its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _temporary_file() -> Iterator[IO[bytes]]:
    """A file beside the stored ones (a rename must stay on one disk), gone at the end unless it was renamed."""
    folder = Path(settings.DATA_DIR) / "files" / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        try:
            yield file
        finally:
            Path(file.name).unlink(missing_ok=True)


def remove(sha256: str) -> None:
    """Forget a file that can be made again, once no row names it any more. Nothing else is ever removed."""
    path(sha256).unlink(missing_ok=True)


def sweep(*, older_than_seconds: float = 24 * 3600) -> None:
    """Remove what killed processes left: unfinished files, scratch folders and uploads nobody can be working on."""
    data = Path(settings.DATA_DIR)
    limit = time.time() - older_than_seconds
    for folder in (data / "files" / "incoming", data / "scratch", data / "uploads"):
        for left in folder.iterdir() if folder.is_dir() else ():
            if left.lstat().st_mtime < limit:
                shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder on the same disk for work in progress, removed at the end whatever happens."""
    parent = Path(settings.DATA_DIR) / "scratch"
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
