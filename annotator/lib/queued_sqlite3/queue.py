"""Who writes next: first come, first served, among the threads of this process and then among processes.

SQLite has one writer at a time, and lets the others poll: each sleeps for a while, up to 0.1 s, and looks again.
Whoever happens to look in the moment between two writers wins. With a hundred at once one of them loses for so long
that its time is up ("database is locked"), though nobody holds the database for more than some milliseconds. So nobody
goes to SQLite for its write lock before it is their turn here.

The queue is about fairness alone. What keeps two writers apart is SQLite's own lock still: a program that does not know
the queue, or a removed queue file, costs a wait and never a row.
"""

import fcntl
import os
import threading
import time
from collections import deque

# Bytes of the queue file. Who waits for WRITING holds NEXT meanwhile, so that the process that has just written cannot
# take WRITING again at once, although it need not wake up first: with two processes each gets every other turn.
WRITING, NEXT = 0, 1
SHORTEST_PAUSE, LONGEST_PAUSE = 0.0005, 0.002  # seconds between two looks at another process's lock


class Line:
    """A lock that is handed to whoever waits longest. Any thread may release it."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Event] = deque()

    def acquire(self, until: float) -> bool:
        """False when it was not our turn by `until`, a time of the monotonic clock."""
        with self._mutex:
            if not self._taken:
                self._taken = True
                return True
            turn = threading.Event()
            self._waiting.append(turn)
        if turn.wait(max(0.0, until - time.monotonic())):
            return True
        with self._mutex:
            if turn.is_set():  # in the last moment
                return True
            self._waiting.remove(turn)
            return False

    def release(self) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().set()  # it stays taken: nobody who comes now can be first
            else:
                self._taken = False


class FileLine:
    """The same among processes, by locks on a file. One thread of a process at a time: their order is Line's.

    POSIX locks, since they end with the process, however it ends, and a forked child does not share them. They end,
    too, when any descriptor of the file is closed: so this one is opened once and stays open.
    """

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def acquire(self, until: float) -> bool:
        if not self._lock(NEXT, until):
            return False
        try:
            return self._lock(WRITING, until)
        finally:
            self._unlock(NEXT)

    def release(self) -> None:
        self._unlock(WRITING)

    def _lock(self, byte: int, until: float) -> bool:
        pause = SHORTEST_PAUSE
        while True:
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
                return True
            except (BlockingIOError, PermissionError):  # another process has it; which of the two depends on the system
                pass
            if time.monotonic() >= until:
                return False
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _unlock(self, byte: int) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, byte)


class WriteQueue:
    """The queue of one database file. acquire, write, release."""

    def __init__(self, path: str) -> None:
        self._threads, self._processes = Line(), FileLine(path)

    def acquire(self, seconds: float) -> bool:
        """False when it was not our turn within `seconds`: then there is nothing to release."""
        until = time.monotonic() + seconds
        if not self._threads.acquire(until):
            return False
        if self._processes.acquire(until):
            return True
        self._threads.release()
        return False

    def release(self) -> None:
        self._processes.release()
        self._threads.release()


_queues: dict[str, WriteQueue] = {}
_opening = threading.Lock()


def queue_of(database: str) -> WriteQueue:
    """The one queue that this process has for the database file. Raises OSError when its folder takes no file."""
    path = os.path.abspath(database) + "-queue"
    with _opening:
        if path not in _queues:
            _queues[path] = WriteQueue(path)
        return _queues[path]


def _forget_after_fork() -> None:
    """A child has none of the threads that hold or wait for its copy of a queue."""
    global _opening
    _opening = threading.Lock()
    _queues.clear()


os.register_at_fork(after_in_child=_forget_after_fork)
