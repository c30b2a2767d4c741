"""The database's own clock: one for all workers, for heartbeats and retries."""

from datetime import UTC, datetime

from sqlalchemy import Connection, text

_ON_SQLITE = text("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')")
_ON_POSTGRESQL = text("SELECT clock_timestamp()")


def database_now(tx: Connection) -> datetime:
    """Returns the database's present instant in UTC."""
    if tx.dialect.name == "sqlite":
        found = tx.execute(_ON_SQLITE).scalar_one()
        return datetime.fromisoformat(found).replace(tzinfo=UTC)
    instant: datetime = tx.execute(_ON_POSTGRESQL).scalar_one()
    return instant.astimezone(UTC)
