"""Telling the other processes on PostgreSQL that something was written: NOTIFY on one channel.

It is a hint and never the only way: every process also looks by itself, senders each second, ticks every
two. So nobody minds a listener that hangs or a pooler in between that swallows notifications. On SQLite
nobody tells: there the prepared pages are looked after every second.
"""

import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

import structlog
from sqlalchemy import URL, Connection, NullPool, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from outage_service.storage.database import network_of, options_of

log = structlog.get_logger(__name__)

CHANNEL = "outage_service"
APPLICATION_NAME = "outage-service listener"
STOP_WITHIN_SECONDS = 0.5
BACKOFF_SECONDS = (0.5, 1.0, 2.0, 5.0, 15.0)
"""Waits before connecting again, up or down by half so that processes do not come all at once."""


def tell_others(tx: Connection) -> None:
    """Lets listeners know once this transaction is committed; several times in one count as one."""
    if tx.dialect.name == "postgresql":
        tx.execute(text(f"NOTIFY {CHANNEL}"))


def can_listen(url: URL) -> bool:
    """Returns whether this kind of database tells its listeners."""
    return url.get_backend_name() == "postgresql"


def listen(url: URL, heard: Callable[[], None], stopped: threading.Event) -> None:
    """Calls `heard` after others' commits until `stopped`, and after each connect: what was missed meanwhile.

    A connection that breaks is followed by another. Needs a thread of its own.
    """
    from psycopg import Error as DriverError  # noqa: PLC0415 — an extra

    failures = 0
    while not stopped.is_set():
        try:
            for _ in _notifications(url, stopped):
                failures = 0
                heard()
        except (DriverError, SQLAlchemyError) as error:
            log.warning("listener_disconnected", error=type(error).__name__)
        except Exception:
            log.exception("listener_failed")
        wait = BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)]
        stopped.wait(wait * random.uniform(0.5, 1.5))  # noqa: S311 — spreads reconnects, guards nothing
        failures += 1


def _notifications(url: URL, stopped: threading.Event) -> Iterator[None]:
    """Yields once it listens, and then whenever others have written something."""
    asked = {"application_name": APPLICATION_NAME, "options": options_of(url), **network_of(url)}
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=asked)
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        connection.execute(text(f"LISTEN {CHANNEL}"))
        yield
        while not stopped.is_set():
            if list(driver.notifies(timeout=STOP_WITHIN_SECONDS, stop_after=1)):
                yield
