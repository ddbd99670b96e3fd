"""Refuses a request's body while it comes in, before Django writes all of it to the disk."""

from collections.abc import Callable, Iterable
from typing import Any

from annotator.lib.errors import TooLarge, error_response

Application = Callable[[dict[str, Any], Any, Any], Any]


class _TooMuch(Exception):
    pass


class BodyLimit:
    """An ASGI application around `application`. `limit_of` gives the bytes that a path may receive."""

    def __init__(self, application: Application, limit_of: Callable[[str], int]) -> None:
        self.application, self.limit_of = application, limit_of

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        limit = self.limit_of(scope["path"])
        if _announced(scope["headers"]) > limit:
            await _refuse(send)
            return
        received = 0
        answering = False

        async def counted_receive() -> dict[str, Any]:
            nonlocal received
            message: dict[str, Any] = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise _TooMuch
            return message

        async def watched_send(message: dict[str, Any]) -> None:
            nonlocal answering
            answering = True
            await send(message)

        try:
            await self.application(scope, counted_receive, watched_send)
        except _TooMuch:
            if not answering:
                await _refuse(send)


def _announced(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """Content-Length, or 0 when there is none: then only counting tells."""
    value = next((value for name, value in headers if name == b"content-length"), b"0")
    return int(value) if value.isdigit() else 0


async def _refuse(send: Any) -> None:
    answer = error_response(TooLarge())
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": answer.content})
