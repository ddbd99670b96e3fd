"""Sends the message that wakes a worker for a row, once the row is committed."""

from functools import partial
from typing import Any

from django.db import transaction


def wake(task: Any, pk: int) -> None:
    """Send `task(pk)` on commit. A broker that is away costs time, never the row: the reconciler sends it later."""
    transaction.on_commit(partial(task.delay, pk), robust=True)
