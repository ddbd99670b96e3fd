"""A Celery broker in a folder, for one machine without services.

kombu's own filesystem transport writes a message under its final name, so that a reader can take a half-written one,
and reads it after moving it to a shared temporary folder. Here a message is written under a temporary name, flushed and
renamed; a reader takes one by renaming it to a name of its own. Messages only wake a worker (the job's row is the
truth), so one lost by a kill is sent again by the reconciler.
"""

import json
import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, virtual


class Channel(virtual.Channel):
    """One folder per queue: `TIME-UUID.json` is a message, a name that starts with a dot is somebody's work."""

    supports_fanout = False

    @property
    def folder(self) -> Path:
        return Path(self.connection.client.transport_options["folder"])

    def _queue_folder(self, queue: str) -> Path:
        if not queue or queue.startswith(".") or "/" in queue or "\\" in queue:
            raise ValueError(f"{queue!r} is no name for a queue")
        folder = self.folder / queue
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        folder = self._queue_folder(queue)
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex}.json"
        temporary = folder / f".{name}"
        with temporary.open("w") as file:
            json.dump(message, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(folder / name)

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        for path in self._messages(queue):
            taken = path.with_name(f".taken-{uuid.uuid4().hex}")
            try:
                path.rename(taken)
            except FileNotFoundError:
                continue  # another worker was quicker
            message = json.loads(taken.read_text())
            taken.unlink()
            return message
        raise Empty

    def _messages(self, queue: str) -> list[Path]:
        """Whole messages, oldest first."""
        return sorted(path for path in self._queue_folder(queue).iterdir() if not path.name.startswith("."))

    def _size(self, queue: str) -> int:
        return len(self._messages(queue))

    def _purge(self, queue: str) -> int:
        messages = self._messages(queue)
        for path in messages:
            path.unlink(missing_ok=True)
        return len(messages)

    def _has_queue(self, queue: str, **kwargs: Any) -> bool:
        return True


class Transport(virtual.Transport):
    Channel = Channel
    driver_type = "messagefolder"
    driver_name = "messagefolder"
    # A broker without a server has no connection to lose.
    global_state = virtual.BrokerState()

    def driver_version(self) -> str:
        return "1"


def register() -> None:
    """Let kombu find the transport under `messagefolder://`."""
    TRANSPORT_ALIASES["messagefolder"] = "annotator.lib.message_folder:Transport"
