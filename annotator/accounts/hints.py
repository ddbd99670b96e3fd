"""Hints: "something changed, look again". Append-only rows; sockets pass them on, GET tells the same."""

from typing import Any

from annotator.accounts.models import Hint

KINDS = {"image_added", "embedding_state", "mask_saved", "export_state"}


def publish(project_id: int, kind: str, **payload: Any) -> Hint:
    """Tell the project's open pages, once the surrounding transaction has committed."""
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is not a kind of hint")
    return Hint.objects.create(project_id=project_id, kind=kind, payload=payload)
