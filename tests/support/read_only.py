"""A real database under an open engine that takes no writes for a while, and can be read all along."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import text

from outage_service.services.engine import Engine

_END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@contextmanager
def read_only(engine: Engine) -> Iterator[None]:
    """Lets nothing be written inside: SQLITE_READONLY, or SQLSTATE 25006."""
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
    name = engine.db.url.database
    # A session keeps what it began with: so those that are open are ended.
    as_administrator(
        engine, f'ALTER DATABASE "{name}" SET default_transaction_read_only = {value}', _END_OTHERS
    )


def as_administrator(engine: Engine, *statements: str) -> None:
    """Executes statements on PostgreSQL beside the service, which keeps its sessions."""
    url = engine.db.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True, options="-c default_transaction_read_only=off") as admin:
        for statement in statements:
            admin.execute(statement.encode())


@contextmanager
def no_room(file: Path) -> Iterator[None]:
    """Lets no file of this process grow beyond the size of one of them: as on a full disk."""
    # Python ignores SIGXFSZ, so that a write beyond the limit is an error and no end.
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
