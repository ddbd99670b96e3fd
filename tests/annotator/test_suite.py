"""`make test` itself: it fails when a step fails, and ends when a step hangs."""

import sys
import time
from pathlib import Path

import pytest

from tests import suite
from tests.suite import Step


def step(name: str, source: str, minutes: float = 1) -> Step:
    return Step(name, name, (sys.executable, "-c", source), minutes)


def test_a_failed_step_fails_the_run_and_does_not_stop_the_later_ones(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    later = tmp_path / "later"
    monkeypatch.setattr(suite, "STEPS", (step("one", "exit(3)"), step("two", f"open({str(later)!r}, 'w')")))
    assert suite.main([]) == 1
    assert later.exists()
    assert "1 of 2 steps failed: one" in capsys.readouterr().out


def test_a_run_without_failures_passes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(suite, "STEPS", (step("one", "pass"),))
    assert suite.main(["one"]) == 0
    assert capsys.readouterr().out.endswith("Every step passed.\n")


def test_a_step_that_hangs_is_ended_with_all_it_started(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    beats = tmp_path / "beats"
    child = f"import time\nwhile True:\n    open({str(beats)!r}, 'a').write('.')\n    time.sleep(0.02)"
    source = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])"
    passed, _ = suite.run_step(step("hanging", source, minutes=2 / 60))
    assert not passed
    assert "hanging did not end within" in capsys.readouterr().out
    size = beats.stat().st_size if beats.exists() else 0
    time.sleep(0.3)
    assert (beats.stat().st_size if beats.exists() else 0) == size


def test_an_unknown_step_is_named() -> None:
    with pytest.raises(SystemExit, match="no such step: speed"):
        suite.main(["speed"])
