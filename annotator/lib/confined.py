"""Runs a function on untrusted bytes in a child process with limits on memory and time.

A picture of 20 kB can ask for a gigabyte, and a decoder can crash. Here that costs a child, and its caller gets a code
and a reason. Arguments and results cross as JSON, so that a child that was taken over can answer nonsense but not code.

    with Confined("annotator.images.decoding:decode", memory_bytes=2**31, seconds=30) as decode:
        size = decode(path="/…/photo")   # raises Refused
"""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
START = "import sys; sys.path.insert(0, sys.argv[1]); from annotator.lib.confined import serve; serve(*sys.argv[2:])"
LARGEST_WRITTEN_FILE = 2 * 1024**3
LOOK_SECONDS = 1.0


class Refused(Exception):
    """The bytes were refused. code: stable word; reason: a sentence for the person who sent them."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class Confined:
    """One child that answers call after call; a call that kills it is refused, and the next gets a new child.

    waiting: called about once a second while the child works; what it raises ends the child and the call.
    """

    def __init__(
        self,
        function: str,
        *,
        memory_bytes: int,
        seconds: float,
        file_bytes: int = LARGEST_WRITTEN_FILE,
        waiting: Callable[[], None] = lambda: None,
    ) -> None:
        self.function, self.memory_bytes, self.seconds, self.file_bytes = function, memory_bytes, seconds, file_bytes
        self.waiting = waiting
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Confined":
        return self

    def __exit__(self, *exception: object) -> None:
        self._end()

    def __call__(self, **arguments: Any) -> Any:
        """The function's result. Refused with its own code, or time_limit, memory_limit, crashed."""
        child = self._child or self._start()
        assert child.stdin is not None
        try:
            child.stdin.write(json.dumps(arguments).encode() + b"\n")
            child.stdin.flush()
            answer = self._read(child)
        except BrokenPipeError:
            answer = b""
        if not answer:
            self._end()
            raise Refused("crashed", "Decoding it crashed the decoder: the file is damaged. Save it again elsewhere.")
        reply = json.loads(answer)
        if "refused" in reply:
            if reply["refused"] == "memory_limit":
                self._end()  # what is left of its memory is anyone's guess
            raise Refused(reply["refused"], reply["reason"])
        return reply["result"]

    def _start(self) -> subprocess.Popen[bytes]:
        limits = [str(self.memory_bytes), str(self.file_bytes)]
        command = [sys.executable, "-I", "-c", START, str(ROOT), self.function, *limits]
        self._child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_bare_environment()
        )
        return self._child

    def _read(self, child: subprocess.Popen[bytes]) -> bytes:
        """One line of JSON; b"" when the child is gone. Refused when it takes too long."""
        assert child.stdout is not None
        deadline = time.monotonic() + self.seconds
        line = b""
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            ready, _, _ = select.select([child.stdout], [], [], min(LOOK_SECONDS, max(0.0, left)))
            if not ready:
                if left <= LOOK_SECONDS:
                    self._end()
                    raise Refused("time_limit", f"Decoding it takes more than {self.seconds:g} s. Save it smaller.")
                self._look()
                continue
            piece = os.read(child.stdout.fileno(), 65536)
            if not piece:
                return b""
            line += piece
        return line

    def _look(self) -> None:
        try:
            self.waiting()
        except BaseException:
            self._end()
            raise

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()


def _bare_environment() -> dict[str, str]:
    """No secrets, and one thread: a thread's stacks count against the memory limit."""
    kept = {
        name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH") if name in os.environ
    }
    return {**kept, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


# -- In the child --------------------------------------------------------------------------------------------------


def serve(function: str, memory_bytes: str, file_bytes: str) -> None:
    """Answers lines of JSON on stdin until it ends. Runs with nothing of Django loaded."""
    import importlib

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # a library that prints must not print into an answer
    module, _, name = function.partition(":")
    call = getattr(importlib.import_module(module), name)
    _limit(int(memory_bytes), int(file_bytes))
    for line in sys.stdin:
        answers.write(json.dumps(_reply(call, json.loads(line))) + "\n")
        answers.flush()


def _reply(call: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"result": call(**arguments)}
    except Refused as refused:
        return {"refused": refused.code, "reason": refused.reason}
    except MemoryError:
        return {"refused": "memory_limit", "reason": "Decoding it takes more memory than is allowed. Save it smaller."}
    except Exception as error:
        return {
            "refused": "unreadable",
            "reason": f"It cannot be read ({type(error).__name__}). Save it again elsewhere.",
        }


def _limit(memory_bytes: int, file_bytes: int) -> None:
    import resource

    limits = {resource.RLIMIT_AS: memory_bytes, resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: file_bytes}
    for kind, limit in limits.items():
        try:
            resource.setrlimit(kind, (limit, limit))
        except (ValueError, OSError):  # macOS refuses RLIMIT_AS: the time limit and the pixel limit still hold there
            continue
