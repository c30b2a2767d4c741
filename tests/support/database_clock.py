"""The time of day of a test's own database, set while it is in use: what is taken for database time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from sqlite3 import Connection as SqliteConnection

import psycopg
from sqlalchemy import event
from sqlalchemy.pool import Pool

_MOVED = """
CREATE SCHEMA moved;
CREATE TABLE moved.shift (by interval NOT NULL);
INSERT INTO moved.shift VALUES ('0');
CREATE FUNCTION moved.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS 'SELECT pg_catalog.clock_timestamp() + by FROM moved.shift';
"""
Advance = Callable[[timedelta], None]
"""Sets the database's clock ahead, or back, by so much."""


@contextmanager
def movable_database_clock(database_url: str) -> Iterator[Advance]:
    """Gives a database a clock that can be set; to be called before the service connects."""
    moved = _movable_sqlite() if database_url.startswith("sqlite") else _movable_postgresql(database_url)
    with moved as advance:
        yield advance


@contextmanager
def _movable_sqlite() -> Iterator[Advance]:
    shift = timedelta()

    def strftime(_: str, __: str) -> str:
        return (datetime.now(UTC) + shift).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]

    def prepare(connection: SqliteConnection, _: object) -> None:
        connection.create_function("strftime", 2, strftime)

    def advance(by: timedelta) -> None:
        nonlocal shift
        shift += by

    event.listen(Pool, "connect", prepare)
    try:
        yield advance
    finally:
        event.remove(Pool, "connect", prepare)


@contextmanager
def _movable_postgresql(database_url: str) -> Iterator[Advance]:
    name = database_url.rsplit("/", 1)[-1]
    with psycopg.connect(database_url.replace("+psycopg:", ":"), autocommit=True) as connection:
        for statement in (_MOVED, f"ALTER DATABASE {name} SET search_path = moved, pg_catalog, public"):
            connection.execute(statement.encode())

        def advance(by: timedelta) -> None:
            connection.execute("UPDATE moved.shift SET by = by + %s", [by])

        yield advance
