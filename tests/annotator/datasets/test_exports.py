"""Exports as people meet them: asked for, written by the worker, listed, downloaded."""

import errno
import io
import zipfile
from collections.abc import Callable

import pytest
from django.test import AsyncClient, Client

from annotator.accounts.models import Hint, Project, Role, User
from annotator.datasets import exporting
from annotator.datasets.models import Export
from annotator.datasets.tasks import export_project
from annotator.lib import jobs
from tests.annotator.making import draw, make_image, member, ring

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files_of_the_test(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def sent(monkeypatch) -> list[int]:
    """Ids of the messages to the worker, which is not there."""
    ids: list[int] = []
    monkeypatch.setattr(export_project, "delay", ids.append)
    return ids


@pytest.fixture
def image(project: Project, colleague: User):
    image = make_image(project, file_name="street.jpg")
    draw(image, colleague, ring())
    return image


@pytest.fixture
def export(project: Project, owner: User, image) -> Export:
    return Export.objects.create(project=project, requested_by=owner)


def exports_of(project: Project) -> str:
    return f"/api/projects/{project.pk}/exports"


def states(project: Project) -> list[str]:
    return [hint.payload["state"] for hint in Hint.objects.filter(project=project, kind="export_state").order_by("pk")]


# -- It works ---------------------------------------------------------------------------------------------------------


def test_a_manager_asks_and_the_worker_is_woken_once_the_row_is_there(
    as_user, owner, project, image, sent, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        answer = as_user(owner).post(exports_of(project))
    assert answer.status_code == 201
    made = answer.json()
    assert sent == [made["id"]]
    assert made.pop("created_at").endswith("Z")
    assert made == {
        "id": made["id"], "state": "queued", "progress": 0.0, "reason": "", "bytes": 0, "images": 0, "masks": 0,
        "url": None, "requested_by": "owner",
    }  # fmt: skip
    assert states(project) == ["queued"]


def test_the_worker_writes_the_file_and_says_so(as_user, owner, project, export):
    export_project(export.pk)
    (listed,) = as_user(owner).get(exports_of(project)).json()
    assert (listed["state"], listed["progress"], listed["images"], listed["masks"]) == ("done", 1.0, 1, 1)
    assert listed["url"] == f"/api/exports/{export.pk}/file"
    assert states(project) == ["running", "done"]


def test_the_file_comes_down_whole_with_a_name(as_user, owner, export):
    export_project(export.pk)
    answer = as_user(owner).get(f"/api/exports/{export.pk}/file")
    assert answer.status_code == 200
    with pytest.warns(Warning, match="asynchronous iterators"):
        content = b"".join(answer)
    assert answer["Content-Disposition"] == f'attachment; filename="Street scenes masks {export.pk}.zip"'
    assert int(answer["Content-Length"]) == len(content) == Export.objects.get().bytes
    assert "masks/street/1.png" in zipfile.ZipFile(io.BytesIO(content)).namelist()


@pytest.mark.django_db(transaction=True)
async def test_the_file_is_streamed_in_pieces(owner: User, export, monkeypatch):
    from asgiref.sync import sync_to_async

    monkeypatch.setattr("annotator.datasets.api.CHUNK", 100)
    await sync_to_async(export_project)(export.pk)
    client = AsyncClient()
    await client.aforce_login(owner)
    answer = await client.get(f"/api/exports/{export.pk}/file")
    assert answer.is_async  # type: ignore[attr-defined]
    pieces = [piece async for piece in answer.streaming_content]  # type: ignore[attr-defined]
    assert len(pieces) > 5
    assert zipfile.ZipFile(io.BytesIO(b"".join(pieces))).testzip() is None


def test_a_project_with_a_strange_name_has_a_file_name_all_the_same(as_user, owner, project, export):
    Project.objects.filter(pk=project.pk).update(name='../"Straße"\r\nX: y')
    export_project(export.pk)
    header = as_user(owner).get(f"/api/exports/{export.pk}/file")["Content-Disposition"]
    assert header.startswith("attachment; filename")
    assert "\r" not in header
    assert "/" not in header


def test_a_broken_mask_does_not_fail_the_export_and_is_told(as_user, owner, project, image, colleague, export):
    draw(image, colleague, ring(), counts="P1")
    export_project(export.pk)
    (listed,) = as_user(owner).get(exports_of(project)).json()
    assert (listed["state"], listed["masks"]) == ("done", 1)
    assert listed["reason"] == "1 mask was left out: problems.json in the archive says which and why."


# -- It breaks --------------------------------------------------------------------------------------------------------


def test_a_full_disk_is_said_in_words_and_not_tried_again(as_user, owner, project, export, monkeypatch):
    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(exporting, "write_archive", full)
    export_project(export.pk)
    (listed,) = as_user(owner).get(exports_of(project)).json()
    assert (listed["state"], listed["reason"]) == ("failed", exporting.NO_SPACE)
    assert listed["url"] is None
    assert states(project) == ["running", "failed"]


def test_a_passing_trouble_is_tried_three_times(owner, project, export, monkeypatch):
    def trouble(*arguments, **options):
        raise RuntimeError("database went away")

    monkeypatch.setattr(exporting, "write_archive", trouble)
    found = []
    for _ in range(3):
        export_project(export.pk)
        found.append(Export.objects.get().state)
    assert found == ["queued", "queued", "failed"]
    assert Export.objects.get().reason == exporting.BROKE


def test_a_worker_that_was_thought_dead_does_not_overwrite_its_successor(owner, project, export, monkeypatch):
    write = exporting.write_archive

    def meanwhile_taken(*arguments, **options):
        Export.objects.filter(pk=export.pk).update(fencing_token=99)
        return write(*arguments, **options)

    monkeypatch.setattr(exporting, "write_archive", meanwhile_taken)
    export_project(export.pk)
    left = Export.objects.get()
    assert (left.state, left.sha256, left.fencing_token) == ("running", "", 99)


def test_no_scratch_file_stays_behind(export, tmp_path):
    export_project(export.pk)
    assert not list((tmp_path / "scratch").iterdir())


# -- It is forbidden to others ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "status"), [("colleague", 403), ("stranger", 404), ("admin", 201)])
def test_who_may_ask(as_user, project, sent, request, who, status):
    assert as_user(request.getfixturevalue(who)).post(exports_of(project)).status_code == status


@pytest.mark.parametrize(
    ("who", "status"), [("owner", 200), ("colleague", 403), ("stranger", 404), ("admin", 200), ("annotator", 403)]
)
def test_who_may_see_and_download(as_user: Callable[[User], Client], project, export, make_user, request, who, status):
    export_project(export.pk)
    user = make_user("annotator", Role.ANNOTATOR) if who == "annotator" else request.getfixturevalue(who)
    if who == "annotator":
        member(project, user)
    client = as_user(user)
    assert client.get(exports_of(project)).status_code == status
    assert client.get(f"/api/exports/{export.pk}/file").status_code == status


def test_the_signed_out_get_nothing(export):
    export_project(export.pk)
    assert Client().get(f"/api/exports/{export.pk}/file").status_code == 401


# -- Bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["0", "-1", "99999999999999999999", "x"])
def test_an_id_that_is_none(as_user, owner, project, number):
    assert as_user(owner).get(f"/api/exports/{number}/file").status_code in (404, 422)


def test_an_export_that_is_not_done_has_no_file(as_user, owner, export):
    answer = as_user(owner).get(f"/api/exports/{export.pk}/file")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


# -- Second call ------------------------------------------------------------------------------------------------------


def test_asking_again_while_one_waits_gives_the_same(as_user, owner, project, sent):
    first, second = (as_user(owner).post(exports_of(project)) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert Export.objects.count() == 1


def test_asking_again_once_the_first_is_being_written_makes_another(as_user, owner, project, export, sent):
    jobs.claim(Export.objects.all())
    assert as_user(owner).post(exports_of(project)).status_code == 201
    assert Export.objects.count() == 2


def test_a_doubled_message_changes_nothing(owner, project, export):
    export_project(export.pk)
    before = Export.objects.values().get()
    export_project(export.pk)
    assert Export.objects.values().get() == before
    assert states(project) == ["running", "done"]
