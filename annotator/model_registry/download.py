"""Official checkpoints from their servers: resumed where they broke off, kept only with the published hash."""

import fcntl
import hashlib
import http.client
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from django.conf import settings

from annotator.model_registry.registry import ModelNotUsable

if TYPE_CHECKING:
    from sam_core.official import OfficialModel

CHUNK = 1024 * 1024
MAX_BYTES = 8 * 1024**3  # where the size was not published
TIMEOUT_SECONDS = 30.0
TRIES = 5  # in a row without a byte more than before
FIRST_PAUSE = 1.0  # seconds, doubled each time

Progress = Callable[[int, int | None], None]
"""Called with the bytes that are there and those of the whole file, None where nobody said."""


class Busy(ModelNotUsable):
    """Another process is at it: later it will be done, or it is our turn."""


class _Broken(Exception):
    """This try ended early; another may go on from there. The message is half a sentence."""


def folder() -> Path:
    """Where downloads lie, begun and finished."""
    return Path(settings.DATA_DIR) / "downloads"


def check(model: "OfficialModel", path: Path) -> None:
    """ModelNotUsable unless `path` is the published file, by size and SHA-256."""
    try:
        size = path.stat().st_size
        if model.bytes is not None and size != model.bytes:
            raise ModelNotUsable(
                f"{path.name} is not {model.name} as it was published: it has {size} bytes instead of {model.bytes}."
            )
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelNotUsable(f"{path} cannot be read: {error.strerror}.") from error
    if found != model.sha256:
        raise ModelNotUsable(
            f"{path.name} is not {model.name} as it was published: its SHA-256 is {found} instead of {model.sha256}."
        )


def check_address(address: str) -> None:
    """ModelNotUsable for what is no address of the web."""
    if not address.startswith(("https://", "http://")):
        raise ModelNotUsable(f"{address} is no address that begins with https:// or http://.")


def fetch(model: "OfficialModel", url: str | None = None, progress: Progress = lambda done, total: None) -> Path:
    """The published file, downloaded unless it is there. Ended early, the next call goes on where this one stopped.

    What `progress` raises ends it too, and what came is kept.
    ModelNotUsable when the server does not give it; wrong bytes are removed then.
    """
    address = url or model.address
    check_address(address)
    folder().mkdir(parents=True, exist_ok=True)
    final = folder() / model.file
    part = folder() / f"{model.file}.part"
    with _alone(part) as file:
        if not final.is_file():
            try:
                _fill(file, model, address, progress)
            except OSError as error:  # of our own disk: the network's are _Broken by now
                raise ModelNotUsable(
                    f"{part} cannot be written: {error.strerror or error}. Make room, then try again."
                ) from error
            _publish(model, part, final)
        else:
            try:
                check(model, final)
            except ModelNotUsable:
                final.unlink()
                raise
    return final


def remove(model: "OfficialModel") -> None:
    """What was fetched of it, whole or begun. Nothing while another process is at it."""
    part = folder() / f"{model.file}.part"
    if not folder().is_dir():
        return
    with suppress(Busy), _alone(part):
        (folder() / model.file).unlink(missing_ok=True)
        part.unlink(missing_ok=True)


def _publish(model: "OfficialModel", part: Path, final: Path) -> None:
    try:
        check(model, part)
    except ModelNotUsable as error:
        part.unlink()
        raise ModelNotUsable(
            f"The server gave wrong bytes, and they were removed. {error} Try again, or give another address."
        ) from error
    part.replace(final)


@contextmanager
def _alone(part: Path) -> Iterator[IO[bytes]]:
    """The unfinished file, open for writing, with a lock that ends with the process."""
    with part.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"Another process is downloading {part.stem}. Wait for it.") from None
        try:
            yield file
        finally:
            if part.is_file() and part.stat().st_size == 0:
                part.unlink()


def _fill(file: IO[bytes], model: "OfficialModel", address: str, progress: Progress) -> None:
    """Try until the file is whole, as long as some try brings more than all before."""
    furthest, fruitless, pause = _size(file), 0, FIRST_PAUSE
    while True:
        try:
            _try(file, model, address, progress)
            return
        except _Broken as broken:
            fruitless = 0 if _size(file) > furthest else fruitless + 1
            pause = FIRST_PAUSE if fruitless == 0 else 2 * pause
            furthest = max(furthest, _size(file))
            if fruitless >= TRIES:
                raise ModelNotUsable(
                    f"{address} was not downloaded: {broken}. What came is kept: try again to go on from there, or "
                    "give another address."
                ) from broken
        time.sleep(pause)


def _try(file: IO[bytes], model: "OfficialModel", address: str, progress: Progress) -> None:
    """One request for what is missing. _Broken when it ends early, ModelNotUsable when no further try can help."""
    there = _size(file)
    progress(there, model.bytes)
    if model.bytes is not None and there >= model.bytes:
        return  # whole, or too long: the hash tells
    with _open(address, there) as response:
        if response is None:  # the server has nothing after `there`: whole, or of another file; the hash tells
            return
        start, total = _place(response, there)
        if start != there:  # it knows no ranges and begins anew
            file.truncate(0)
        expected = model.bytes or total
        if total is not None and total != expected:
            raise ModelNotUsable(
                f"{address} has a file of {total} bytes, {model.name} was published with {expected}: it is another "
                "file. Give another address."
            )
        _copy(response, file, expected, progress)


@contextmanager
def _open(address: str, start: int) -> Iterator[http.client.HTTPResponse | None]:
    """The server's answer for the bytes from `start` on; None for "416: there are none"."""
    headers = {"Accept-Encoding": "identity", "User-Agent": "annotator"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        response = urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416 and start:
            yield None
            return
        if error.code >= 500 or error.code in (408, 429):
            raise _Broken(f"the server answers {error.code} ({error.reason})") from error
        raise ModelNotUsable(
            f"{address} was not downloaded: the server answers {error.code} ({error.reason}). Give another address."
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise _Broken(f"the server cannot be reached ({getattr(error, 'reason', error)})") from error
    except ValueError as error:
        raise ModelNotUsable(f"{address} is no address: {error}.") from error
    with response:
        yield response


def _place(response: http.client.HTTPResponse, asked: int) -> tuple[int, int | None]:
    """(where in the file the answer begins, the bytes of the whole file as the server says)."""
    if response.status == 206:
        match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
        if match is None or int(match[1]) != asked:
            raise ModelNotUsable("The server answers with another part than it was asked for. Give another address.")
        return asked, None if match[2] == "*" else int(match[2])
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isascii() and length.isdigit() else None


def _copy(response: http.client.HTTPResponse, file: IO[bytes], expected: int | None, progress: Progress) -> None:
    """Until the file has the expected bytes, or the answer ends: _Broken if that is too early."""
    most = MAX_BYTES if expected is None else expected
    done = _size(file)
    progress(done, expected)
    while done < most:
        try:
            chunk = response.read1(min(CHUNK, most - done))
        except (OSError, http.client.HTTPException) as error:
            file.flush()
            raise _Broken(f"the connection broke after {done} bytes ({error or type(error).__name__})") from error
        if not chunk:
            break
        file.write(chunk)
        done += len(chunk)
        progress(done, expected)
    file.flush()
    if expected is not None and done < expected:
        raise _Broken(f"the server ended after {done} of {expected} bytes")


def _size(file: IO[bytes]) -> int:
    file.flush()
    return os.fstat(file.fileno()).st_size
