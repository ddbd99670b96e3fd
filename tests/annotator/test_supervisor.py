"""The embedded worker's supervisor: restarted when it dies, gone when its parent is gone."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from annotator.lib.supervisor import Supervisor

ROOT = Path(__file__).resolve().parents[2]
# Writes its process id, then lives until its standard input ends.
CHILD = """
import os, pathlib, sys, time
from annotator.lib.supervisor import end_with_parent
end_with_parent(seconds=1)
with open(sys.argv[1], "a") as file:
    print(os.getpid(), file=file, flush=True)
time.sleep(60)
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + CHILD


def pids(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def wait_until(true: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Whether it runs: one that ended but was not waited for yet counts as gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def supervisor(file: Path, source: str = CHILD) -> Supervisor:
    return Supervisor([sys.executable, "-c", source, str(file)], name="child", folder=ROOT, first_pause=0.05)


def test_stop_ends_the_child(tmp_path: Path) -> None:
    watched = supervisor(tmp_path / "pids")
    watched.start()
    wait_until(lambda: len(pids(tmp_path / "pids")) == 1)
    watched.stop()
    assert watched.process is not None
    assert watched.process.returncode == -signal.SIGTERM
    watched.stop()


def test_a_killed_child_is_started_again(tmp_path: Path) -> None:
    file = tmp_path / "pids"
    watched = supervisor(file)
    watched.start()
    try:
        wait_until(lambda: len(pids(file)) == 1)
        os.kill(pids(file)[0], signal.SIGKILL)
        wait_until(lambda: len(pids(file)) == 2)
        assert is_alive(pids(file)[1])
    finally:
        watched.stop()
    assert not is_alive(pids(file)[1])


def test_a_child_that_will_not_stop_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "pids"
    watched = supervisor(file, STUBBORN)
    watched.start()
    wait_until(lambda: len(pids(file)) == 1)
    watched.stop(seconds=0.1)
    assert not is_alive(pids(file)[0])


def test_the_child_dies_with_a_killed_parent(tmp_path: Path) -> None:
    file = tmp_path / "pids"
    parent = f"""
import pathlib, sys, time
from annotator.lib.supervisor import Supervisor
Supervisor([sys.executable, "-c", {STUBBORN!r}, {str(file)!r}], name="child", folder=pathlib.Path(".")).start()
time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", parent], cwd=ROOT)
    try:
        wait_until(lambda: len(pids(file)) == 1)
        process.kill()
        wait_until(lambda: not is_alive(pids(file)[0]))
    finally:
        process.kill()
        process.wait()
