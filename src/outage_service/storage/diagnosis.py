"""What `doctor` asks of a database, and every start."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, exists, select, text

from outage_service.storage.database import Database
from outage_service.storage.failures import DATABASE_ERRORS
from outage_service.storage.now import database_now
from outage_service.storage.schema import audit

_SQLITE_FULL = 2
"""`PRAGMA synchronous`: every commit is synced."""
_REFUSES_WRITES = "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean"
"""A standby, or an administrator who lets nobody write; of this session, which is new."""


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """A database's kind and version, its clock, and whether what it has answered survives a power cut.

    `takes_writes` is what a server says; whether an SQLite file may be written is for the file system to say.
    """

    product: str
    version: str
    now: datetime
    syncs_commits: bool
    takes_writes: bool = True


def database_facts(tx: Connection) -> DatabaseFacts:
    """Returns what the database says of itself."""
    if tx.dialect.name == "sqlite":
        version = tx.execute(text("SELECT sqlite_version()")).scalar_one()
        is_full = tx.execute(text("PRAGMA synchronous")).scalar_one() >= _SQLITE_FULL
        return DatabaseFacts("SQLite", version, database_now(tx), is_full)
    version = tx.execute(text("SHOW server_version")).scalar_one()
    fsync = tx.execute(text("SHOW fsync")).scalar_one()
    commit = tx.execute(text("SHOW synchronous_commit")).scalar_one()
    takes_writes = not tx.execute(text(_REFUSES_WRITES)).scalar_one()
    return DatabaseFacts("PostgreSQL", version, database_now(tx), "off" not in (fsync, commit), takes_writes)


def has_records(db: Database) -> bool:
    """Returns whether anything was ever done with a database: each act leaves a row in the audit log.

    One that has no tables yet has none, and of one that cannot be read nothing is known.
    """
    try:
        with db.read() as tx:
            return tx.execute(select(exists(select(audit.c.id)))).scalar_one()
    except DATABASE_ERRORS:
        return False
