"""The socket of a project: it carries hints, nothing that a GET does not tell as well."""

from typing import Any

websocket_urlpatterns: list[Any] = []
