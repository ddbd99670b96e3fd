"""Imports as jobs: asked for on the page, done by the worker, broken off, resumed, cancelled, refused, retried."""

import errno
import json
import pickle
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from annotator.accounts.models import User
from annotator.lib import jobs, storage
from annotator.lib.jobs import JobState
from annotator.model_registry import download, import_run, importing, registry, uploads
from annotator.model_registry.models import ImportStep, ModelImport, ModelState, ModelVersion, SourceKind
from annotator.model_registry.registry import ModelNotUsable
from annotator.model_registry.tasks import import_model
from sam_core.official import OfficialModel
from tests.annotator.making import make_model
from tests.annotator.model_registry.file_server import FileServer

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(400), pytest.mark.usefixtures("tiny_official")]
Ask = Callable[..., Any]


@pytest.fixture
def ask(as_user: Callable[[User], Client], admin: User, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """A request of the admin's page; gives the answer's JSON and checks its status."""
    monkeypatch.setattr(import_model, "delay", lambda pk: None)
    client = as_user(admin)

    def request(method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        data = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        answer = getattr(client, method.lower())(f"/api{path}", **data)
        assert answer.status_code == status, answer.content
        return answer.json() if answer.content else None

    return request


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Reading and exporting, which are tried elsewhere, take no time; gives the steps that were told."""
    steps: list[str] = []

    def import_checkpoint(path: Path, name: str | None, **how: Any) -> ModelVersion:
        assert path.is_file()
        for step in list(ImportStep)[1:]:
            how["told"](step)
            steps.append(step)
            how["waiting"]()
        model = make_model(f"{name or path.stem}-1", ModelState.CANDIDATE)
        how["also"](model)
        return model

    monkeypatch.setattr(importing, "import_checkpoint", import_checkpoint)
    return steps


@pytest.fixture
def busy_server(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> FileServer:
    """Read in small pieces, each a turn of the worker's."""
    monkeypatch.setattr(download, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(download, "CHUNK", 1 + len(server.data) // 10)
    monkeypatch.setattr(import_run, "TURN_SECONDS", -1.0)
    monkeypatch.setattr(import_run, "TELL_SECONDS", 0.0)
    return server


def begin(ask: Ask, server: FileServer, status: int = 201) -> ModelImport:
    told = ask("POST", "/model-imports/official", {"model": "tiny_vit", "url": server.address}, status=status)
    return ModelImport.objects.get(pk=told["id"])


def work(job: ModelImport, most: int = 50) -> ModelImport:
    """The worker, message after message, until the job ends."""
    for _ in range(most):
        import_model(job.pk)
        job.refresh_from_db()
        if job.state in (JobState.DONE, JobState.FAILED):
            return job
    raise AssertionError(f"{job.state} after {most} turns")


def send(ask: Ask, data: bytes, file_name: str = "mine.pth", *, status: int = 201, **more: Any) -> Any:
    upload_id = uuid.uuid4()
    uploads.append(upload_id, offset=0, total=len(data), data=data)
    body = {"upload_id": str(upload_id), "file_name": file_name, "bytes": len(data), **more}
    return ask("POST", "/model-imports/uploaded", body, status=status)


# -- It works ---------------------------------------------------------------------------------------------------------


def test_a_download_becomes_a_version_and_leaves_no_file(ask: Ask, server: FileServer, active: ModelVersion) -> None:
    job = work(begin(ask, server))
    assert (job.state, job.reason, job.progress) == (JobState.DONE, "", 1.0)
    model = job.model_version
    assert model is not None
    assert (model.name, model.state, model.source_kind) == ("tiny_vit", ModelState.CANDIDATE, SourceKind.OFFICIAL)
    assert (model.registered_by, registry.active_model()) == (job.requested_by, active)
    assert not any(download.folder().iterdir())
    (listed, _) = ask("GET", "/models")["versions"]
    assert (listed["version"], listed["published"], listed["registered_by"]) == (model.version, True, "admin")
    assert listed["source_sha256"] == ask("GET", "/models")["official"][0]["sha256"]
    ask("POST", f"/model-versions/{model.pk}/activate", status=204)
    assert registry.active_model() == model


def test_an_uploaded_file_becomes_a_version_under_its_name(
    ask: Ask, files: dict[str, Path], admin: User, quick: list[str]
) -> None:
    told = send(ask, files["tiny_vit"].read_bytes(), name="street-scenes")
    assert (told["state"], told["step"], told["requested_by"]) == ("queued", "", "admin")
    job = work(ModelImport.objects.get())
    assert quick == ["checking", "reading", "exporting", "verifying", "registering"]
    assert (job.state, str(job.model_version)) == (JobState.DONE, "street-scenes-1")
    assert not any(uploads.folder().iterdir())


def test_the_worker_is_woken_once_the_row_is_there(
    ask: Ask, server: FileServer, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    ids: list[int] = []
    monkeypatch.setattr(import_model, "delay", ids.append)
    with django_capture_on_commit_callbacks(execute=True):
        job = begin(ask, server)
        assert ids == []
    assert ids == [job.pk]


def test_a_download_takes_turns_with_other_work_and_tells_how_far_it_is(
    ask: Ask, busy_server: FileServer, quick: list[str]
) -> None:
    job = begin(ask, busy_server)
    import_model(job.pk)
    job.refresh_from_db()
    assert (job.state, job.step, job.attempt) == (JobState.QUEUED, ImportStep.FETCHING, 0)
    assert 0 < job.bytes_done < len(busy_server.data) == job.bytes_total
    (told,) = ask("GET", "/models")["imports"]
    assert (told["bytes_done"], told["step"]) == (job.bytes_done, "fetching")
    assert told["bytes_per_second"] > 0
    job = work(job)
    assert job.state == JobState.DONE
    starts = [int(asked.removeprefix("bytes=").rstrip("-") or 0) for asked in busy_server.asked]
    assert starts == sorted(set(starts)), "every turn went on where the one before stopped"
    assert len(starts) > 3


# -- It breaks, and goes on -------------------------------------------------------------------------------------------


def test_a_server_without_ranges_gets_one_long_turn_after_the_first(
    ask: Ask, busy_server: FileServer, quick: list[str]
) -> None:
    busy_server.knows_ranges = False
    assert work(begin(ask, busy_server), most=3).state == JobState.DONE


def test_what_came_before_a_failure_is_kept_and_a_retry_goes_on(
    ask: Ask, busy_server: FileServer, quick: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "TRIES", 1)
    busy_server.breaks_after = len(busy_server.data) // 3
    job = begin(ask, busy_server)
    import_model(job.pk)
    import_model(job.pk)
    busy_server.answers = [503] * 5
    job = work(job)
    assert (job.state, "answers 503" in job.reason) == (JobState.FAILED, True)
    there = (download.folder() / "tiny_vit.pth.part").stat().st_size
    busy_server.answers, busy_server.breaks = [], 0
    assert ask("POST", f"/model-imports/{job.pk}/retry")["state"] == "queued"
    busy_server.asked.clear()
    assert work(job).state == JobState.DONE
    assert busy_server.asked[0] == f"bytes={there}-"


def test_a_silent_worker_s_import_goes_to_the_next_one(ask: Ask, busy_server: FileServer, quick: list[str]) -> None:
    job = begin(ask, busy_server)
    dead = jobs.claim(ModelImport.objects.all(), worker_lease_seconds=-1)
    assert dead is not None
    assert work(job).state == JobState.DONE
    with pytest.raises(jobs.LostLease):
        jobs.heartbeat(dead, step=ImportStep.FETCHING)


def test_while_another_process_downloads_the_file_it_waits(ask: Ask, server: FileServer, quick: list[str]) -> None:
    job = begin(ask, server)
    download.folder().mkdir()
    with download._alone(download.folder() / "tiny_vit.pth.part"):
        import_model(job.pk)
    job.refresh_from_db()
    assert (job.state, "Another process" in job.reason) == (JobState.QUEUED, True)
    assert work(job).state == JobState.DONE


def test_a_full_disk_is_said_in_words(ask: Ask, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any, **how: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(importing, "import_checkpoint", full)
    send(ask, b"anything")
    job = work(ModelImport.objects.get(), most=1)
    assert job.reason == import_run.NO_SPACE
    assert uploads.received(uuid.UUID(job.source)), "a retry needs it"


def test_passing_trouble_is_tried_three_times(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def trouble(*args: Any, **how: Any) -> None:
        raise RuntimeError("the database went away")

    monkeypatch.setattr(importing, "import_checkpoint", trouble)
    send(ask, b"anything")
    job = work(ModelImport.objects.get(), most=3)
    assert (job.attempt, job.reason.split(".")[0]) == (3, "The import broke (RuntimeError)")


# -- It is refused ----------------------------------------------------------------------------------------------------


class RunsCode:
    def __reduce__(self) -> Any:
        return exec, ("raise SystemExit('it ran')",)


def test_a_hostile_file_gets_the_command_s_refusal_and_the_active_model_serves_on(
    ask: Ask, active: ModelVersion
) -> None:
    send(ask, pickle.dumps(RunsCode(), protocol=2), "hostile.pth")
    job = work(ModelImport.objects.get(), most=1)
    expected = "hostile.pth was not registered: it holds objects or code besides tensors, which are never loaded."
    assert (job.state, job.reason.startswith(expected)) == (JobState.FAILED, True)
    assert list(ModelVersion.objects.all()) == [active] == [registry.active_model()]
    scratch = storage.path("0" * 64).parents[2] / "scratch"
    assert not any(scratch.iterdir())
    assert ask("GET", "/models")["imports"][0]["reason"] == job.reason


def test_wrong_bytes_are_removed_and_nothing_is_registered(ask: Ask, server: FileServer, active: ModelVersion) -> None:
    server.data = server.data[:-1] + bytes([server.data[-1] ^ 1])
    job = work(begin(ask, server), most=1)
    assert (job.state, "wrong bytes, and they were removed" in job.reason) == (JobState.FAILED, True)
    assert list(ModelVersion.objects.all()) == [active]
    assert not any(download.folder().iterdir())


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"model": "tiny_vit", "url": "file:///etc/passwd"}, "url"),
        ({"model": "vit_x"}, None),
        ({"model": "tiny_vit", "extra": 1}, "extra"),
        ({}, "model"),
    ],
)
def test_a_download_of_nonsense_is_refused(ask: Ask, body: dict[str, Any], field: str | None) -> None:
    error = ask("POST", "/model-imports/official", body, status=422)["error"]
    assert field is None or field in error["fields"]
    assert not ModelImport.objects.exists()


@pytest.mark.parametrize("name", ["a b", "../x", "-x"])
def test_a_name_that_cannot_be_an_address_is_refused_at_once(ask: Ask, name: str) -> None:
    error = send(ask, b"anything", status=422, name=name)["error"]
    assert "no name for a model" in error["fields"]["name"]


def test_without_room_on_the_disk_nothing_begins(ask: Ask, server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "free_bytes", lambda: 3 * len(server.data) - 1)
    error = ask("POST", "/model-imports/official", {"model": "tiny_vit"}, status=507)["error"]
    assert (error["code"], "Make room" in error["message"]) == ("disk_full", True)
    assert not ModelImport.objects.exists()


# -- It is cancelled, removed -----------------------------------------------------------------------------------------


def test_a_cancelled_download_stops_and_a_retry_goes_on(ask: Ask, busy_server: FileServer, quick: list[str]) -> None:
    job = begin(ask, busy_server)
    import_model(job.pk)
    told = ask("POST", f"/model-imports/{job.pk}/cancel")
    assert (told["state"], told["cancelled"], told["reason"]) == ("failed", True, "Cancelled by admin.")
    import_model(job.pk)
    job.refresh_from_db()
    assert (job.state, len(busy_server.asked)) == (JobState.FAILED, 1)
    ask("POST", f"/model-imports/{job.pk}/retry")
    job = work(job)
    assert (job.state, job.cancelled) == (JobState.DONE, False)
    assert "" not in busy_server.asked[1:]


@pytest.mark.parametrize("step", list(ImportStep)[1:])
def test_cancelled_at_any_step_nothing_is_registered(
    step: ImportStep, ask: Ask, files: dict[str, Path], quick: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    send(ask, b"anything")
    job = ModelImport.objects.get()
    real = import_run._tell_step

    def cancelled(running: ModelImport, now: ImportStep) -> None:
        real(running, now)
        if now == step:
            ask("POST", f"/model-imports/{job.pk}/cancel")

    monkeypatch.setattr(import_run, "_tell_step", cancelled)
    import_model(job.pk)
    job.refresh_from_db()
    assert (job.state, job.cancelled, quick[-1:]) == (JobState.FAILED, True, [step])
    assert not ModelVersion.objects.exists()


def test_cancelled_at_the_very_end_the_registration_is_taken_back(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, files: dict[str, Path]
) -> None:
    data = files["tiny_vit"].read_bytes()
    send(ask, data)
    job = ModelImport.objects.get()
    real = jobs.finish

    def late(running: Any, **values: Any) -> None:
        ask("POST", f"/model-imports/{job.pk}/cancel")
        real(running, **values)

    monkeypatch.setattr(jobs, "finish", late)
    import_model(job.pk)
    # The cancelling request was in the same transaction here, and went with it; what counts is the version.
    assert not ModelVersion.objects.exists()


def test_an_ended_import_is_removed_with_what_it_left(ask: Ask, busy_server: FileServer, quick: list[str]) -> None:
    job = begin(ask, busy_server)
    import_model(job.pk)
    assert ask("DELETE", f"/model-imports/{job.pk}", status=409)["error"]["code"] == "under_way"
    ask("POST", f"/model-imports/{job.pk}/cancel")
    ask("DELETE", f"/model-imports/{job.pk}", status=204)
    assert not any(download.folder().iterdir())
    send(ask, b"anything")
    job = ModelImport.objects.get()
    ask("POST", f"/model-imports/{job.pk}/cancel")
    ask("DELETE", f"/model-imports/{job.pk}", status=204)
    assert not any(uploads.folder().iterdir())
    ask("DELETE", f"/model-imports/{job.pk}", status=404)


def test_an_uploaded_file_that_is_gone_has_to_be_sent_again(ask: Ask) -> None:
    send(ask, b"anything")
    job = ModelImport.objects.get()
    uploads.remove(uuid.UUID(job.source))
    assert "Send it again" in work(job, most=1).reason
    assert ask("POST", f"/model-imports/{job.pk}/retry", status=409)["error"]["code"] == "upload_gone"


# -- Second call ------------------------------------------------------------------------------------------------------


def test_a_second_press_finds_the_first_one_s_import(ask: Ask, server: FileServer) -> None:
    first = begin(ask, server)
    assert begin(ask, server, status=200) == first
    jobs.claim(ModelImport.objects.all())
    assert begin(ask, server, status=200) == first
    assert ModelImport.objects.count() == 1


def test_two_presses_at_once_make_one_import(
    ask: Ask, server: FileServer, admin: User, tiny_official: dict[str, OfficialModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    from annotator.model_registry import import_queue

    first = begin(ask, server)
    # As if both had looked before either wrote: the row itself keeps the second out.
    values = {"kind": "official", "file_name": "tiny_vit.pth"}
    assert import_queue._begin(None, "tiny_vit", admin, values) == (first, False)


def test_pressing_again_after_a_failure_takes_the_same_row(ask: Ask, server: FileServer, quick: list[str]) -> None:
    server.answers = [404]
    failed = work(begin(ask, server))
    assert failed.state == JobState.FAILED
    again = begin(ask, server)
    assert (again.pk, again.state, again.reason) == (failed.pk, JobState.QUEUED, "")
    assert work(again).state == JobState.DONE


def test_the_same_upload_twice_is_one_import(ask: Ask, quick: list[str]) -> None:
    data = b"anything"
    told = send(ask, data)
    body = {"upload_id": told["source"], "file_name": "mine.pth", "bytes": len(data)}
    assert ask("POST", "/model-imports/uploaded", body)["id"] == told["id"]
    work(ModelImport.objects.get())
    assert ask("POST", "/model-imports/uploaded", body)["state"] == "done"
    assert ModelImport.objects.count() == 1


def test_retrying_or_cancelling_what_has_ended_changes_nothing(ask: Ask, quick: list[str]) -> None:
    send(ask, b"anything")
    job = work(ModelImport.objects.get())
    for act in ("retry", "cancel", "cancel"):
        assert ask("POST", f"/model-imports/{job.pk}/{act}")["state"] == "done"
    import_model(job.pk)
    assert ModelVersion.objects.count() == 1


def test_an_unknown_official_model_in_an_old_row_fails_in_words(admin: User) -> None:
    ModelImport.objects.create(kind="official", source="vit_x", file_name="x.pth", requested_by=admin)
    job = work(ModelImport.objects.get(), most=1)
    assert "no official model" in job.reason


def test_what_is_no_error_of_ours_tells_nothing_of_its_inside() -> None:
    reason, again = import_run.reason_of(RuntimeError("password=hunter2"))
    assert ("hunter2" in reason, again) == (False, True)
    assert import_run.reason_of(ModelNotUsable("It is damaged.")) == ("It is damaged.", False)
