"""Passes new hints to the sockets of this web process when there is no Redis to do it.

On SQLite it asks `PRAGMA data_version` every 50 ms: a number that changes when another connection commits, read from
memory in microseconds. Only then are rows read.
"""

import asyncio
import logging
import sqlite3
from contextlib import closing

from channels.db import database_sync_to_async
from django.db import DatabaseError, connection

from annotator.accounts import hints

logger = logging.getLogger(__name__)
TROUBLE_SECONDS = 1.0


async def relay() -> None:
    """Runs until it is cancelled; a database that is away for a while is waited for."""
    last: int | None = None
    while True:
        try:
            if last is None:
                last = await database_sync_to_async(hints.latest_sequence)()
            with closing(_change_counter()) as changes:
                while True:
                    last = await _pass_on(changes, last)
                    await asyncio.sleep(changes.pause_seconds)
        except (DatabaseError, sqlite3.Error):
            logger.exception("reading hints; trying again")
            await asyncio.sleep(TROUBLE_SECONDS)


async def _pass_on(changes: "_ChangeCounter", last: int) -> int:
    """Send what is newer than hint `last`, if anything changed; returns the number of the newest one sent."""
    if not changes.changed():
        return last
    newer = await database_sync_to_async(hints.after)(last)
    for hint in newer:
        await hints.send(hint)
    return newer[-1].pk if newer else last


class _ChangeCounter:
    """Of a database that cannot say whether something changed: it may have."""

    pause_seconds = 0.25

    def changed(self) -> bool:
        return True

    def close(self) -> None:
        pass


class _SqliteChangeCounter(_ChangeCounter):
    """A connection of its own: the pragma tells of the commits of other connections, so this one never writes."""

    pause_seconds = 0.05

    def __init__(self, name: str) -> None:
        self._watcher = sqlite3.connect(name, check_same_thread=False)
        self._seen: int | None = None

    def changed(self) -> bool:
        before, self._seen = self._seen, self._watcher.execute("PRAGMA data_version").fetchone()[0]
        return self._seen != before

    def close(self) -> None:
        self._watcher.close()


def _change_counter() -> _ChangeCounter:
    if connection.vendor == "sqlite":
        return _SqliteChangeCounter(str(connection.settings_dict["NAME"]))
    return _ChangeCounter()
