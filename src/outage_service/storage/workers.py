"""Which worker processes live: a heartbeat in database time (decision: dead after 60 s)."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, update

from outage_service.storage.now import database_now
from outage_service.storage.schema import worker

DEAD_AFTER = timedelta(seconds=60)
FORGOTTEN_AFTER = timedelta(days=1)


def register_worker(tx: Connection, worker_id: str, *, host: str) -> None:
    """Adds a worker as seen now and forgets those long dead."""
    now = database_now(tx)
    tx.execute(delete(worker).where(worker.c.seen_at < now - FORGOTTEN_AFTER))
    tx.execute(insert(worker).values(id=worker_id, host=host, seen_at=now))


def beat(tx: Connection, worker_id: str, *, host: str) -> None:
    """Records that a worker lives, also one that was forgotten meanwhile."""
    seen = update(worker).where(worker.c.id == worker_id).values(seen_at=database_now(tx))
    if tx.execute(seen).rowcount == 0:
        register_worker(tx, worker_id, host=host)


def sign_off(tx: Connection, worker_id: str) -> None:
    """Removes a worker that stopped in order: its claims are free at once."""
    tx.execute(delete(worker).where(worker.c.id == worker_id))


def dead_before(tx: Connection) -> datetime:
    """Returns the instant since which a living worker has been seen."""
    return database_now(tx) - DEAD_AFTER
