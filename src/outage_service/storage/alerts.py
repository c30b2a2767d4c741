"""What is wrong with the service itself, as the database shows it, and what was told of it (P22)."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, Update, delete, exists, func, insert, or_, select, update

from outage_service.domain.deliveries import DeliveryState
from outage_service.storage.bounce_schema import alert, relay_pause
from outage_service.storage.locks import take_turns
from outage_service.storage.now import database_now
from outage_service.storage.schema import delivery, mailing, outage, worker
from outage_service.storage.types import written_out
from outage_service.storage.workers import DEAD_AFTER, FORGOTTEN_AFTER

Event = tuple[str, str]
"""The kind of an alert and what it is about."""
KEPT_FOR = timedelta(days=90)
_CANARY = written_out(mailing.c.purpose, "canary")
"""Written out: only then is the index of these letters sure to be used."""


def open_alerts(tx: Connection) -> set[Event]:
    """Returns the alerts that are raised and not cleared."""
    rows = tx.execute(select(alert.c.kind, alert.c.subject).where(alert.c.cleared_at.is_(None)))
    return {(row.kind, row.subject) for row in rows}


def raise_alert(tx: Connection, event: Event, *, now: datetime) -> bool:
    """Opens an alert and returns whether it was not open: of many who notice, one is told so."""
    take_turns(tx, "alerts")
    if event in open_alerts(tx):
        return False
    tx.execute(delete(alert).where(alert.c.cleared_at < now - KEPT_FOR))
    tx.execute(insert(alert).values(kind=event[0], subject=event[1], raised_at=now))
    return True


def clear_alert(tx: Connection, event: Event, *, now: datetime) -> bool:
    """Closes an alert and returns whether it was open."""
    return tx.execute(_while_open(event).values(cleared_at=now)).rowcount > 0


def tell_again(tx: Connection, event: Event, *, now: datetime) -> bool:
    """Makes an open alert one of now and returns whether there was one; nobody waits for others for it."""
    return tx.execute(_while_open(event).values(raised_at=now)).rowcount > 0


def _while_open(event: Event) -> Update:
    return update(alert).where(
        alert.c.kind == event[0], alert.c.subject == event[1], alert.c.cleared_at.is_(None)
    )


def told_since(tx: Connection, kinds: Collection[str], since: datetime) -> set[Event]:
    """Returns the open alerts of these kinds that were raised, or told again, then or later."""
    raised = select(alert.c.kind, alert.c.subject).where(
        alert.c.kind.in_(kinds), alert.c.cleared_at.is_(None), alert.c.raised_at >= since
    )
    return {(row.kind, row.subject) for row in tx.execute(raised)}


def count_open_alerts(tx: Connection) -> dict[str, int]:
    """Returns how many alerts are open, by kind."""
    by_kind = select(alert.c.kind, func.count().label("number")).where(alert.c.cleared_at.is_(None))
    by_kind = by_kind.group_by(alert.c.kind)
    return {row.kind: row.number for row in tx.execute(by_kind)}


def note_relay(
    tx: Connection, worker_id: str, *, paused_for: timedelta | None, is_misconfigured: bool
) -> None:
    """Keeps what a worker says of its relay; None: mail flows. Rows of workers long gone go with it."""
    gone = ~exists().where(worker.c.id == relay_pause.c.worker_id)
    tx.execute(delete(relay_pause).where(or_(relay_pause.c.worker_id == worker_id, gone)))
    if paused_for is not None:
        since = database_now(tx) - paused_for
        values = {"worker_id": worker_id, "since": since, "is_misconfigured": is_misconfigured}
        tx.execute(insert(relay_pause).values(**values))


def is_relay_paused(tx: Connection, *, longer_than: timedelta) -> bool:
    """Returns whether a living worker leaves its relay alone for so long, or cannot use it as it is set."""
    now = database_now(tx)
    wanted = select(relay_pause.c.worker_id).where(
        exists().where(worker.c.id == relay_pause.c.worker_id, worker.c.seen_at >= now - DEAD_AFTER),
        or_(relay_pause.c.is_misconfigured, relay_pause.c.since <= now - longer_than),
    )
    return tx.execute(wanted.limit(1)).first() is not None


def silent_hosts(tx: Connection) -> list[str]:
    """Returns the hosts on which a worker stopped without a word and none lives; long gone ones not."""
    now = database_now(tx)
    living = worker.alias("living")
    is_dead = worker.c.seen_at.between(now - FORGOTTEN_AFTER, now - DEAD_AFTER)
    is_replaced = exists().where(living.c.host == worker.c.host, living.c.seen_at > now - DEAD_AFTER)
    return list(tx.execute(select(worker.c.host).where(is_dead, ~is_replaced).distinct()).scalars())


def is_alive(tx: Connection, *, host: str) -> bool:
    """Returns whether a worker lives on a host."""
    lives = select(worker.c.id).where(worker.c.host == host, worker.c.seen_at > database_now(tx) - DEAD_AFTER)
    return tx.execute(lives.limit(1)).first() is not None


def overdue_outages(tx: Connection, *, due_by: datetime) -> list[str]:
    """Returns the numbers of outages whose bulletin was due then or before and has not gone out."""
    return list(tx.execute(select(outage.c.number).where(outage.c.next_due_at <= due_by)).scalars())


def is_canary_missing(tx: Connection, *, sent_before: datetime) -> bool:
    """Returns whether the newest letter to the watched mailbox that could have arrived was not accepted.

    Younger ones say something only once they are accepted. One that test mode withholds says nothing.
    """
    outcome = select(delivery.c.state).where(delivery.c.mailing_id == mailing.c.id).scalar_subquery()
    told = or_(mailing.c.created_at <= sent_before, outcome == DeliveryState.ACCEPTED.value)
    newest = select(outcome.label("state")).where(mailing.c.purpose == _CANARY, told)
    row = tx.execute(newest.order_by(mailing.c.id.desc()).limit(1)).one_or_none()
    return row is not None and row.state not in (DeliveryState.ACCEPTED, DeliveryState.SUPPRESSED)
