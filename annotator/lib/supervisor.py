"""A child process that is restarted when it dies, and that dies when its parent does, however the parent dies."""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

logger = logging.getLogger(__name__)

FIRST_PAUSE = 1.0  # seconds before the first restart; doubled each time
LONGEST_PAUSE = 30.0
LONG_ENOUGH = 60.0  # a child that lived so long has started well: the pauses begin anew
STOP_SECONDS = 10.0


class Supervisor:
    """Keeps `command` running from start() to stop().

    The child gets a pipe as its standard input that nobody writes to: see end_with_parent(). It leads a process group
    of its own, so that Ctrl-C in a terminal reaches only the parent, which then decides the order of stopping.
    """

    def __init__(self, command: list[str], *, name: str, folder: Path, first_pause: float = FIRST_PAUSE) -> None:
        self.command = command
        self.folder = folder
        self.name = name
        self.first_pause = first_pause
        self.process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=f"supervisor of {name}", daemon=True)

    def start(self) -> None:
        self.process = self._spawn()
        self._thread.start()

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Close the child's input, wait, and kill what is left of its process group. Safe to call twice."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        process = self.process
        if process is None or process.stdin is None:
            return
        with contextlib.suppress(OSError):
            process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _spawn(self) -> "subprocess.Popen[bytes]":
        # What a worker has to say goes to standard error; on the other one it would mix with the parent's own words.
        return subprocess.Popen(
            self.command,
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _watch(self) -> None:
        pause = self.first_pause
        while True:
            assert self.process is not None
            started = time.monotonic()
            while self.process.poll() is None:
                if self._stopping.wait(0.2):
                    return
            if time.monotonic() - started >= LONG_ENOUGH:
                pause = self.first_pause
            logger.error(
                "The %s ended with code %s; starting it again in %g s", self.name, self.process.returncode, pause
            )
            if self._stopping.wait(pause):
                return
            pause = min(pause * 2, LONGEST_PAUSE)
            self.process = self._spawn()


def end_with_parent(seconds: float = STOP_SECONDS) -> None:
    """In the child: when standard input ends, ask this process to stop, and leave without asking after `seconds`."""

    def wait_for_end() -> None:
        with contextlib.suppress(OSError, ValueError):
            while os.read(sys.stdin.fileno(), 4096):
                pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(seconds)
        os._exit(1)

    threading.Thread(target=wait_for_end, name="end with parent", daemon=True).start()
