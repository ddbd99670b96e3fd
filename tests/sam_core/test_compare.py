"""Comparing two models region by region."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sam_core.evaluation.compare import compare, interval


def write(path: Path, gain: float = 0.0, noise: float = 0.0, photos: int = 40) -> Path:
    """Two regions on each photo, all better than 0.5 by `gain`, up and down by `noise`."""
    rng = np.random.default_rng(1)
    lines = []
    for photo in range(photos):
        shift = gain + noise * rng.normal()
        for _ in range(2):
            lines.append(
                {"photo": photo, "ious": [0.5 + shift] * 8, "tokens_at_1": [0.1, 0.6 + shift, 0.2], "box": 0.4}
            )
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_a_gain_is_told_from_none(tmp_path: Path) -> None:
    before = write(tmp_path / "before.jsonl")
    found = compare(before, write(tmp_path / "better.jsonl", gain=0.05, noise=0.01))
    assert found["@1"]["difference"] == pytest.approx(0.05, abs=0.01)
    assert 0.03 < found["@1"]["low"] < found["@1"]["difference"] < found["@1"]["high"] < 0.07
    assert found["best of 3 at 1"]["before"] == pytest.approx(0.6)
    assert (found["box"]["low"], found["box"]["high"]) == (0, 0)
    undecided = compare(before, write(tmp_path / "noisy.jsonl", gain=0.0, noise=0.2))["@5"]
    assert undecided["low"] < 0 < undecided["high"]


def test_regions_of_one_photo_count_as_one_observation() -> None:
    """Copies of a photo's region do not make the interval narrower."""
    differences = np.random.default_rng(0).normal(size=50)
    once = interval(np.arange(50), differences)
    copied = interval(np.repeat(np.arange(50), 4), np.repeat(differences, 4))
    assert once == pytest.approx(copied)


def test_files_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    one = write(tmp_path / "one.jsonl")
    with pytest.raises(ValueError, match="same data"):
        compare(one, write(tmp_path / "less.jsonl", photos=39))
    (tmp_path / "log.jsonl").write_text(json.dumps({"step": 1}) + "\n")
    with pytest.raises(ValueError, match="--regions"):
        compare(one, tmp_path / "log.jsonl")
    (tmp_path / "empty.jsonl").write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "sam_core.evaluation.compare", one, tmp_path / "empty.jsonl"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "has no regions" in done.stderr
