"""Hints: "something changed, look again". Append-only rows; sockets pass them on, GET tells the same.

Embedded, the web process reads new rows from the database itself (hint_relay.py), since a worker is another process;
with Redis, whoever publishes also sends.
"""

import logging
from datetime import timedelta
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone

from annotator.accounts.models import Hint

logger = logging.getLogger(__name__)
KINDS = {"image_added", "embedding_state", "crop_state", "mask_saved", "export_state"}
MOST_AT_ONCE = 500
PRUNED_AT_ONCE = 5000


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


def prune() -> int:
    """Remove hints that no page can ask for any more; returns how many.

    A page that slept for as long as a sign-in lasts has to sign in anew. The newest hint of a project stays, so that
    its numbers never go back.
    """
    before = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    newer = Hint.objects.filter(project=OuterRef("project"), pk__gt=OuterRef("pk"))
    pruned = 0
    while True:
        # In pieces: one statement over a million rows would keep everybody else from writing.
        old = Hint.objects.filter(Exists(newer), created_at__lt=before).order_by("pk").values_list("pk", flat=True)
        deleted, _ = Hint.objects.filter(pk__in=list(old[:PRUNED_AT_ONCE])).delete()
        pruned += deleted
        if deleted < PRUNED_AT_ONCE:
            return pruned
