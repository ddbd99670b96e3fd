"""A job row is done by exactly one worker at a time, and none is lost. Shown with exports, the simplest job."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from annotator.accounts.models import Project, User
from annotator.datasets.models import Export
from annotator.lib import jobs, reconciler
from annotator.lib.jobs import JobState, LostLease

MakeJob = Callable[[], Export]


@pytest.fixture
def make_job(project: Project, owner: User) -> MakeJob:
    return lambda: Export.objects.create(project=project, requested_by=owner)


def _silence(job: Export) -> None:
    """As if its worker had been killed a while ago."""
    Export.objects.filter(pk=job.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))


def _claimed() -> Export:
    job = jobs.claim(Export.objects.all())
    assert job is not None
    return job


def test_a_queued_job_is_claimed_and_finished(make_job: MakeJob) -> None:
    make_job()
    job = _claimed()
    assert (job.state, job.attempt, job.fencing_token) == (JobState.RUNNING, 1, 1)
    jobs.heartbeat(job, progress=0.5)
    job.refresh_from_db()
    assert job.progress == 0.5
    jobs.finish(job, bytes=7)
    assert (job.state, job.bytes, job.progress) == (JobState.DONE, 7, 1.0)
    assert jobs.claim(Export.objects.all()) is None


def test_a_heartbeat_may_tell_more(make_job: MakeJob) -> None:
    make_job()
    job = _claimed()
    jobs.heartbeat(job, images=3)
    job.refresh_from_db()
    assert job.images == 3


def test_a_job_that_is_handed_back_stands_last_with_all_its_attempts(make_job: MakeJob) -> None:
    first, second = make_job(), make_job()
    job = _claimed()
    jobs.hand_back(job)
    assert (job.pk, job.state, job.attempt) == (first.pk, JobState.QUEUED, 0)
    assert [_claimed().pk, _claimed().pk] == [second.pk, first.pk]
    with pytest.raises(LostLease):
        jobs.hand_back(job)


def test_a_cancelled_job_is_lost_to_its_worker(make_job: MakeJob) -> None:
    make_job()
    job = _claimed()
    assert jobs.cancel(Export.objects.get(), "Cancelled.", images=1)
    for write in (jobs.heartbeat, jobs.finish, jobs.hand_back):
        with pytest.raises(LostLease):
            write(job)
    job.refresh_from_db()
    assert (job.state, job.reason, job.images) == (JobState.FAILED, "Cancelled.", 1)
    assert not jobs.cancel(job, "Again.")


def test_the_oldest_is_claimed_first(make_job: MakeJob) -> None:
    first, second = make_job(), make_job()
    assert [_claimed().pk, _claimed().pk] == [first.pk, second.pk]


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_each_gets_another_job(make_job: MakeJob) -> None:
    expected = {make_job().pk for _ in range(6)}
    claimed: list[int] = []
    start = threading.Barrier(6)

    def work() -> None:
        try:
            start.wait()
            while job := jobs.claim(Export.objects.all()):
                claimed.append(job.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(expected)


def test_a_worker_thought_dead_changes_nothing(make_job: MakeJob) -> None:
    make_job()
    old = _claimed()
    _silence(old)
    new = _claimed()
    assert (new.pk, new.attempt) == (old.pk, 2)
    for late in (
        lambda: jobs.heartbeat(old),
        lambda: jobs.finish(old, bytes=1),
        lambda: jobs.fail(old, "late"),
    ):
        with pytest.raises(LostLease):
            late()
    jobs.finish(new, bytes=2)
    assert Export.objects.get().bytes == 2


def test_a_living_worker_keeps_its_job(make_job: MakeJob) -> None:
    make_job()
    _claimed()
    assert jobs.claim(Export.objects.all()) is None
    assert jobs.requeue_stalled(Export.objects.all()) == ([], [])


def test_a_silent_worker_is_followed_by_another_until_the_third(make_job: MakeJob) -> None:
    job = make_job()
    for attempt in (1, 2):
        _silence(_claimed())
        again, given_up = jobs.requeue_stalled(Export.objects.all())
        assert ([row.pk for row in again], given_up) == ([job.pk], [])
        assert again[0].attempt == attempt
    _silence(_claimed())
    again, given_up = jobs.requeue_stalled(Export.objects.all())
    assert (again, [row.pk for row in given_up]) == ([], [job.pk])
    job.refresh_from_db()
    assert (job.state, job.reason) == (JobState.FAILED, jobs.GAVE_UP)


def test_a_passing_trouble_is_tried_again_and_a_lasting_one_is_not(make_job: MakeJob) -> None:
    make_job()
    job = _claimed()
    jobs.fail(job, "The disk is full.", again=True)
    assert job.state == JobState.QUEUED
    job = _claimed()
    jobs.fail(job, "No masks.")
    assert (job.state, job.reason) == (JobState.FAILED, "No masks.")


def test_a_retry_gives_all_attempts_back_once(make_job: MakeJob) -> None:
    make_job()
    job = _claimed()
    jobs.fail(job, "No masks.")
    assert jobs.retry(job)
    assert (job.state, job.attempt, job.reason) == (JobState.QUEUED, 0, "")
    assert not jobs.retry(job)


@pytest.mark.django_db(transaction=True)
def test_a_heart_beats_while_the_work_computes(make_job: MakeJob, settings: Settings) -> None:
    settings.JOB_LEASE_SECONDS = 0.2
    make_job()
    job = _claimed()
    with jobs.beating(job):
        threading.Event().wait(0.6)
        assert jobs.claim(Export.objects.all()) is None
    threading.Event().wait(0.3)
    assert jobs.claim(Export.objects.all()) is not None


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    sent: list[int] = []
    monkeypatch.setattr(reconciler, "WATCHES", {})
    reconciler.watch(Export, queue="default", send=sent.append, gave_up=lambda job: sent.append(-job.pk))
    return sent


def test_a_forgotten_job_is_sent_again(make_job: MakeJob, sent: list[int]) -> None:
    job = make_job()
    assert reconciler.reconcile({"default"}, waited_seconds=60) == 0  # young: its message may still come
    assert reconciler.reconcile({"encode"}, waited_seconds=0) == 0  # not this worker's to take
    assert reconciler.reconcile({"default"}, waited_seconds=0) == 1
    assert sent == [job.pk]


def test_nothing_is_sent_twice_while_a_worker_is_busy(make_job: MakeJob, sent: list[int]) -> None:
    make_job()
    _claimed()
    make_job()
    assert reconciler.reconcile({"default"}, waited_seconds=0) == 0


def test_a_stalled_job_is_sent_again_and_the_third_time_people_are_told(make_job: MakeJob, sent: list[int]) -> None:
    job = make_job()
    for _ in range(3):
        _silence(_claimed())
        reconciler.reconcile({"default"}, waited_seconds=60)
    assert sent == [job.pk, job.pk, -job.pk]


def test_a_chore_that_breaks_keeps_none_of_the_others_from_being_done(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def breaks() -> None:
        raise RuntimeError("the database went away")

    monkeypatch.setattr(reconciler, "CHORES", [breaks])
    reconciler.chore(lambda: done.append("swept"))
    reconciler.do_chores()
    assert done == ["swept"]


def test_workers_know_the_chores_of_every_app() -> None:
    from annotator.accounts import hints, tasks  # noqa: F401
    from annotator.lib import storage
    from annotator.model_registry import tasks as models_tasks  # noqa: F401
    from annotator.model_registry import uploads

    assert {storage.sweep, hints.prune, uploads.sweep} <= set(reconciler.CHORES)
