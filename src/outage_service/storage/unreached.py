"""Recipients whom a bulletin did not reach: why, and to be tried again."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select, update

from outage_service.domain.deliveries import DeliveryState
from outage_service.storage.now import database_now
from outage_service.storage.schema import delivery, mailing, subscriber

_UNREACHED = (DeliveryState.FAILED.value, DeliveryState.EXPIRED.value)
_ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Reason:
    """What the relay, or the service itself, said of some recipients; `state` tells whether it is final."""

    state: DeliveryState
    code: int | None
    detail: str
    count: int


def reasons(tx: Connection, bulletin_id: int, *, limit: int) -> list[Reason]:
    """Returns why recipients were not reached, or not yet, the most frequent first."""
    said = func.coalesce(delivery.c.detail, "")
    count = func.count()
    wanted = (
        select(delivery.c.state, delivery.c.code, said, count)
        .join(mailing, mailing.c.id == delivery.c.mailing_id)
        .where(
            mailing.c.bulletin_id == bulletin_id,
            delivery.c.state.in_((*_UNREACHED, DeliveryState.QUEUED.value)),
            delivery.c.tries + delivery.c.faults > 0,
        )
        .group_by(delivery.c.state, delivery.c.code, said)
        .order_by(count.desc(), delivery.c.state, said)
        .limit(limit)
    )
    return [
        Reason(DeliveryState(state), code, detail, many) for state, code, detail, many in tx.execute(wanted)
    ]


def queue_unreached(tx: Connection, bulletin_id: int) -> int:
    """Queues again whom a bulletin did not reach and who still subscribes; returns how many.

    Nobody where a newer bulletin has taken its place (P12).
    """
    current = select(mailing.c.id).where(
        mailing.c.bulletin_id == bulletin_id, mailing.c.superseded_by.is_(None)
    )
    active = select(subscriber.c.id).where(
        subscriber.c.id == delivery.c.recipient_id, subscriber.c.state == _ACTIVE
    )
    again = update(delivery).where(
        delivery.c.mailing_id.in_(current), delivery.c.state.in_(_UNREACHED), active.exists()
    )
    now = database_now(tx)
    # The attempt stays: it tells this try from those before, whose late outcomes change nothing (P9).
    # The 72 h count anew: an operator asks for more than one try.
    values = {"worker_id": None, "retry_at": now, "first_at": now, "changed_at": now, "tries": 0, "faults": 0}
    return tx.execute(again.values(state=DeliveryState.QUEUED.value, **values)).rowcount
