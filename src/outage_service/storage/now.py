"""The database's own clock: one for all workers, for heartbeats and retries."""

from datetime import UTC, datetime

from sqlalchemy import Connection, text


def database_now(tx: Connection) -> datetime:
    """Returns the database's present instant in UTC."""
    if tx.dialect.name == "sqlite":
        found = tx.execute(text("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')")).scalar_one()
        return datetime.fromisoformat(found).replace(tzinfo=UTC)
    instant: datetime = tx.execute(text("SELECT clock_timestamp()")).scalar_one()
    return instant.astimezone(UTC)
