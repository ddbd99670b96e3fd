"""The backend itself: Django's, which asks the queue before a transaction and before a single statement that writes."""

from typing import Any

from django.db.backends.sqlite3 import base as sqlite3
from django.db.utils import OperationalError

from annotator.lib.queued_sqlite3.queue import WriteQueue, queue_of

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "ALTER", "DROP")
QUEUE_SECONDS = 15.0


class DatabaseWrapper(sqlite3.DatabaseWrapper):
    """OPTIONS has one more: "queue_seconds", how long to wait for one's turn to write before "database is locked"."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._queue_seconds = QUEUE_SECONDS
        self._turn: WriteQueue | None = None  # the queue in which it is our turn, until we release it

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        self._queue_seconds = params.pop("queue_seconds", QUEUE_SECONDS)
        return params

    def create_cursor(self, name: Any = None) -> "QueuedCursor":
        cursor = self.connection.cursor(factory=QueuedCursor)
        cursor.database = self
        return cursor

    def take_turn(self) -> bool:
        """Waits until we may write. False when we may already. OperationalError when it takes too long."""
        if self._turn is not None or self.is_in_memory_db():
            return False
        try:
            queue = queue_of(str(self.settings_dict["NAME"]))
        except OSError as error:
            raise OperationalError(f"no file can be made beside the database: {error}") from error
        if not queue.acquire(self._queue_seconds):
            raise OperationalError(f"database is locked: others wrote for {self._queue_seconds:g} s")
        self._turn = queue
        return True

    def end_turn(self) -> None:
        queue, self._turn = self._turn, None
        if queue is not None:
            queue.release()

    def _start_transaction_under_autocommit(self) -> None:
        took = self.take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # the stubs leave it out
        except BaseException:
            if took:
                self.end_turn()
            raise

    # After a commit that failed the transaction is still there, and Django rolls it back.
    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]  # the stubs leave it out
        self.end_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]  # the stubs leave it out
        finally:
            self.end_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]  # the stubs leave it out
        finally:
            self.end_turn()


class QueuedCursor(sqlite3.SQLiteCursorWrapper):
    """A statement that writes outside a transaction is one of its own, and waits for its turn like one.

    "RETURNING" ends with its last row, a moment after our turn: the next in the queue may have to wait for that moment
    in SQLite's own way.
    """

    database: DatabaseWrapper

    def execute(self, query: str, params: Any = None) -> Any:
        took = query.lstrip()[:7].upper().startswith(WRITES) and self.database.take_turn()
        try:
            return super().execute(query, params)
        finally:
            if took:
                self.database.end_turn()

    def executemany(self, query: str, param_list: Any) -> Any:
        took = self.database.take_turn()
        try:
            return super().executemany(query, param_list)
        finally:
            if took:
                self.database.end_turn()
