"""Photos and zips from a person's disk into a project: one by one, each accepted or refused with a reason.

Slow work (hashing, decoding in a confined child, writing files) is done outside any transaction; the rows come last.
"""

import errno
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from annotator.accounts import hints
from annotator.accounts.models import Project, User
from annotator.images import queue
from annotator.images.models import Image
from annotator.images.names import clean_name
from annotator.images.reading import decoder
from annotator.lib import storage
from annotator.lib.confined import Confined, Refused
from annotator.lib.errors import ApiError
from annotator.model_registry.registry import active_model

ZIP_BEGINNINGS = (b"PK\x03\x04", b"PK\x05\x06")
ALREADY_HERE = "The same photo is already in this project, as {}."


@dataclass(frozen=True)
class RefusedFile:
    file_name: str
    code: str
    reason: str


@dataclass
class Ingested:
    accepted: list[Image] = field(default_factory=list)
    refused: list[RefusedFile] = field(default_factory=list)


@dataclass(frozen=True)
class Prepared:
    """A photo decoded and stored, not yet a row. width and height are of the upright picture."""

    width: int
    height: int
    display_type: str
    orientation: int
    display_sha256: str
    thumbnail_sha256: str


def ingest(*, project: Project, user: User, path: Path, name: str) -> Ingested:
    """Take in the file at `path`, which was called `name`: a photo, or a zip of photos.

    ApiError when the server cannot store anything (its disk is full).
    """
    result = Ingested()
    try:
        with storage.scratch_folder() as folder, decoder() as decode:
            for photo, photo_name in _photos(decode, path, name, folder, result):
                try:
                    result.accepted.append(_take(decode, project, user, photo, photo_name, folder))
                except Refused as refused:
                    result.refused.append(RefusedFile(photo_name, refused.code, refused.reason))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            message = "The server's disk is full. Tell an admin; what was accepted before is safe."
            raise ApiError("disk_full", message, 507) from error
        raise
    return result


def _photos(decode: Confined, path: Path, name: str, folder: Path, result: Ingested) -> Iterator[tuple[Path, str]]:
    """(file, name) of the photo, or of each photo of the zip, unpacked one at a time; refusals go to `result`."""
    with path.open("rb") as file:
        is_zip = file.read(4) in ZIP_BEGINNINGS
    if not is_zip:
        yield path, clean_name(name)
        return
    try:
        entries = decode(act="list_zip", source=str(path), max_entries=settings.MAX_ZIP_PHOTOS)
    except Refused as refused:
        result.refused.append(RefusedFile(clean_name(name), refused.code, refused.reason))
        return
    unpacked = folder / "photo"
    left = settings.MAX_UPLOAD_BYTES  # of all photos together: what a zip unpacks to may not be what was uploaded
    for entry in entries:
        photo_name = clean_name(entry["name"])
        try:
            left -= _unpack(decode, path, entry, unpacked, left)
        except Refused as refused:
            result.refused.append(RefusedFile(photo_name, refused.code, refused.reason))
        else:
            yield unpacked, photo_name


def _unpack(decode: Confined, path: Path, entry: dict[str, Any], target: Path, left: int) -> int:
    limit = min(settings.MAX_PHOTO_BYTES, left)
    if left <= 0:
        raise Refused("too_large", "The zip unpacks to more than the server accepts at once. Send the rest separately.")
    if entry["bytes"] > limit:
        raise Refused("too_large", f"Unpacked it is larger than {limit // 1024**2} MB.")
    return decode(act="extract", source=str(path), index=entry["index"], target=str(target), max_bytes=limit)


def _take(decode: Confined, project: Project, user: User, path: Path, name: str, folder: Path) -> Image:
    """One photo. Refused when it is too large, there already, or cannot be decoded."""
    size = path.stat().st_size
    if size > settings.MAX_PHOTO_BYTES:
        raise Refused(
            "too_large", f"The file is larger than {settings.MAX_PHOTO_BYTES // 1024**2} MB. Save it smaller."
        )
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    _refuse_duplicate(project, sha256)
    prepared = _prepare(decode, path, folder)
    storage.put_file(path)
    try:
        return _save(project, user, name, sha256, size, prepared)
    except IntegrityError:  # the same photo came in at the same time
        _refuse_duplicate(project, sha256)
        raise


def _refuse_duplicate(project: Project, sha256: str) -> None:
    known = Image.objects.filter(project=project, sha256=sha256).first()
    if known is not None:
        raise Refused("duplicate", ALREADY_HERE.format(known.file_name))


def _prepare(decode: Confined, path: Path, folder: Path) -> Prepared:
    display, thumbnail = folder / "display", folder / "thumbnail"
    told = decode(
        act="prepare",
        source=str(path),
        display=str(display),
        thumbnail=str(thumbnail),
        max_pixels=settings.MAX_PHOTO_PIXELS,
    )
    return Prepared(**told, display_sha256=storage.put_file(display), thumbnail_sha256=storage.put_file(thumbnail))


@transaction.atomic
def _save(project: Project, user: User, name: str, sha256: str, size: int, prepared: Prepared) -> Image:
    image = Image.objects.create(
        project=project,
        file_name=name,
        sha256=sha256,
        display_sha256=prepared.display_sha256,
        display_type=prepared.display_type,
        thumbnail_sha256=prepared.thumbnail_sha256,
        width=prepared.width,
        height=prepared.height,
        exif_orientation=prepared.orientation,
        bytes=size,
        uploaded_by=user,
    )
    model = active_model()
    if model is not None:
        queue.queue_embedding(image, model_version_id=model.pk)
    hints.publish(project.pk, "image_added", image_id=image.pk)
    return image
