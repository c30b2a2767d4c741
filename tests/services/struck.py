"""A database that can be struck: a transaction of it fails at any statement, or right after its commit."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, event

from outage_service.storage.database import Database, open_database

T = TypeVar("T")
AFTER_COMMIT = -1


class Struck(Exception):
    """The process is taken to be dead from here on; `result` is what nobody was told any more."""

    def __init__(self, result: object = None) -> None:
        super().__init__("struck")
        self.result = result


class FragileDatabase:
    """A real database; set `strike` to have the next transaction fail after so many statements."""

    def __init__(self, url: str) -> None:
        self._inner: Database = open_database(url)
        self.strike: int | None = None

    def write(self, work: Callable[[Connection], T]) -> T:
        """Returns what `work` returned.

        Raises:
            Struck: before the commit, with nothing done; or after it, with all of it done.
        """
        at, self.strike = self.strike, None
        if at is None:
            return self._inner.write(work)
        if at == AFTER_COMMIT:
            raise Struck(self._inner.write(work))
        return self._inner.write(lambda tx: _struck(tx, work, at))

    def __getattr__(self, name: str) -> object:
        """Returns what is not struck from the real database."""
        return getattr(self._inner, name)


def _struck(tx: Connection, work: Callable[[Connection], T], at: int) -> T:
    left = at

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Struck

    event.listen(tx, "before_cursor_execute", count)
    try:
        work(tx)
    finally:
        event.remove(tx, "before_cursor_execute", count)
    raise Struck
