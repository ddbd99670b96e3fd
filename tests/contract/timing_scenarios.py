"""The scripted work of timing.json, as the requests in which its events reach the server."""

from __future__ import annotations

import json
import random
import uuid
from pathlib import Path
from typing import Any

SCENARIOS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("timing.json").read_text())["scenarios"]
# What the total may be off: a second per image, or a hundredth of it.
ALLOWED_S, ALLOWED_SHARE = 1.0, 0.01


def allowed_error_s(scenario: dict[str, Any]) -> float:
    return max(ALLOWED_S, ALLOWED_SHARE * scenario["truth_s"])


def requests(scenario: dict[str, Any], session_id: int) -> list[list[dict[str, Any]]]:
    """Lists of events, in the order in which they arrive: doubled, shuffled, renamed, forged as the scenario says."""
    delivery = scenario["delivery"]
    rng = random.Random(scenario["name"])
    events = [
        _event(session_id, page_id, sequence, interval)
        for page in scenario["pages"]
        for page_id in [_uuid(rng)]
        for sequence, interval in enumerate([*page["intervals"], *delivery.get("forged", [])])
    ]
    for event in events:
        event["id"] = _uuid(rng)
    if delivery.get("renamed"):
        events += [event | {"id": _uuid(rng)} for event in events]
    if delivery.get("doubled"):
        events += events
    if delivery.get("shuffled"):
        rng.shuffle(events)
    count = delivery.get("requests", 1)
    return [events[start::count] for start in range(count)]


def _event(session_id: int, page_id: str, sequence: int, interval: list[Any]) -> dict[str, Any]:
    return {
        "session_id": session_id,
        "page_id": page_id,
        "sequence": sequence,
        "kind": "activity",
        "monotonic_ms": float(sequence),
        "mask_id": None,
        "data": {"from_ms": interval[0], "to_ms": interval[1]},
    }


def _uuid(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))
