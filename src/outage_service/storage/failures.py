"""What a database's errors mean to a caller: gone, busy, or taken by somebody who was faster."""

import errno
import sqlite3
from enum import Enum, auto

from sqlalchemy.exc import (
    DBAPIError,
    DisconnectionError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

DATABASE_ERRORS = (SQLAlchemyError, sqlite3.Error)
"""What a transaction can fail with besides its own work's errors."""

_LOCK_NOT_AVAILABLE = "55P03"
_TAKEN = {"23505", "40001", "40P01"}  # unique violation, serialisation failure, deadlock
_NOT_MIGRATED = {"42P01", "42703"}  # undefined table, undefined column
_SQLITE_TAKEN = {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}
_REFUSED = {
    "25006",  # a read-only transaction
    "53100",  # disk full
    "0A000",  # not supported: on a standby, a transaction that says that it will write
}
_NO_ROOM = {"53100", "SQLITE_FULL", errno.ENOSPC, errno.EDQUOT}
_SQLITE_REFUSED = ("SQLITE_READONLY", "SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC")
_LOCK_FILE_REFUSED = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT}


class Failure(Enum):
    """The kinds of failure a caller can do something about; `FAULT` is our own."""

    UNAVAILABLE = auto()
    BUSY = auto()
    TAKEN = auto()
    FAULT = auto()


def failure_of(error: Exception) -> Failure:
    """Returns what an error of the database means."""
    original = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(original, "sqlstate", None)
    name = getattr(original, "sqlite_errorname", "") or ""
    if state == _LOCK_NOT_AVAILABLE or name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Failure.BUSY
    if state in _TAKEN or name in _SQLITE_TAKEN:
        return Failure.TAKEN
    if isinstance(error, IntegrityError):
        return Failure.FAULT
    if refuses_writes(error):
        return Failure.UNAVAILABLE
    gone = (OperationalError, InterfaceError, DisconnectionError, PoolTimeout, sqlite3.Error)
    is_invalidated = isinstance(error, DBAPIError) and error.connection_invalidated
    return (
        Failure.UNAVAILABLE
        if isinstance(error, gone) or is_invalidated or state in _NOT_MIGRATED
        else Failure.FAULT
    )


def refuses_writes(error: Exception) -> bool:
    """Returns whether the database, or the disk under it, takes no writes at all, whoever tries."""
    original = error.orig if isinstance(error, DBAPIError) else error
    name = getattr(original, "sqlite_errorname", "") or ""
    return (
        getattr(original, "sqlstate", None) in _REFUSED
        or name.startswith(_SQLITE_REFUSED)
        or (isinstance(original, OSError) and original.errno in _LOCK_FILE_REFUSED)
    )


def lacks_room(error: Exception) -> bool:
    """Returns whether a write was refused for want of room: a smaller one may still find some."""
    original = error.orig if isinstance(error, DBAPIError) else error
    names = (getattr(original, name, None) for name in ("sqlstate", "sqlite_errorname", "errno"))
    return not _NO_ROOM.isdisjoint(names)


def is_lock_timeout(error: Exception) -> bool:
    """Returns whether a transaction gave up waiting for another one."""
    return failure_of(error) is Failure.BUSY
