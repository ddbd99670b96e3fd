"""The socket of a project: it carries hints, nothing that a GET does not tell as well.

server → {"type": "hello", "sequence": N}, {"type": "hint", "sequence": N, "kind": …, "payload": {…}}
client → {"type": "ping"}    server → {"type": "pong"}
"""

import time
from importlib import import_module
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.urls import path

from annotator.accounts import hints
from annotator.accounts.models import User
from annotator.accounts.permissions import RULES, has_role, visible_projects

RECHECK_SECONDS = 15.0
NOT_ALLOWED = 4403


def may_listen(session_key: str | None, project_id: int, message: str) -> bool:
    """Whether the session still signs somebody in who may send or get `message` about the project."""
    rule = RULES.get(f"socket:{message}")
    if rule is None or session_key is None:
        return False
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = User.objects.filter(pk=session.get(SESSION_KEY) or 0, is_active=True).first()
    return user is not None and has_role(user, rule.at_least) and visible_projects(user).filter(pk=project_id).exists()


class ProjectHints(AsyncJsonWebsocketConsumer):
    """Rights are asked when it opens, with every message, and again before a hint when the last answer has aged."""

    checked_at = 0.0

    async def connect(self) -> None:
        self.project_id: int = self.scope["url_route"]["kwargs"]["project_id"]
        if not await self._allowed("project_hints"):
            await self.close()  # before it is accepted: the handshake is answered 403
            return
        await self.channel_layer.group_add(hints.group(self.project_id), self.channel_name)
        await self.accept()
        sequence = await database_sync_to_async(hints.latest_sequence)(self.project_id)
        await self.send_json({"type": "hello", "sequence": sequence})

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(hints.group(self.project_id), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        try:
            content = await self.decode_json(text_data or "")
            message = content["type"]
        except (ValueError, TypeError, KeyError):
            message = None
        if not isinstance(message, str) or f"socket:{message}" not in RULES:
            await self._error("unknown_message", "This server does not know that message. Reload the page.")
        elif not await self._allowed(message):
            await self.close(NOT_ALLOWED)
        elif message == "ping":
            await self.send_json({"type": "pong"})

    async def hint(self, event: dict[str, Any]) -> None:
        """From the channel layer, sent by `hints.send`."""
        if time.monotonic() - self.checked_at > RECHECK_SECONDS and not await self._allowed("project_hints"):
            await self.close(NOT_ALLOWED)
            return
        await self.send_json(event)

    async def _allowed(self, message: str) -> bool:
        self.checked_at = time.monotonic()
        session_key = self.scope["session"].session_key if "session" in self.scope else None
        return await database_sync_to_async(may_listen)(session_key, self.project_id, message)

    async def _error(self, code: str, message: str) -> None:
        await self.send_json({"type": "error", "error": {"code": code, "message": message}})


websocket_urlpatterns = [path("ws/projects/<int:project_id>/", ProjectHints.as_asgi())]
