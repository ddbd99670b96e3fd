"""The commands that the README quotes start: what they measure is not tested, that they can be run is."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_benchmark_can_be_imported_as_its_command_does(name: str):
    command = [sys.executable, "-c", f"import benchmarks.{name}"]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}  # no settings of the test run's
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
