"""Which worker processes live: a heartbeat in database time (decision: dead after 60 s)."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update

from outage_service.clock import Clock, system_clock
from outage_service.domain.clocks import ClockReading
from outage_service.storage.now import database_now
from outage_service.storage.schema import worker

DEAD_AFTER = timedelta(seconds=60)
FORGOTTEN_AFTER = timedelta(days=1)


def register_worker(tx: Connection, worker_id: str, *, host: str, clock: Clock = system_clock) -> None:
    """Adds a worker as seen now, with what its host's clock shows, and forgets those long dead."""
    now, shown = database_now(tx), clock()
    tx.execute(delete(worker).where(worker.c.seen_at < now - FORGOTTEN_AFTER))
    ahead = (shown - now).total_seconds()
    tx.execute(insert(worker).values(id=worker_id, host=host, seen_at=now, clock_ahead_seconds=ahead))


def living_workers(tx: Connection) -> int:
    """Returns how many senders have shown a sign of life lately, on any host."""
    alive = select(func.count()).select_from(worker).where(worker.c.seen_at >= database_now(tx) - DEAD_AFTER)
    return tx.execute(alive).scalar_one()


def beat(tx: Connection, worker_id: str, *, host: str, clock: Clock = system_clock) -> None:
    """Records that a worker lives, also one that was forgotten meanwhile."""
    now, shown = database_now(tx), clock()
    seen = update(worker).where(worker.c.id == worker_id)
    seen = seen.values(seen_at=now, clock_ahead_seconds=(shown - now).total_seconds())
    if tx.execute(seen).rowcount == 0:
        register_worker(tx, worker_id, host=host, clock=clock)


def heartbeats(tx: Connection) -> dict[str, datetime]:
    """Returns when each worker was seen last."""
    return {row.id: row.seen_at for row in tx.execute(select(worker.c.id, worker.c.seen_at))}


def count_as_seen_now(tx: Connection, living: Collection[str]) -> int:
    """Puts heartbeats right that the database's clock has made wrong by a jump; returns how many (P5).

    Args:
        living: workers of which it is known that they live, however old their heartbeats seem. Of those seen
            in the future nothing is known: whoever lives beats again, and who does not is dead a minute on.
    """
    now = database_now(tx)
    seem_dead = and_(worker.c.id.in_(living), worker.c.seen_at < now - DEAD_AFTER)
    wrong = update(worker).where(or_(worker.c.seen_at > now, seem_dead))
    # Their clocks' readings were taken against the database's clock before its jump: forgotten.
    return tx.execute(wrong.values(seen_at=now, clock_ahead_seconds=None)).rowcount


def clock_readings(tx: Connection, *, but: str = "") -> list[ClockReading]:
    """Returns what the clocks of those who live showed at their last heartbeat, but for one worker's.

    Of who is seen in the future that is not known: it was the database's clock that was wrong.
    """
    now, ahead = database_now(tx), worker.c.clock_ahead_seconds
    wanted = select(worker.c.host, ahead.label("ahead")).where(
        worker.c.seen_at.between(now - DEAD_AFTER, now), worker.c.id != but, ahead.is_not(None)
    )
    return [ClockReading(row.host, timedelta(seconds=row.ahead)) for row in tx.execute(wanted)]


def sign_off(tx: Connection, worker_id: str) -> None:
    """Removes a worker that stopped in order: its claims are free at once."""
    tx.execute(delete(worker).where(worker.c.id == worker_id))


def dead_before(tx: Connection) -> datetime:
    """Returns the instant since which a living worker has been seen."""
    return database_now(tx) - DEAD_AFTER
