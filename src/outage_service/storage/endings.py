"""What became of a few recipients of a mailing, as somebody needs it who judges the relay by it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select, update

from outage_service.domain.deliveries import DeliveryState
from outage_service.storage.now import database_now
from outage_service.storage.schema import delivery, mailing

LOOKED_AT = 200
"""How many rows of a mailing are looked at, at most."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A recipient's state, with what the relay said; `changed_at` is in database time."""

    recipient_id: int
    state: DeliveryState
    code: int | None
    detail: str | None
    changed_at: datetime


def latest_up_to(tx: Connection, mailing_id: int, recipient_id: int) -> list[Ending]:
    """Returns the recipients just before and with this one: they are written to in order of id."""
    return _endings(tx, delivery.c.mailing_id == mailing_id, delivery.c.recipient_id <= recipient_id)


def all_of(tx: Connection, mailing_id: int) -> list[Ending] | None:
    """Returns all recipients of a mailing; None where they are many, or not all of them are known yet."""
    is_known = select(mailing.c.is_fanned_out).where(mailing.c.id == mailing_id)
    if not tx.execute(is_known).scalar_one():
        return None
    found = _endings(tx, delivery.c.mailing_id == mailing_id)
    return found if len(found) < LOOKED_AT else None


def _endings(tx: Connection, *conditions: ColumnElement[bool]) -> list[Ending]:
    wanted = select(
        delivery.c.recipient_id, delivery.c.state, delivery.c.code, delivery.c.detail, delivery.c.changed_at
    )
    latest = wanted.where(*conditions).order_by(delivery.c.recipient_id.desc()).limit(LOOKED_AT)
    return [Ending(one[0], DeliveryState(one[1]), *one[2:]) for one in tx.execute(latest)]


def requeue_failed(tx: Connection, mailing_id: int, recipients: Collection[int]) -> None:
    """Queues those of the recipients again who have failed.

    Their attempt stays, so that late outcomes of it change nothing (P9).
    """
    failed = update(delivery).where(
        delivery.c.mailing_id == mailing_id,
        delivery.c.recipient_id.in_(recipients),
        delivery.c.state == DeliveryState.FAILED.value,
    )
    now = database_now(tx)
    again = {"state": DeliveryState.QUEUED.value, "worker_id": None, "retry_at": now, "changed_at": now}
    tx.execute(failed.values(**again))
