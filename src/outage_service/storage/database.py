"""Connections and transactions on SQLite and PostgreSQL.

Reading: `with db.read() as tx`. Writing: `db.write(work)` runs `work(tx)` in one transaction and
returns once it is durable. On SQLite one thread owns the only writing connection and serves its
callers in order, so that nobody waits on a busy database; a lock file does the same between
processes. `work` must not wait for the network (P16).
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any, ParamSpec, Protocol, TypeVar, cast

from sqlalchemy import Connection, Engine, TextClause, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import StaticPool

from outage_service.storage import audit
from outage_service.storage.lock_file import LockFile, open_lock, takes_at_once
from outage_service.storage.read_only import obey_the_server

T = TypeVar("T")
P = ParamSpec("P")
BUSY_TIMEOUT_MS = 5_000
POSTGRES_LOCK_TIMEOUT = "5s"
"""How long a writer waits for another's row: then the caller is told to try again."""
POSTGRES_IDLE_TIMEOUT = "15s"
"""A process that was frozen inside a transaction keeps its locks no longer; ours never idle in one (P16)."""
LOOK_UP_EACH = ("enable_seqscan=off", "enable_hashjoin=off", "enable_mergejoin=off")
"""For the one statement over a few rows of the ledger, which is planned while the ledger still is empty."""
POOL_TIMEOUT_SECONDS = 5
"""How long a reader waits for a connection where all are in use."""
SUBMITTED_AT_ONCE = 4
"""A sender claims, records, beats and rescues, each once at a time."""
_NETWORK = {
    "connect_timeout": 5,
    # A network that swallows everything must not hold a thread for the system's two hours, nor whoever asks
    # `/readyz` for longer than they wait for it.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
# The server's side of the same: else it keeps the sessions of a host that the network has lost for two hours,
# and after a few such failures it takes no more.
_SERVERS_NETWORK = ("tcp_keepalives_idle=10", "tcp_keepalives_interval=5", "tcp_keepalives_count=3")


class Database(Protocol):
    """What the services need of a database."""

    url: URL

    def read(self) -> AbstractContextManager[Connection]:
        """Returns a connection for reading; what it sees is consistent while it is open."""

    def write(self, work: Callable[[Connection], T]) -> T:
        """Returns what `work` returned, once its transaction is durable; an error rolls back."""

    def submit(self, work: Callable[[Connection], T]) -> Future[T]:
        """Returns at once; the future ends as `write` would have."""

    def submit_update(self, statement: TextClause, values: Mapping[str, object]) -> Future[int]:
        """Returns at once; the future is how many rows one statement changed, a transaction of its own.

        What a mail costs depends on it: a transaction around the statement takes as long again.
        """

    def take_sending_turn(self) -> bool:
        """Returns whether this process may send now; once it may, it may until it ends."""

    def end_waiting(self, *, within_seconds: float) -> None:
        """Waits for other processes no longer, from then on; to be called before a process ends."""

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
        named = sqlite_path(url)
        # Links are resolved, as SQLite does: whoever opens the file by another link must find the same locks.
        path = Path(os.path.realpath(named)) if named else None
        self._sender_lock_path = path.with_name(path.name + ".sender-lock") if path else None
        self._lock = LockFile(path.with_name(path.name + ".lock")) if path else None
        self._sender_lock: IO[bytes] | None = None
        self._writer = _sqlite_engine(url, writes=True)
        self._reader = _sqlite_engine(url, writes=False) if path else self._writer
        self._kept: Connection | None = None
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
        return self.submit(work).result()

    def submit(self, work: Callable[[Connection], T]) -> Future[T]:
        """Gives `work` to the writer thread, whose future needs no second thread that waits for it."""
        return _given(self._thread, self._transact, work)

    def submit_update(self, statement: TextClause, values: Mapping[str, object]) -> Future[int]:
        """Gives the statement to the writer thread as it stands."""
        return _given(self._thread, self._update, statement.text, values)

    def _update(self, statement: str, values: Mapping[str, object]) -> int:
        with self._turns, self._between_processes(), self._connection() as tx:
            driver: sqlite3.Connection = cast(sqlite3.Connection, tx.connection.driver_connection)
            return driver.execute(statement, values).rowcount

    def _transact(self, work: Callable[[Connection], T]) -> T:
        with self._turns, self._between_processes(), self._connection() as tx, tx.begin():
            return _sealed(tx, work)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """Returns the writer's connection, kept from one transaction to the next unless something failed."""
        tx, self._kept = self._kept or self._writer.connect(), None
        try:
            yield tx
        except BaseException:
            tx.close()
            raise
        self._kept = tx

    def _between_processes(self) -> AbstractContextManager[None]:
        return self._lock.held() if self._lock is not None else nullcontext()

    def end_waiting(self, *, within_seconds: float) -> None:
        """Writes fail from then on that would have to wait for another process."""
        if self._lock is not None:
            self._lock.end_waiting(within_seconds=within_seconds)

    def take_sending_turn(self) -> bool:
        """Returns whether this is the one process that sends from the file: a lock held until it ends."""
        if self._sender_lock_path is None or self._sender_lock is not None:
            return True
        lock = open_lock(self._sender_lock_path)
        if not takes_at_once(lock):
            lock.close()
            return False
        self._sender_lock = lock
        return True

    def close(self) -> None:
        """Ends the writer thread after what it was given, all connections, and the turn to send."""
        self._thread.shutdown(wait=True)
        for lock in (self._lock, self._sender_lock):
            if lock is not None:
                lock.close()
        if self._kept is not None:
            self._kept.close()
        self._writer.dispose()
        self._reader.dispose()


def _given(threads: ThreadPoolExecutor, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    """Gives work to threads; whoever comes after `close` finds a database that is gone, like any other."""
    try:
        return threads.submit(work, *args, **kwargs)
    except RuntimeError as error:
        raise OperationalError("submit", None, error) from error


def _sealed(tx: Connection, work: Callable[[Connection], T]) -> T:
    """Returns what `work` returned, once the audit log is chained: the last thing before the commit."""
    result = work(tx)
    audit.seal(tx)
    return result


def _sqlite_engine(url: URL, *, writes: bool) -> Engine:
    in_memory = sqlite_path(url) is None
    options: dict[str, Any] = {"connect_args": {"check_same_thread": False}}
    if in_memory or writes:
        options["poolclass"] = StaticPool
    else:
        options["pool_timeout"] = POOL_TIMEOUT_SECONDS
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
        # SQLite's own knows ASCII alone: who looks for « résolue » would not find « RÉSOLUE ».
        connection.create_function("lower", 1, _lower, deterministic=True)
        if not writes and not in_memory:
            connection.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A deferred transaction that reads and then writes is refused while another one writes.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes and not in_memory else "BEGIN")

    return engine


def _lower(text: str | None) -> str | None:
    return text.lower() if text is not None else None


def network_of(url: URL) -> dict[str, int]:
    """Returns what the driver is told of the network; what the URL says of it goes before."""
    return {name: value for name, value in _NETWORK.items() if name not in url.query}


def options_of(url: URL, *settings: str) -> str:
    """Returns what a session asks of the server: what the URL says, such as a schema, and settings over that.

    Args:
        settings: each as `name=value`.
    """
    given = (f"-c {setting}" for setting in (*_SERVERS_NETWORK, *settings))
    return " ".join((*url.normalized_query.get("options", ()), *given))


class PostgresDatabase:
    """A PostgreSQL database shared by any number of processes."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self._engine = _postgres_engine(url)
        self._reader = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._autocommit = _postgres_engine(url, *LOOK_UP_EACH).execution_options(
            isolation_level="AUTOCOMMIT"
        )
        self._kept: Connection | None = None
        self._threads = ThreadPoolExecutor(max_workers=SUBMITTED_AT_ONCE, thread_name_prefix="postgresql")
        self._updates = ThreadPoolExecutor(max_workers=1, thread_name_prefix="postgresql-updates")

    def read(self) -> AbstractContextManager[Connection]:
        """Returns a pooled connection that cannot write and sees one state of the database throughout."""
        return self._reader.connect()

    def write(self, work: Callable[[Connection], T]) -> T:
        """Returns what `work` returned, after its commit."""
        with self._engine.begin() as tx:
            return _sealed(tx, work)

    def submit(self, work: Callable[[Connection], T]) -> Future[T]:
        """Gives `work` to a thread of its own."""
        return _given(self._threads, self.write, work)

    def submit_update(self, statement: TextClause, values: Mapping[str, object]) -> Future[int]:
        """Gives the statement to a thread with a connection of its own: one round trip instead of four."""
        return _given(self._updates, self._update, statement, values)

    def _update(self, statement: TextClause, values: Mapping[str, object]) -> int:
        tx, self._kept = self._kept or self._autocommit.connect(), None
        try:
            changed = tx.execute(statement, values).rowcount
        except BaseException:
            tx.close()
            raise
        self._kept = tx
        return changed

    def take_sending_turn(self) -> bool:
        """Returns True: any number of processes send, each what it has claimed."""
        return True

    def end_waiting(self, *, within_seconds: float) -> None:
        """Changes nothing: no statement waits for longer than `POSTGRES_LOCK_TIMEOUT`."""

    def close(self) -> None:
        """Ends all pooled connections, after the works that were given to threads."""
        for threads in (self._threads, self._updates):
            threads.shutdown(wait=True)
        if self._kept is not None:
            self._kept.close()
        for engine in (self._autocommit, self._engine):
            engine.dispose()


def _postgres_engine(url: URL, *options: str) -> Engine:
    settings = (
        f"lock_timeout={POSTGRES_LOCK_TIMEOUT}",
        "timezone=UTC",
        f"idle_in_transaction_session_timeout={POSTGRES_IDLE_TIMEOUT}",
        *options,
    )
    engine = create_engine(
        url,
        pool_size=10,
        max_overflow=10,
        pool_timeout=POOL_TIMEOUT_SECONDS,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"options": options_of(url, *settings), **network_of(url)},
    )
    obey_the_server(engine)
    return engine
