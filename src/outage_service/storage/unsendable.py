"""Queued rows that nobody may send any more: looked for beside all transactions, ended in short ones.

Superseded ones, and those of people who have left or were erased (P12, P14). Those that may be sent but are
not, since their mailing is paused or the relay is down, are passed over, however many they are.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Update, case, exists, or_, select, update

from outage_service.domain.deliveries import DeliveryState
from outage_service.storage.now import database_now
from outage_service.storage.schema import delivery, mailing, subscriber
from outage_service.storage.types import written_out

SWEEP = 5_000
"""How many rows one transaction ends: the writer is held no longer."""
DeliveryKey = tuple[int, int]
"""Mailing and recipient."""

# Written out, not bound: only then is the partial index sure to be used.
_QUEUED = written_out(delivery.c.state, DeliveryState.QUEUED)
_IS_SUPERSEDED = exists().where(mailing.c.id == delivery.c.mailing_id, mailing.c.superseded_by.is_not(None))
_HAS_ADDRESSEE = or_(
    exists().where(subscriber.c.id == delivery.c.recipient_id, subscriber.c.state == "active"),
    # A letter whose address was not erased.
    exists().where(mailing.c.id == delivery.c.mailing_id, mailing.c.address != ""),
)
_IS_UNSENDABLE: ColumnElement[bool] = or_(_IS_SUPERSEDED, ~_HAS_ADDRESSEE)


def find_unsendable(tx: Connection, *, limit: int = SWEEP) -> list[DeliveryKey]:
    """Returns the rows to end whose time has come, longest due first. It may take long: ask while reading."""
    due = select(delivery.c.mailing_id, delivery.c.recipient_id).where(
        delivery.c.state == _QUEUED, delivery.c.retry_at <= database_now(tx), _IS_UNSENDABLE
    )
    return [
        (row.mailing_id, row.recipient_id)
        for row in tx.execute(due.order_by(delivery.c.retry_at).limit(limit))
    ]


def settle_unsendable(tx: Connection, found: Collection[DeliveryKey]) -> int:
    """Ends those of the rows that still are queued and not to be sent; returns how many.

    What another worker has in hand at this moment is left to it: neither waits for the other.
    """
    by_mailing: defaultdict[int, list[int]] = defaultdict(list)
    for mailing_id, recipient_id in found:
        by_mailing[mailing_id].append(recipient_id)
    now = database_now(tx)
    return sum(tx.execute(_ending(one, theirs, now)).rowcount for one, theirs in sorted(by_mailing.items()))


def _ending(mailing_id: int, recipients: list[int], now: datetime) -> Update:
    free = delivery.alias("free")
    theirs = select(free.c.recipient_id).where(
        free.c.mailing_id == mailing_id, free.c.recipient_id.in_(recipients), free.c.state == _QUEUED
    )
    ended = update(delivery).where(
        delivery.c.mailing_id == mailing_id,
        delivery.c.recipient_id.in_(theirs.with_for_update(skip_locked=True)),
        delivery.c.state == _QUEUED,
        _IS_UNSENDABLE,
    )
    state = case((_IS_SUPERSEDED, DeliveryState.SUPERSEDED.value), else_=DeliveryState.SUPPRESSED.value)
    return ended.values(state=state, retry_at=None, changed_at=now)
