"""What stands around Django in a web process: the limit of bodies, and what runs from start to stop."""

import asyncio
import json
from typing import Any

from asgiref.testing import ApplicationCommunicator

from annotator.asgi import limit_of
from annotator.lib.body_limit import BodyLimit
from annotator.lib.lifespan import Lifespan


async def _echo(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Reads the whole body, then tells its length."""
    length, more = 0, True
    while more:
        message = await receive()
        length += len(message["body"])
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(length).encode()})


async def _ask(*pieces: bytes, length: int | None = None) -> tuple[int, bytes]:
    headers = [] if length is None else [(b"content-length", str(length).encode())]
    scope = {"type": "http", "path": "/", "headers": headers}
    server = ApplicationCommunicator(BodyLimit(_echo, lambda path: 10), scope)
    for number, piece in enumerate(pieces, 1):
        await server.send_input({"type": "http.request", "body": piece, "more_body": number < len(pieces)})
    start, body = await server.receive_output(2), await server.receive_output(2)
    return start["status"], body["body"]


async def test_a_body_within_the_limit_passes() -> None:
    assert await _ask(b"12345", b"67890", length=10) == (200, b"10")


async def test_a_body_that_announces_too_much_is_not_read() -> None:
    status, body = await _ask(length=11)
    assert (status, json.loads(body)["error"]["code"]) == (413, "too_large")


async def test_a_body_that_announces_nothing_is_counted() -> None:
    status, body = await _ask(b"12345", b"67890", b"1")
    assert (status, json.loads(body)["error"]["code"]) == (413, "too_large")


def test_only_uploads_may_be_large() -> None:
    assert limit_of("/api/projects/7/images") > 100 * 1024**2
    assert limit_of("/api/events") < 100 * 1024**2


async def test_what_runs_beside_starts_and_stops_with_the_process() -> None:
    beats: list[str] = []

    async def beat() -> None:
        try:
            while True:
                beats.append("beat")
                await asyncio.sleep(0.01)
        finally:
            beats.append("stopped")

    async def broken() -> None:
        raise RuntimeError("must not keep the others from stopping")

    process = ApplicationCommunicator(Lifespan([beat, broken]), {"type": "lifespan"})
    await process.send_input({"type": "lifespan.startup"})
    assert await process.receive_output(2) == {"type": "lifespan.startup.complete"}
    await asyncio.sleep(0.05)
    await process.send_input({"type": "lifespan.shutdown"})
    assert await process.receive_output(2) == {"type": "lifespan.shutdown.complete"}
    assert beats[0] == "beat"
    assert beats[-1] == "stopped"
