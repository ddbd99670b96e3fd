"""A websocket's client inside the test (the one of channels.testing wants Daphne)."""

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator
from django.test import Client

from annotator.asgi import application


class Socket(ApplicationCommunicator):
    def __init__(self, client: Client, path: str, origin: str = "http://localhost") -> None:
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
        headers = [(b"cookie", cookie.encode()), (b"origin", origin.encode()), (b"host", b"localhost")]
        scope = {"type": "websocket", "path": path, "query_string": b"", "headers": headers, "subprotocols": []}
        super().__init__(application, scope)

    async def connect(self) -> bool:
        """Whether the handshake was accepted."""
        await self.send_input({"type": "websocket.connect"})
        return (await self.receive_output(3))["type"] == "websocket.accept"

    async def send_text(self, text: str) -> None:
        await self.send_input({"type": "websocket.receive", "text": text})

    async def receive_json(self) -> Any:
        message = await self.receive_output(3)
        assert message["type"] == "websocket.send", message
        return json.loads(message["text"])

    async def receive_close(self) -> int:
        message = await self.receive_output(3)
        assert message["type"] == "websocket.close", message
        return message["code"]

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(3)
