"""Who writes to SQLite waits in a queue that is fair, ends with its process, and is told from a crash."""

import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.test import Client

from annotator.accounts.models import Project, User
from annotator.annotation import assignment
from annotator.lib.queued_sqlite3.queue import Line, WriteQueue, queue_of
from tests.annotator.making import make_image, make_model

HOLD = """
import sys
from annotator.lib.queued_sqlite3.queue import WriteQueue
queue = WriteQueue(sys.argv[1])
print(queue.acquire(10), flush=True)
sys.stdin.read()
queue.release()
print(queue.acquire(10), flush=True)
"""
sqlite_only = pytest.mark.skipif("connection.vendor != 'sqlite'")


def soon(seconds: float = 30) -> float:
    return time.monotonic() + seconds


def test_who_waits_longest_is_next():
    line, order = Line(), list[int]()
    assert line.acquire(soon())

    def wait(number: int) -> None:
        assert line.acquire(soon())
        order.append(number)
        line.release()

    threads = [threading.Thread(target=wait, args=[number]) for number in range(20)]
    for number, thread in enumerate(threads, 1):
        thread.start()
        while len(line._waiting) < number:
            time.sleep(0.001)
    line.release()
    for thread in threads:
        thread.join(30)
    assert order == list(range(20))
    assert line.acquire(soon(0))


def test_who_gave_up_is_not_waited_for():
    line = Line()
    assert line.acquire(soon())
    assert not line.acquire(soon(0.01))
    line.release()
    assert line.acquire(soon(0))


def test_another_process_is_waited_for_until_it_dies(tmp_path: Path):
    path = tmp_path / "database-queue"
    other = subprocess.Popen([sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdout.readline() == b"True\n"
    queue = WriteQueue(str(path))
    assert not queue.acquire(0.05)
    assert not queue.acquire(0.05), "whose turn it was in the process kept it, though the other process was not done"
    other.kill()
    other.communicate()
    assert queue.acquire(30)


def test_a_process_that_has_just_written_is_not_next_when_another_waits(tmp_path: Path):
    path = tmp_path / "database-queue"
    other = subprocess.Popen([sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdin is not None
    assert other.stdout.readline() == b"True\n"
    queue = WriteQueue(str(path))
    got = threading.Event()

    def wait() -> None:
        assert queue.acquire(30)
        got.set()

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.1)  # until it stands in the queue
    other.stdin.close()  # it writes no more, and wants to again at once
    assert got.wait(30)
    queue.release()
    assert other.stdout.readline() == b"True\n"
    thread.join()
    other.wait(30)
    other.stdout.close()


@sqlite_only
@pytest.mark.django_db(transaction=True)
def test_a_save_that_waits_in_vain_is_asked_to_come_again(
    as_user, colleague: User, project: Project, monkeypatch: pytest.MonkeyPatch
):
    make_image(project, make_model())
    client: Client = as_user(colleague)
    client.raise_request_exception = False
    queue = queue_of(str(connection.settings_dict["NAME"]))
    connection.ensure_connection()
    monkeypatch.setattr(connections["default"], "_queue_seconds", 0.05)
    address = f"/api/projects/{project.pk}/sessions"
    assert queue.acquire(30)
    try:
        answer = client.post(address, {}, content_type="application/json")
        page = client.post("/sign-in/", {"username": "colleague", "password": "pass of colleague"})
    finally:
        queue.release()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.json()["error"]["code"] == "busy"
    assert page.status_code == 503
    assert "Wait a few seconds" in page.content.decode()
    assert client.post(address, {}, content_type="application/json").json()["session"]["image"]


@sqlite_only
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("end", ["commit", "rollback", "a lost connection", "one statement", "many rows"])
def test_a_turn_ends_with_what_it_was_for(owner: User, end: str):
    queue = queue_of(str(connection.settings_dict["NAME"]))
    if end == "one statement":
        User.objects.filter(pk=owner.pk).update(first_name="Ann")
    elif end == "many rows":
        with connection.cursor() as cursor:
            cursor.executemany("UPDATE accounts_user SET first_name = %s WHERE id = %s", [("A", owner.pk), ("B", 0)])
    else:
        with pytest.raises(RuntimeError) if end != "commit" else transaction.atomic(), transaction.atomic():
            assert not queue.acquire(0.01), "it was not our turn in the transaction"
            if end == "a lost connection":
                connection.close()
            if end != "commit":
                raise RuntimeError
    assert queue.acquire(0)
    queue.release()


@sqlite_only
@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_cannot_begin_lets_the_next_one_in(owner: User, project: Project):
    """A program that does not know the queue has the database."""
    connection.ensure_connection()
    connection.connection.execute("PRAGMA busy_timeout = 1")
    stranger = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="database is locked"):
        assignment.ask(annotator=owner, project=project)
    stranger.execute("ROLLBACK")
    stranger.close()
    assert assignment.ask(annotator=owner, project=project).reason == "no_images"
