"""The folder broker never hands out half a message, nor one message twice."""

import threading
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection, Queue

from annotator.lib import message_folder


@pytest.fixture
def connection(tmp_path: Path) -> Any:
    message_folder.register()
    options = {"folder": str(tmp_path / "messages"), "polling_interval": 0.01}
    with Connection("messagefolder://", transport_options=options) as connection:
        yield connection


def _drain(connection: Any, queue: str = "encode") -> list[Any]:
    channel = connection.channel()
    received = []
    while message := Queue(queue, channel=channel).get(no_ack=True):
        received.append(message.payload)
    return received


def _send(connection: Any, *payloads: Any, queue: str = "encode") -> None:
    producer = connection.Producer()
    for payload in payloads:
        producer.publish(payload, routing_key=queue, declare=[Queue(queue, routing_key=queue)])


def test_messages_come_out_as_they_went_in(connection: Any) -> None:
    _send(connection, {"id": 1}, {"id": 2})
    _send(connection, {"id": 3}, queue="default")
    assert _drain(connection) == [{"id": 1}, {"id": 2}]
    assert _drain(connection, "default") == [{"id": 3}]
    assert _drain(connection) == []


def test_a_message_still_being_written_is_not_taken(connection: Any, tmp_path: Path) -> None:
    _send(connection, {"id": 1})
    (whole,) = (tmp_path / "messages" / "encode").iterdir()
    whole.with_name(f".{whole.name}x").write_text(whole.read_text()[:20])
    assert _drain(connection) == [{"id": 1}]


def test_nothing_is_left_in_the_folder(connection: Any, tmp_path: Path) -> None:
    _send(connection, {"id": 1}, {"id": 2})
    _drain(connection)
    assert list((tmp_path / "messages" / "encode").iterdir()) == []


def test_of_two_readers_each_message_goes_to_one(connection: Any, tmp_path: Path) -> None:
    expected = [{"id": number} for number in range(200)]
    received: list[Any] = []
    options = {"folder": str(tmp_path / "messages")}

    def read() -> None:
        with Connection("messagefolder://", transport_options=options) as own:
            for _ in range(20):
                received.extend(_drain(own))

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    _send(connection, *expected)
    for thread in threads:
        thread.join()
    received.extend(_drain(connection))
    assert sorted(received, key=lambda payload: payload["id"]) == expected


def test_a_queue_name_is_no_path(connection: Any) -> None:
    channel = connection.channel()
    for name in ("../outside", "", ".hidden"):
        with pytest.raises(ValueError, match="no name for a queue"):
            channel._size(name)


def test_the_size_and_purge_count_whole_messages(connection: Any) -> None:
    _send(connection, {"id": 1}, {"id": 2})
    channel = connection.channel()
    assert channel._size("encode") == 2
    assert channel._purge("encode") == 2
    assert channel._size("encode") == 0
