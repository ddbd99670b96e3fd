"""Scripted work against the active time that is counted of it: `python -m benchmarks.timing [--json]`.

The scenarios lie in tests/contract/timing.json; the browser's rule and the server's are both tested against them. This
prints what the server's formula makes of each.
"""

from __future__ import annotations

import argparse
import json
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.settings")
django.setup()

from annotator.annotation.events import activity  # noqa: E402
from annotator.annotation.timing import active_time  # noqa: E402
from tests.contract.timing_scenarios import SCENARIOS, requests  # noqa: E402


def rows() -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for scenario in SCENARIOS:
        events = {event["id"]: event for request in requests(scenario, 1) for event in request}
        activities = [activity(event["page_id"], event["data"]) for event in events.values()]
        time = active_time(activities, wall_ms=round(1000 * scenario["wall_s"]))
        counted, truth = time.active_ms / 1000, scenario["truth_s"]
        found.append(
            {
                "scenario": scenario["name"],
                "truth_s": truth,
                "counted_s": counted,
                "error_s": round(counted - truth, 3),
                "claimed_s": time.claimed_ms / 1000,
                "flagged": time.clamped,
                "refused_intervals": time.refused,
            }
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.timing", description=__doc__)
    parser.add_argument("--json", action="store_true")
    found = rows()
    if parser.parse_args().json:
        print(json.dumps({"rows": found}))
        return
    print(f"{'scenario':62} {'truth s':>9} {'counted s':>10} {'error s':>8} {'claimed s':>10} {'refused':>8}")
    for row in found:
        flag = "  flagged" if row["flagged"] else ""
        print(
            f"{row['scenario']:62} {row['truth_s']:9} {row['counted_s']:10} {row['error_s']:8} {row['claimed_s']:10} "
            f"{row['refused_intervals']:8}{flag}"
        )


if __name__ == "__main__":
    main()
