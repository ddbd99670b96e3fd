"""Hints: "something changed, look again". Append-only rows; sockets pass them on, GET tells the same.

Embedded, the web process reads new rows from the database itself (hint_relay.py), since a worker is another process;
with Redis, whoever publishes also sends.
"""

import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from annotator.accounts.models import Hint

logger = logging.getLogger(__name__)
KINDS = {"image_added", "embedding_state", "mask_saved", "export_state"}
MOST_AT_ONCE = 500


def publish(project_id: int, kind: str, **payload: Any) -> Hint:
    """Tell the project's open pages, once the surrounding transaction has committed. Call it last in a transaction."""
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is not a kind of hint")
    with transaction.atomic():
        if connection.vendor == "postgresql":
            # Numbers are given before the commit. Without this a page could see hint 8, ask for what came after it,
            # and never hear of hint 7, which was committed later.
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [0x48494E54, project_id % 2**31])
        hint = Hint.objects.create(project_id=project_id, kind=kind, payload=payload)
        if not settings.EMBEDDED_HINTS:
            # robust: a page that learns it a minute later is no reason to fail what was saved
            transaction.on_commit(lambda: async_to_sync(send)(hint), robust=True)
    return hint


async def send(hint: Hint) -> None:
    """Pass a committed hint to the sockets of its project."""
    layer = get_channel_layer()
    assert layer is not None
    await layer.group_send(group(hint.project_id), {"type": "hint", **as_message(hint)})


def group(project_id: int) -> str:
    return f"project-{project_id}"


def as_message(hint: Hint) -> dict[str, Any]:
    return {"sequence": hint.pk, "kind": hint.kind, "payload": hint.payload}


def latest_sequence(project_id: int | None = None) -> int:
    """The number of the newest hint, of one project or of all; 0 when there is none."""
    rows = Hint.objects.all() if project_id is None else Hint.objects.filter(project_id=project_id)
    return rows.aggregate(latest=Max("pk"))["latest"] or 0


def after(sequence: int, project_id: int | None = None) -> list[Hint]:
    """Hints newer than `sequence`, oldest first, at most MOST_AT_ONCE."""
    rows = Hint.objects.filter(pk__gt=sequence)
    if project_id is not None:
        rows = rows.filter(project_id=project_id)
    return list(rows.order_by("pk")[:MOST_AT_ONCE])
