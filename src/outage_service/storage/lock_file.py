"""The lock file between the processes that write to one SQLite file.

The system serves those who wait in order, and frees the lock of a process that dies. It does not free that of
one that hangs: a process that is to end itself must not wait for it for ever.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy.exc import OperationalError

from outage_service.clock import monotonic_seconds

LOOK_AT_LOCK_SECONDS = 1.0
"""How often it is looked whether the lock file, kept open, still is the one that others find."""
_LOOK_UP_SECONDS = 0.2


class LockFile:
    """One process's part in the lock; one thread uses it at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None
        self._look_at = 0.0
        self._give_up_at = float("inf")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds the lock, once it is this process's turn.

        Raises:
            OperationalError: the file cannot be opened, or this process ends and waits no longer.
        """
        if monotonic_seconds() > self._look_at:
            self._forget_if_replaced()
            self._look_at = monotonic_seconds() + LOOK_AT_LOCK_SECONDS
        file = self._file = self._file or open_lock(self._path)
        if not takes_at_once(file):
            file = self._file = self._wait()
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)

    def end_waiting(self, *, within_seconds: float) -> None:
        """Lets nobody wait for another process from then on; to be called when this one is to end."""
        self._give_up_at = monotonic_seconds() + within_seconds

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()

    def _wait(self) -> IO[bytes]:
        """Waits in the system's queue, in a thread that may be left behind: nothing interrupts that wait."""
        self.close()
        turn: Future[IO[bytes]] = Future()
        file = open_lock(self._path)
        threading.Thread(target=_take, args=(file, turn), name="sqlite-lock", daemon=True).start()
        while True:
            try:
                return turn.result(_LOOK_UP_SECONDS)
            except TimeoutError:
                if monotonic_seconds() >= self._give_up_at and turn.cancel():
                    self._file = None
                    raise OperationalError("lock", None, TimeoutError("another process holds it")) from None

    def _forget_if_replaced(self) -> None:
        """Whoever locks a file that others do not find keeps nobody out."""
        if self._file is None:
            return
        try:
            if os.path.samestat(os.fstat(self._file.fileno()), self._path.stat()):
                return
        except OSError:
            pass
        self._file.close()
        self._file = None


def open_lock(path: Path) -> IO[bytes]:
    """Returns a lock file; a missing or read-only folder is a database that cannot be reached."""
    try:
        return path.open("ab")
    except OSError as error:
        raise OperationalError(f"open {path.name}", None, error) from error


def takes_at_once(file: IO[bytes]) -> bool:
    """Returns whether nobody else held the lock: then this process does."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _take(file: IO[bytes], turn: "Future[IO[bytes]]") -> None:
    fcntl.flock(file, fcntl.LOCK_EX)
    if turn.set_running_or_notify_cancel():
        turn.set_result(file)
    else:  # nobody waits any more
        file.close()
