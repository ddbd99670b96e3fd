"""Is one model better than another, or is it chance? `python -m sam_core.evaluation.compare BEFORE.jsonl AFTER.jsonl`

Both files come from `python -m sam_core.evaluation --regions FILE` on the same data with the same seed: each region is
compared with itself. The interval is a bootstrap over photos, as regions of one photo go up and down together.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sam_core.evaluation.protocol import LOST, REPORTED

DRAWS = 2000
INTERVAL = (0.025, 0.975)

Figures = dict[str, NDArray[np.float64]]
"""By name, one value per region [R]."""


def read(path: Path) -> tuple[NDArray[np.int64], Figures]:
    """Photo numbers [R] and figures of a file of regions. Raises OSError, or ValueError if it is none or empty."""
    stories = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    if not stories:
        raise ValueError(f"{path} has no regions")
    try:
        ious = np.array([story["ious"] for story in stories], float)
        first = np.array([story["tokens_at_1"] for story in stories], float)
        figures = {f"@{n}": ious[:, n - 1] for n in REPORTED}
        figures["best of 3 at 1"] = first.max(1)
        figures["box"] = np.array([story["box"] for story in stories], float)
        figures["clicks that lose"] = (np.diff(ious, axis=1) < -LOST).mean(1)
        return np.array([story["photo"] for story in stories]), figures
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(f"{path} is not a file of regions, as --regions writes it: {error!r}") from error


def interval(photos: NDArray[np.int64], differences: NDArray[np.float64], seed: int = 0) -> tuple[float, float]:
    """95 % of the bootstrap's means of `differences` [R], when whole photos [R] are drawn with replacement."""
    _, number = np.unique(photos, return_inverse=True)
    sums, counts = np.bincount(number, differences), np.bincount(number)
    drawn = np.random.default_rng(seed).integers(len(counts), size=(DRAWS, len(counts)))
    means = sums[drawn].sum(1) / counts[drawn].sum(1)
    low, high = np.quantile(means, INTERVAL)
    return float(low), float(high)


def compare(before: Path, after: Path) -> dict[str, dict[str, float]]:
    """By figure: both means, their difference, and the interval's ends. Raises OSError and ValueError."""
    (photos, old), (others, new) = read(before), read(after)
    if not np.array_equal(photos, others):
        raise ValueError("the two files are of different regions: evaluate both on the same data with the same seed")
    found = {}
    for name, values in old.items():
        low, high = interval(photos, new[name] - values)
        means = float(values.mean()), float(new[name].mean())
        found[name] = {
            "before": means[0],
            "after": means[1],
            "difference": means[1] - means[0],
            "low": low,
            "high": high,
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sam_core.evaluation.compare", description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--json", action="store_true", help="one JSON object, on one line")
    arguments = parser.parse_args()
    try:
        found = compare(arguments.before, arguments.after)
    except (OSError, ValueError) as error:
        sys.exit(f"error: {error}")
    if arguments.json:
        print(json.dumps({name: {k: round(v, 4) for k, v in line.items()} for name, line in found.items()}))
        return
    print(f"{'':16}{'before':>8}{'after':>8}{'difference':>12}  95 % of photos drawn again")
    for name, line in found.items():
        verdict = "" if line["low"] <= 0 <= line["high"] else "  *"
        print(
            f"{name:16}{line['before']:8.3f}{line['after']:8.3f}{line['difference']:+12.3f}"
            f"  {line['low']:+.3f} to {line['high']:+.3f}{verdict}"
        )


if __name__ == "__main__":
    main()
