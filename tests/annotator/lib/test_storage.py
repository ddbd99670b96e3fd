import hashlib
import threading
from pathlib import Path

import pytest
from pytest_django import Settings

from annotator.lib import storage


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path


def test_what_is_put_is_read_under_its_hash() -> None:
    sha256 = storage.put_bytes(b"a mask")
    assert sha256 == hashlib.sha256(b"a mask").hexdigest()
    assert storage.exists(sha256)
    assert storage.read(sha256) == b"a mask"


def test_a_file_is_copied_and_kept(tmp_path: Path) -> None:
    source = tmp_path / "photo"
    source.write_bytes(b"x" * (storage.CHUNK + 1))
    assert storage.read(storage.put_file(source)) == source.read_bytes()


def test_a_stored_file_is_written_once(tmp_path: Path) -> None:
    sha256 = storage.put_bytes(b"once")
    first = storage.path(sha256).stat()
    assert storage.put_bytes(b"once") == sha256
    assert storage.path(sha256).stat().st_ino == first.st_ino
    assert first.st_mode & 0o222 == 0


def test_a_name_that_is_no_hash_never_becomes_a_path() -> None:
    for name in ("../../etc/passwd", "", "A" * 64, "ab" * 31):
        with pytest.raises(ValueError, match="not a SHA-256"):
            storage.path(name)


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def broken():  # type: ignore[no-untyped-def]
        yield b"half"
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        storage.put_chunks(broken())
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


def test_the_same_file_stored_by_many_at_once_is_whole() -> None:
    data = b"y" * 300_000
    names: list[str] = []
    threads = [threading.Thread(target=lambda: names.append(storage.put_bytes(data))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(names)) == 1
    assert storage.read(names[0]) == data


def test_a_scratch_folder_goes_away_with_what_is_in_it() -> None:
    with storage.scratch_folder() as folder:
        (folder / "part").write_bytes(b"z")
    assert not folder.exists()


def test_what_killed_processes_left_is_swept_after_a_day(tmp_path: Path) -> None:
    sha256 = storage.put_bytes(b"kept")
    left = [
        tmp_path / "files" / "incoming" / "half",
        tmp_path / "uploads" / "photo",
        tmp_path / "scratch" / "folder" / "x",
    ]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    storage.sweep()
    assert all(path.exists() for path in left)
    storage.sweep(older_than_seconds=-1)
    assert not any(path.exists() for path in left)
    assert storage.read(sha256) == b"kept"
