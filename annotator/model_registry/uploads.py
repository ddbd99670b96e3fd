"""Checkpoints on their way from a browser: sent in parts, so that a broken line costs one part and not 2.6 GB.

The file is the truth of what has arrived: a part is appended only where it ends, and who sends may ask where that is.
"""

import errno
import fcntl
import os
import time
from io import FileIO
from pathlib import Path
from uuid import UUID

from django.conf import settings

from annotator.lib import storage
from annotator.lib.errors import ApiError, Conflict, NotFound, TooLarge
from annotator.model_registry.importing import MAX_CHECKPOINT_BYTES
from annotator.model_registry.models import ImportKind, ModelImport

PART_BYTES = 8 * 1024**2
KEPT_SECONDS = 24 * 3600  # of an upload that nobody went on with
NEEDED = 3
"""So many times a checkpoint's bytes lie on the disk while it is imported: as it came, converted, and stored."""


def part_bytes() -> int:
    """The largest part that is sent: a request's body has a limit."""
    return min(PART_BYTES, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def folder() -> Path:
    return Path(settings.DATA_DIR) / "model_uploads"


def path(upload_id: UUID) -> Path:
    return folder() / str(upload_id)


def received(upload_id: UUID) -> int:
    """Bytes that have arrived; 0 before the first."""
    try:
        return path(upload_id).stat().st_size
    except FileNotFoundError:
        return 0


def append(upload_id: UUID, *, offset: int, total: int, data: bytes) -> int:
    """Write the part that begins at `offset` of a file of `total` bytes; returns how many are there then.

    ApiError when it does not continue what is there (409 wrong_offset), is too large, or the disk is full.
    """
    if total > MAX_CHECKPOINT_BYTES:
        raise TooLarge(f"The file has {total / 1e9:.1f} GB; a checkpoint has at most 8.")
    if offset + len(data) > total:
        raise ApiError("too_long", "More was sent than the file has. Choose the file again.", 422)
    if ModelImport.objects.filter(source=str(upload_id)).exists():
        raise Conflict("already_sent", "This file was sent whole already. Reload the page.")
    if offset == 0:
        check_disk(NEEDED * total)
    folder().mkdir(parents=True, exist_ok=True)
    with path(upload_id).open("ab", buffering=0) as file:  # what a buffer holds is written once more at the end
        fcntl.flock(file, fcntl.LOCK_EX)
        there = os.fstat(file.fileno()).st_size
        if there != offset:
            raise Conflict("wrong_offset", f"The server has {there} bytes of the file. Go on from there.")
        try:
            _write(file, data)
        except OSError as error:
            os.truncate(file.fileno(), there)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise disk_full("The server's disk is full.") from error
            raise
        return there + len(data)


def _write(file: FileIO, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def whole(upload_id: UUID, total: int) -> None:
    """Make sure that a file is here with all its bytes, on the disk. ApiError otherwise."""
    there = received(upload_id)
    if there == 0:
        raise NotFound("The server does not have this file (any more). Send it again.")
    if there != total:
        raise Conflict("incomplete_upload", f"{there} of {total} bytes have arrived. Send the rest first.")
    with path(upload_id).open("rb+") as file:
        os.fsync(file.fileno())


def remove(upload_id: UUID) -> None:
    path(upload_id).unlink(missing_ok=True)


def sweep() -> None:
    """Remove uploads that were broken off long ago. What an import is to read, or read again, stays."""
    if not folder().is_dir():
        return
    old = [file for file in folder().iterdir() if file.stat().st_mtime < time.time() - KEPT_SECONDS]
    if not old:
        return
    imports = ModelImport.objects.filter(kind=ImportKind.UPLOAD, source__in=[file.name for file in old])
    needed = set(imports.values_list("source", flat=True))
    for file in old:
        if file.name not in needed:
            file.unlink(missing_ok=True)


def check_disk(needed: int) -> None:
    """ApiError unless the disk has room for so many bytes."""
    free = storage.free_bytes()
    if needed > free:
        raise disk_full(f"This needs {needed / 1e9:.1f} GB of the server's disk, and {free / 1e9:.1f} GB are free.")


def disk_full(sentence: str) -> ApiError:
    return ApiError("disk_full", f"{sentence} Make room, then try again.", 507)
