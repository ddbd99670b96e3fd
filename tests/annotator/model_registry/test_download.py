"""Downloads from servers that break off, lie about the length, know no ranges, and give wrong bytes."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from annotator.model_registry import download
from annotator.model_registry.registry import ModelNotUsable
from sam_core.config import TINY_VIT
from sam_core.official import OfficialModel
from tests.annotator.model_registry.file_server import FileServer, serving

DATA = hashlib.shake_256(b"a checkpoint").digest(300_000)
MODEL = OfficialModel(TINY_VIT, "model.pth", len(DATA), hashlib.sha256(DATA).hexdigest(), "http://127.0.0.1:9/")
UNKNOWN_SIZE = OfficialModel(TINY_VIT, "model.pth", None, MODEL.sha256, MODEL.address)


@pytest.fixture(autouse=True)
def _quick_and_in_a_folder_of_its_own(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(download, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(download, "CHUNK", 20_000)


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving(FileServer(DATA)) as server:
        yield server


def left() -> list[str]:
    return sorted(path.name for path in download.folder().iterdir())


@pytest.mark.parametrize("model", [MODEL, UNKNOWN_SIZE], ids=["size known", "size unknown"])
def test_a_file_is_fetched_once_with_its_progress(model: OfficialModel, server: FileServer) -> None:
    seen: list[tuple[int, int | None]] = []
    path = download.fetch(model, server.address, lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == DATA
    assert left() == ["model.pth"]
    assert seen[0][0] == 0
    assert seen[1] == (0, len(DATA))
    assert seen[-1] == (len(DATA), len(DATA))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert download.fetch(model, server.address) == path
    assert server.asked == [""]


@pytest.mark.parametrize("model", [MODEL, UNKNOWN_SIZE], ids=["size known", "size unknown"])
def test_a_connection_that_breaks_is_resumed_where_it_broke(model: OfficialModel, server: FileServer) -> None:
    server.breaks_after, server.breaks = 100_001, 2
    assert download.fetch(model, server.address).read_bytes() == DATA
    assert server.asked == ["", "bytes=100001-", "bytes=200002-"]


def test_what_the_progress_raises_ends_it_and_keeps_what_came(server: FileServer) -> None:
    class Enough(Exception):
        pass

    def progress(done: int, total: int | None) -> None:
        if done >= 100_000:
            raise Enough

    with pytest.raises(Enough):
        download.fetch(MODEL, server.address, progress)
    there = (download.folder() / "model.pth.part").stat().st_size
    assert 100_000 <= there < len(DATA)
    assert download.fetch(MODEL, server.address).read_bytes() == DATA
    assert server.asked == ["", f"bytes={there}-"]


def test_what_was_fetched_is_removed_unless_somebody_is_at_it(server: FileServer) -> None:
    download.remove(MODEL)
    download.fetch(MODEL, server.address)
    download.remove(MODEL)
    assert left() == []
    part = download.folder() / "model.pth.part"
    with download._alone(part) as file:
        file.write(b"begun")
        file.flush()
        download.remove(MODEL)
        assert part.exists()
    download.remove(MODEL)
    assert left() == []


def test_a_later_call_goes_on_where_the_earlier_stopped(server: FileServer) -> None:
    server.answers = [503] * (download.TRIES - 1)
    (download.folder()).mkdir()
    (download.folder() / "model.pth.part").write_bytes(DATA[:70_000])
    assert download.fetch(MODEL, server.address).read_bytes() == DATA
    assert set(server.asked) == {"bytes=70000-"}


def test_a_server_that_never_gives_more_ends_it_and_keeps_what_came(server: FileServer) -> None:
    server.breaks_after, server.knows_ranges = 1000, False
    with pytest.raises(ModelNotUsable, match=r"ended after 1000 of 300000 bytes.*try again to go on from there"):
        download.fetch(MODEL, server.address)
    assert len(server.asked) == 1 + download.TRIES
    assert left() == ["model.pth.part"]
    server.breaks, server.knows_ranges = 0, True
    assert download.fetch(MODEL, server.address).read_bytes() == DATA
    assert server.asked[-1] == "bytes=1000-"


def test_a_server_without_ranges_begins_anew(server: FileServer) -> None:
    server.breaks_after, server.breaks, server.knows_ranges = 100_000, 1, False
    assert download.fetch(MODEL, server.address).read_bytes() == DATA
    assert server.asked == ["", "bytes=100000-"]


@pytest.mark.parametrize("lie", [-1000, 1000])
def test_a_length_that_is_not_the_published_one_is_another_file(lie: int, server: FileServer) -> None:
    server.says_bytes = len(DATA) + lie
    with pytest.raises(ModelNotUsable, match=f"a file of {len(DATA) + lie} bytes, tiny_vit was published with 300000"):
        download.fetch(MODEL, server.address)
    assert left() == []
    assert len(server.asked) == 1


def test_a_length_that_nothing_contradicts_is_found_out_by_the_hash(server: FileServer) -> None:
    server.says_bytes = len(DATA) - 1000
    with pytest.raises(ModelNotUsable, match="wrong bytes, and they were removed"):
        download.fetch(UNKNOWN_SIZE, server.address)
    assert left() == []


def test_a_length_that_is_never_reached_ends_it(server: FileServer) -> None:
    server.says_bytes = len(DATA) + 1000
    with pytest.raises(ModelNotUsable, match="ended after 300000 of 301000 bytes"):
        download.fetch(UNKNOWN_SIZE, server.address)


def test_wrong_bytes_are_removed_and_the_next_call_starts_anew(server: FileServer) -> None:
    server.data = bytes([DATA[0] ^ 1]) + DATA[1:]
    with pytest.raises(ModelNotUsable, match=r"wrong bytes, and they were removed.*SHA-256.*another address"):
        download.fetch(MODEL, server.address)
    assert left() == []
    server.data = DATA
    assert download.fetch(MODEL, server.address).read_bytes() == DATA
    assert server.asked == ["", ""]


def test_a_beginning_of_another_file_is_found_out(server: FileServer) -> None:
    download.folder().mkdir()
    (download.folder() / "model.pth.part").write_bytes(bytes(len(DATA) + 5))
    with pytest.raises(ModelNotUsable, match="removed"):
        download.fetch(MODEL, server.address)
    assert left() == []


def test_a_finished_file_that_changed_is_removed(server: FileServer) -> None:
    download.fetch(MODEL, server.address).write_bytes(b"changed")
    with pytest.raises(ModelNotUsable, match="7 bytes instead of 300000"):
        download.fetch(MODEL, server.address)
    assert download.fetch(MODEL, server.address).read_bytes() == DATA


def test_a_missing_file_is_told_at_once(server: FileServer) -> None:
    server.answers = [404]
    with pytest.raises(ModelNotUsable, match=r"answers 404 \(Not Found\).*another address"):
        download.fetch(MODEL, server.address)
    assert len(server.asked) == 1
    assert left() == []


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(ModelNotUsable, match="cannot be reached"):
        download.fetch(MODEL)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://127.0.0.1/x", "model.pth"])
def test_only_web_addresses_are_opened(address: str) -> None:
    with pytest.raises(ModelNotUsable, match="no address that begins with https"):
        download.fetch(MODEL, address)


def test_two_downloads_of_one_file_do_not_mix(server: FileServer) -> None:
    download.folder().mkdir()
    with download._alone(download.folder() / "model.pth.part"), pytest.raises(ModelNotUsable, match="Another process"):
        download.fetch(MODEL, server.address)
    assert download.fetch(MODEL, server.address).read_bytes() == DATA
