"""Connections and transactions on SQLite and PostgreSQL.

Reading: `with db.read() as tx`. Writing: `db.write(work)` runs `work(tx)` in one transaction and
returns once it is durable. On SQLite one thread owns the only writing connection and serves its
callers in order, so that nobody waits on a busy database; a lock file does the same between
processes. `work` must not wait for the network (P16).
"""

import fcntl
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import StaticPool

T = TypeVar("T")
BUSY_TIMEOUT_MS = 5_000
POSTGRES_LOCK_TIMEOUT = "5s"
"""How long a writer waits for another's row: then the caller is told to try again."""
POSTGRES_IDLE_TIMEOUT = "15s"
"""A process that was frozen inside a transaction keeps its locks no longer; ours never idle in one (P16)."""
_NETWORK = {
    "connect_timeout": 5,
    # A network that swallows everything must not hold a thread for the system's two hours.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


class Database(Protocol):
    """What the services need of a database."""

    url: URL

    def read(self) -> AbstractContextManager[Connection]:
        """Returns a connection for reading; what it sees is consistent while it is open."""

    def write(self, work: Callable[[Connection], T]) -> T:
        """Returns what `work` returned, once its transaction is durable; an error rolls back."""

    def take_sending_turn(self) -> bool:
        """Returns whether this process may send now; once it may, it may until it ends."""

    def close(self) -> None:
        """Ends all connections."""


def open_database(url: str | URL) -> Database:
    """Returns the database at `url`; nothing is connected or created before it is used."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return SqliteDatabase(parsed)
    return PostgresDatabase(parsed)


def sqlite_path(url: URL) -> Path | None:
    """Returns the file of an SQLite URL; None for one in memory or for PostgreSQL."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))


class SqliteDatabase:
    """An SQLite file (or memory), with one writer."""

    def __init__(self, url: URL) -> None:
        self.url = url
        path = sqlite_path(url)
        self._lock_path = path.with_name(path.name + ".lock") if path else None
        self._sender_lock: IO[bytes] | None = None
        self._writer = _sqlite_engine(url, writes=True)
        self._reader = _sqlite_engine(url, writes=False) if path else self._writer
        # One connection in memory serves readers and the writer: they take turns.
        self._turns: AbstractContextManager[Any] = nullcontext() if path else threading.RLock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite-writer")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Returns a connection that cannot write."""
        with self._turns, self._reader.connect() as tx:
            yield tx

    def write(self, work: Callable[[Connection], T]) -> T:
        """Returns what `work` returned, after its commit was synced to disk."""
        return self._thread.submit(self._transact, work).result()

    def _transact(self, work: Callable[[Connection], T]) -> T:
        with self._turns, self._between_processes(), self._writer.begin() as tx:
            return work(tx)

    @contextmanager
    def _between_processes(self) -> Iterator[None]:
        if self._lock_path is None:
            yield
            return
        with _open_lock(self._lock_path) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def take_sending_turn(self) -> bool:
        """Returns whether this is the one process that sends from the file: a lock held until it ends."""
        if self._lock_path is None or self._sender_lock is not None:
            return True
        lock = _open_lock(self._lock_path.with_suffix(".sender-lock"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self._sender_lock = lock
        return True

    def close(self) -> None:
        """Ends the writer thread after what it was given, all connections, and the turn to send."""
        if self._sender_lock is not None:
            self._sender_lock.close()
        self._thread.shutdown(wait=True)
        self._writer.dispose()
        self._reader.dispose()


def _open_lock(path: Path) -> IO[bytes]:
    """Returns a lock file; a missing or read-only folder is a database that cannot be reached."""
    try:
        return path.open("ab")
    except OSError as error:
        raise OperationalError(f"open {path.name}", None, error) from error


def _sqlite_engine(url: URL, *, writes: bool) -> Engine:
    in_memory = sqlite_path(url) is None
    options: dict[str, Any] = {"connect_args": {"check_same_thread": False}}
    if in_memory or writes:
        options["poolclass"] = StaticPool
    # Error texts with what was bound would carry addresses into the logs (P30).
    engine = create_engine(url, hide_parameters=True, **options)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _: object) -> None:
        # The driver's own transaction handling would begin late and deferred.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        # NORMAL does not sync a WAL commit at all: a power cut would lose what was answered 201 (P17).
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        if not writes and not in_memory:
            connection.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A deferred transaction that reads and then writes is refused while another one writes.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes and not in_memory else "BEGIN")

    return engine


class PostgresDatabase:
    """A PostgreSQL database shared by any number of processes."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self._engine = create_engine(
            url,
            pool_size=10,
            max_overflow=10,
            pool_timeout=5,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={
                "options": f"-c lock_timeout={POSTGRES_LOCK_TIMEOUT} -c timezone=UTC "
                f"-c idle_in_transaction_session_timeout={POSTGRES_IDLE_TIMEOUT}",
                **_NETWORK,
            },
        )
        self._reader = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    def read(self) -> AbstractContextManager[Connection]:
        """Returns a pooled connection that cannot write and sees one state of the database throughout."""
        return self._reader.connect()

    def write(self, work: Callable[[Connection], T]) -> T:
        """Returns what `work` returned, after its commit."""
        with self._engine.begin() as tx:
            return work(tx)

    def take_sending_turn(self) -> bool:
        """Returns True: any number of processes send, each what it has claimed."""
        return True

    def close(self) -> None:
        """Ends all pooled connections."""
        self._engine.dispose()
