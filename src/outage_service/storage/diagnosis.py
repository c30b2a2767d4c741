"""What `doctor` asks of a database."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from outage_service.storage.now import database_now

_SQLITE_FULL = 2
"""`PRAGMA synchronous`: every commit is synced."""


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """A database's kind and version, its clock, and whether what it has answered survives a power cut."""

    product: str
    version: str
    now: datetime
    syncs_commits: bool


def database_facts(tx: Connection) -> DatabaseFacts:
    """Returns what the database says of itself."""
    if tx.dialect.name == "sqlite":
        version = tx.execute(text("SELECT sqlite_version()")).scalar_one()
        is_full = tx.execute(text("PRAGMA synchronous")).scalar_one() >= _SQLITE_FULL
        return DatabaseFacts("SQLite", version, database_now(tx), is_full)
    version = tx.execute(text("SHOW server_version")).scalar_one()
    fsync = tx.execute(text("SHOW fsync")).scalar_one()
    commit = tx.execute(text("SHOW synchronous_commit")).scalar_one()
    return DatabaseFacts("PostgreSQL", version, database_now(tx), "off" not in (fsync, commit))
