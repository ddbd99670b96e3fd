"""A checkpoint's parts: appended where the file ends, asked for after a broken line, never two files in one."""

import errno
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from annotator.accounts.models import User
from annotator.lib import storage
from annotator.model_registry import uploads
from annotator.model_registry.models import ModelImport

pytestmark = pytest.mark.django_db
DATA = bytes(range(250))


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def client(as_user: Callable[[User], Client], admin: User) -> Client:
    return as_user(admin)


def put(client: Client, upload_id: object, offset: int, data: bytes = DATA[:100], total: int = len(DATA)) -> Any:
    address = f"/api/model-uploads/{upload_id}?offset={offset}&total={total}"
    return client.put(address, data, content_type="application/octet-stream")


def received(client: Client, upload_id: object) -> int:
    return client.get(f"/api/model-uploads/{upload_id}").json()["received"]


def test_parts_make_the_file(client: Client) -> None:
    upload_id = uuid.uuid4()
    assert received(client, upload_id) == 0
    for offset in range(0, len(DATA), 100):
        assert put(client, upload_id, offset, DATA[offset : offset + 100]).status_code == 200
    assert received(client, upload_id) == len(DATA)
    assert uploads.path(upload_id).read_bytes() == DATA


def test_a_part_that_does_not_continue_the_file_changes_nothing(client: Client) -> None:
    upload_id = uuid.uuid4()
    put(client, upload_id, 0)
    for offset in (0, 50, 101):  # its answer was lost and it is sent again; overlapping; with a hole
        answer = put(client, upload_id, offset)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "wrong_offset")
    assert uploads.path(upload_id).read_bytes() == DATA[:100]


@pytest.mark.parametrize(
    ("offset", "total", "status"), [(200, 250, 422), (0, 8 * 1024**3 + 1, 413), (-1, 250, 422), (0, 0, 422)]
)
def test_a_part_outside_the_file_is_refused(client: Client, offset: int, total: int, status: int) -> None:
    upload_id = uuid.uuid4()
    assert put(client, upload_id, offset, total=total).status_code == status
    assert received(client, upload_id) == 0


def test_a_part_larger_than_a_body_may_be_is_refused(client: Client, settings: Settings) -> None:
    assert uploads.part_bytes() == uploads.PART_BYTES
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 99
    assert put(client, uuid.uuid4(), 0).status_code == 413
    assert uploads.part_bytes() == 99


@pytest.mark.parametrize("name", ["..%2f..%2fsecret_key", "x", "0"])
def test_only_an_id_names_a_file(client: Client, name: str) -> None:
    assert put(client, name, 0).status_code in (404, 422)
    assert not uploads.folder().exists()


def test_a_disk_without_room_refuses_before_the_first_byte(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "free_bytes", lambda: 749)
    answer = put(client, uuid.uuid4(), 0)
    assert (answer.status_code, answer.json()["error"]["code"]) == (507, "disk_full")
    monkeypatch.setattr(storage, "free_bytes", lambda: 750)
    assert put(client, uuid.uuid4(), 0).status_code == 200


def test_a_disk_that_fills_up_keeps_whole_parts_only(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    upload_id = uuid.uuid4()
    put(client, upload_id, 0)

    def full(file: Any, data: bytes) -> None:
        file.write(data[:50])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(uploads, "_write", full)
        answer = put(client, upload_id, 100)
    assert (answer.status_code, answer.json()["error"]["code"]) == (507, "disk_full")
    assert uploads.path(upload_id).read_bytes() == DATA[:100]
    assert put(client, upload_id, 100, DATA[100:200]).status_code == 200


def test_an_import_needs_every_byte(client: Client) -> None:
    upload_id = uuid.uuid4()
    body = {"upload_id": str(upload_id), "file_name": "a.pth", "bytes": len(DATA)}
    ask: dict[str, Any] = {"data": body, "content_type": "application/json"}
    assert client.post("/api/model-imports/uploaded", **ask).status_code == 404
    put(client, upload_id, 0)
    answer = client.post("/api/model-imports/uploaded", **ask)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "incomplete_upload")
    assert not ModelImport.objects.exists()


def test_a_broken_off_upload_is_dropped_by_hand_or_after_a_day(client: Client, admin: User) -> None:
    kept, old, given_up = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    for upload_id in (kept, old, given_up):
        put(client, upload_id, 0)
        os.utime(uploads.path(upload_id), (0, 0))
    ModelImport.objects.create(kind="upload", source=str(kept), file_name="a.pth", requested_by=admin)
    for upload_id in (kept, given_up):
        assert client.delete(f"/api/model-uploads/{upload_id}").status_code == 204
    assert (received(client, kept), received(client, given_up)) == (100, 0), "an import has taken it over"
    assert put(client, kept, 100).status_code == 409
    put(client, given_up, 0)
    uploads.sweep()
    assert [received(client, one) for one in (kept, old, given_up)] == [100, 0, 100]
