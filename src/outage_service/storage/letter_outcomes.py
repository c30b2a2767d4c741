"""What became of the latest letters to one person: the evidence by which the relay is judged."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update

from outage_service.domain.deliveries import DeliveryState
from outage_service.storage.deliveries import LONE_RECIPIENT
from outage_service.storage.mailings import BULLETIN
from outage_service.storage.now import database_now
from outage_service.storage.recipient_outcomes import Ending, endings_with, read_endings
from outage_service.storage.schema import delivery, mailing

LOOKED_AT = 200
"""How many mailings are looked at, at most."""
BULLETINS_LOOKED_AT = 5
RECIPIENTS_LOOKED_AT = 1_000


def letters_around(tx: Connection, mailing_ids: Collection[int]) -> list[Ending]:
    """Returns what became of the newest letters, and of those just before and with the last of these.

    Letters are written to in order of id. Those that nobody would send any more are left out.
    """
    newest = _newest_id(tx)
    found: dict[int, Ending] = {}
    for last in {newest, max(mailing_ids, default=newest)}:
        among = mailing.c.id.between(last - LOOKED_AT, last)
        letters = endings_with(func.lower(mailing.c.address)).where(
            among,
            delivery.c.mailing_id == mailing.c.id,
            delivery.c.recipient_id == LONE_RECIPIENT,
            mailing.c.address != "",
            mailing.c.superseded_by.is_(None),
        )
        found |= {one.mailing_id: one for one in read_endings(tx.execute(letters))}
    return list(found.values())


def bulletin_accepted_at(tx: Connection) -> datetime | None:
    """Returns when one of the newest bulletins was last accepted for one of its last recipients, or None."""
    bulletins = select(mailing.c.id).where(
        mailing.c.id > _newest_id(tx) - LOOKED_AT, mailing.c.purpose == BULLETIN
    )
    ids = tx.execute(bulletins.order_by(mailing.c.id.desc()).limit(BULLETINS_LOOKED_AT)).scalars()
    found = [at for at in (_last_accepted_at(tx, mailing_id) for mailing_id in ids.all()) if at]
    return max(found, default=None)


def _newest_id(tx: Connection) -> int:
    # The bound makes SQLite's plan tell that it looks for a key and reads one row.
    newest = select(mailing.c.id).where(mailing.c.id > 0).order_by(mailing.c.id.desc()).limit(1)
    return tx.execute(newest).scalar_one_or_none() or 0


def _last_accepted_at(tx: Connection, mailing_id: int) -> datetime | None:
    last = select(delivery.c.state, delivery.c.changed_at).where(delivery.c.mailing_id == mailing_id)
    some = last.order_by(delivery.c.recipient_id.desc()).limit(RECIPIENTS_LOOKED_AT).subquery()
    accepted = select(func.max(some.c.changed_at)).where(some.c.state == DeliveryState.ACCEPTED.value)
    found: datetime | None = tx.execute(accepted).scalar_one()
    return found


def requeue_letters(
    tx: Connection, mailing_ids: Collection[int], *, first_after: datetime, retry_in: timedelta
) -> None:
    """Queues those of the letters again that have failed and were first tried after then.

    Their attempt stays, so that late outcomes of it change nothing (P9).
    """
    failed = update(delivery).where(
        delivery.c.mailing_id.in_(mailing_ids),
        delivery.c.recipient_id == LONE_RECIPIENT,
        delivery.c.state == DeliveryState.FAILED.value,
        delivery.c.first_at > first_after,
    )
    now = database_now(tx)
    again = {"worker_id": None, "retry_at": now + retry_in, "changed_at": now}
    tx.execute(failed.values(state=DeliveryState.QUEUED.value, **again))
