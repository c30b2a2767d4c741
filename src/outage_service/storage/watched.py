"""A database that tells of each write that has failed."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import TypeVar

from sqlalchemy import Connection, TextClause

from outage_service.storage.database import Database
from outage_service.storage.failures import DATABASE_ERRORS

T = TypeVar("T")


class WatchedDatabase:
    """Another database in every other respect.

    Args:
        tell: called with the database's error, in the thread that has met it; whoever writes gets it, too,
            and whoever waits for a future perhaps a moment before.
    """

    def __init__(self, db: Database, tell: Callable[[Exception], None]) -> None:
        self.url = db.url
        self._db = db
        self._tell = tell

    def read(self) -> AbstractContextManager[Connection]:
        """Returns a connection for reading."""
        return self._db.read()

    def write(self, work: Callable[[Connection], T]) -> T:
        """Returns what `work` returned, once its transaction is durable."""
        try:
            return self._db.write(work)
        except DATABASE_ERRORS as error:
            self._tell(error)
            raise

    def submit(self, work: Callable[[Connection], T]) -> Future[T]:
        """Returns at once."""
        return self._watched(self._db.submit(work))

    def submit_update(self, statement: TextClause, values: Mapping[str, object]) -> Future[int]:
        """Returns at once."""
        return self._watched(self._db.submit_update(statement, values))

    def _watched(self, future: Future[T]) -> Future[T]:
        future.add_done_callback(self._look_at)
        return future

    def _look_at(self, ended: Future[T]) -> None:
        error = None if ended.cancelled() else ended.exception()
        if isinstance(error, DATABASE_ERRORS):
            self._tell(error)

    def take_sending_turn(self) -> bool:
        """Returns whether this process may send now."""
        return self._db.take_sending_turn()

    def end_waiting(self, *, within_seconds: float) -> None:
        """Waits for other processes no longer."""
        self._db.end_waiting(within_seconds=within_seconds)

    def close(self) -> None:
        """Ends all connections."""
        self._db.close()
