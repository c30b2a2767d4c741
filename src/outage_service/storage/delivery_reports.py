"""Questions about the ledger that cross tables: for delivery reports and metrics. Nothing here writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from outage_service.domain.bounces import SuppressionReason
from outage_service.domain.bulletins import BulletinKind
from outage_service.domain.deliveries import DeliveryState
from outage_service.storage.alerts import count_open_alerts
from outage_service.storage.outages import next_due_at
from outage_service.storage.pauses import paused_bulletins
from outage_service.storage.schema import bulletin, delivery, mailing, subscriber
from outage_service.storage.suppressions import count_suppressions
from outage_service.storage.workers import living_workers


@dataclass(frozen=True, slots=True)
class FailedDelivery:
    """A recipient whom a bulletin did not reach; `address` is None where that subscriber was erased."""

    recipient_id: int
    state: DeliveryState
    tries: int
    code: int | None
    detail: str | None
    address: str | None
    changed_at: datetime


def failed_deliveries(
    tx: Connection, bulletin_id: int, *, states: Sequence[DeliveryState], after_id: int, limit: int
) -> list[FailedDelivery]:
    """Returns a bulletin's deliveries in one of `states`, by recipient, beyond `after_id`."""
    wanted = (
        select(delivery, subscriber.c.email)
        .join(mailing, mailing.c.id == delivery.c.mailing_id)
        .join(subscriber, subscriber.c.id == delivery.c.recipient_id, isouter=True)
        .where(
            mailing.c.bulletin_id == bulletin_id,
            delivery.c.recipient_id > after_id,
            delivery.c.state.in_([state.value for state in states]),
        )
        .order_by(delivery.c.recipient_id)
        .limit(limit)
    )
    return [
        FailedDelivery(
            recipient_id=row.recipient_id,
            state=DeliveryState(row.state),
            tries=row.tries,
            code=row.code,
            detail=row.detail,
            address=row.email,
            changed_at=row.changed_at,
        )
        for row in tx.execute(wanted)
    ]


@dataclass(frozen=True, slots=True)
class Figures:
    """What the metrics show of the database; deliveries are those of mailings since `since`."""

    bulletins: dict[BulletinKind, int]
    deliveries: dict[DeliveryState, int]
    oldest_due_at: datetime | None
    workers: int
    alerts: dict[str, int]
    paused: int
    suppressions: dict[SuppressionReason, int]


def figures(tx: Connection, *, since: datetime) -> Figures:
    """Returns the present figures."""
    by_kind = select(bulletin.c.kind, func.count()).group_by(bulletin.c.kind)
    recent = select(mailing.c.id).where(mailing.c.created_at >= since)
    by_state = select(delivery.c.state, func.count()).where(delivery.c.mailing_id.in_(recent))
    return Figures(
        bulletins={BulletinKind(kind): count for kind, count in tx.execute(by_kind)},
        deliveries={
            DeliveryState(state): count for state, count in tx.execute(by_state.group_by(delivery.c.state))
        },
        oldest_due_at=next_due_at(tx),
        workers=living_workers(tx),
        alerts=count_open_alerts(tx),
        paused=len(paused_bulletins(tx)),
        suppressions=count_suppressions(tx),
    )
