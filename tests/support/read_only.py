"""A real database under an open engine that takes no writes for a while, and can be read all along."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import text

from outage_service.services.engine import Engine

_END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@contextmanager
def read_only(engine: Engine) -> Iterator[None]:
    """Lets nothing be written inside: SQLITE_READONLY, or SQLSTATE 25006.

    On PostgreSQL a connection that has served a reader writes all the same: it says READ WRITE by itself.
    """
    set_read_only = _on_sqlite if engine.db.url.get_backend_name() == "sqlite" else _on_postgresql
    set_read_only(engine, "ON")
    try:
        yield
    finally:
        set_read_only(engine, "OFF")


def _on_sqlite(engine: Engine, value: str) -> None:
    # Alone, in no transaction: none can be begun while it is on.
    engine.db.submit_update(text(f"PRAGMA query_only = {value}"), {}).result()


def _on_postgresql(engine: Engine, value: str) -> None:
    url = engine.db.url.set(drivername="postgresql").render_as_string(hide_password=False)
    # A session keeps what it began with: so those that are open are ended.
    with psycopg.connect(url, autocommit=True, options="-c default_transaction_read_only=off") as admin:
        admin.execute(
            f'ALTER DATABASE "{engine.db.url.database}" SET default_transaction_read_only = {value}'
        )
        admin.execute(_END_OTHERS)
