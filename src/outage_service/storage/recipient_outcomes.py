"""What became of the last few recipients of a mailing: the evidence by which the relay is judged."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select, union_all, update

from outage_service.domain.deliveries import DeliveryState
from outage_service.storage.deliveries import ID_WINDOW
from outage_service.storage.mailings import audience_filter
from outage_service.storage.now import database_now
from outage_service.storage.schema import delivery, mailing, subscriber
from outage_service.storage.types import AnyRow, written_out

LOOKED_AT = 200
"""How many rows of a mailing are looked at, at most."""
FIRST_LOOKED_AT = 1_000
"""How many of the first recipients are searched for accepted ones."""
_CLAIMED = written_out(delivery.c.state, DeliveryState.CLAIMED)


@dataclass(frozen=True, slots=True)
class Ending:
    """A recipient's state, with what the relay said; `changed_at` is in database time.

    `address` is in lower case; None or blank where it was erased.
    """

    mailing_id: int
    recipient_id: int
    address: str | None
    state: DeliveryState
    code: int | None
    detail: str | None
    changed_at: datetime


def endings_with(address: ColumnElement[str]) -> Select[Any]:
    """Returns a query for what `read_endings` reads, with the addresses from there."""
    return select(
        delivery.c.mailing_id, delivery.c.recipient_id, address, delivery.c.state, delivery.c.code,
        delivery.c.detail, delivery.c.changed_at,
    )  # fmt: skip


def read_endings(rows: Iterable[AnyRow]) -> list[Ending]:
    """Returns rows of `endings_with` as what they are."""
    return [
        Ending(row[0], row[1], row[2], DeliveryState(row[3]), code=row[4], detail=row[5], changed_at=row[6])
        for row in rows
    ]


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
    theirs = subscriber.c.id == delivery.c.recipient_id
    wanted = endings_with(subscriber.c.address_key).join_from(delivery, subscriber, theirs, isouter=True)
    latest = wanted.where(*conditions).order_by(delivery.c.recipient_id.desc()).limit(LOOKED_AT)
    return read_endings(tx.execute(latest))


def addresses_accepted(tx: Connection, mailing_id: int, *, up_to: int) -> set[str]:
    """Returns who was accepted among a mailing's first recipients, and the last up to this one."""
    of_mailing = select(delivery.c.recipient_id, delivery.c.state).where(delivery.c.mailing_id == mailing_id)
    first = of_mailing.order_by(delivery.c.recipient_id).limit(FIRST_LOOKED_AT).subquery()
    last = of_mailing.where(delivery.c.recipient_id <= up_to).order_by(delivery.c.recipient_id.desc())
    some = union_all(select(first), select(last.limit(LOOKED_AT).subquery())).subquery()
    theirs = select(subscriber.c.address_key).join(some, some.c.recipient_id == subscriber.c.id)
    return set(tx.execute(theirs.where(some.c.state == DeliveryState.ACCEPTED.value)).scalars())


def awaits_other_domain(tx: Connection, mailing_id: int, domain: str, *, beside: Collection[int]) -> bool:
    """Returns whether a mailing is still to be tried for somebody who is not of this domain, before long.

    That is: now, for another than `beside`, or among the ids that the next chunks look at.
    """
    is_other = ~subscriber.c.address_key.endswith(f"@{domain}", autoescape=True)
    in_hand = select(subscriber.c.id).where(
        is_other,
        subscriber.c.id == delivery.c.recipient_id,
        delivery.c.mailing_id == mailing_id,
        delivery.c.state == _CLAIMED,
        subscriber.c.id.not_in(beside),
    )
    if tx.execute(in_hand.limit(1)).first() is not None:
        return True
    span = select(mailing.c.cursor_id, mailing.c.upper_id, mailing.c.systems, mailing.c.kinds)
    row = tx.execute(span.where(mailing.c.id == mailing_id)).one()
    ahead = select(subscriber.c.id).where(
        is_other,
        subscriber.c.id > row.cursor_id,
        subscriber.c.id <= min(row.cursor_id + ID_WINDOW, row.upper_id),
        *audience_filter(row.systems, row.kinds),
    )
    return tx.execute(ahead.limit(1)).first() is not None


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
