"""Looking into a bulletin's deliveries at the console, and trying again whom it did not reach."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from outage_service.domain.deliveries import GIVE_UP_AFTER, DeliveryState
from outage_service.domain.errors import StateConflict
from outage_service.domain.roles import Actor
from outage_service.services import queries
from outage_service.services.engine import Engine
from outage_service.services.queries import DeliveryReport
from outage_service.services.relay_words import without_addresses
from outage_service.storage import Connection, audit, pauses
from outage_service.storage import unreached as rows
from outage_service.storage.unreached import Reason

REASONS_READ = 500
REASONS_SHOWN = 30


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A bulletin's report, why recipients were not reached, and what can be done about it."""

    report: DeliveryReport
    reasons: tuple[Reason, ...]
    paused_at: datetime | None
    may_retry: bool


def view_deliveries(
    engine: Engine, tx: Connection, bulletin_id: int, *, after_recipient: int, limit: int
) -> DeliveryView:
    """Returns how far a bulletin has come.

    Raises:
        NotFound: there is none with this id.
    """
    report = queries.report_deliveries(tx, bulletin_id, after_recipient=after_recipient, limit=limit)
    return DeliveryView(
        report,
        _merged(rows.reasons(tx, bulletin_id, limit=REASONS_READ)),
        pauses.paused_at(tx, bulletin_id),
        _may_retry(engine, report),
    )


def _may_retry(engine: Engine, report: DeliveryReport) -> bool:
    is_young = engine.clock() - report.bulletin.issued_at < GIVE_UP_AFTER
    has_any = any(report.progress.counts[state] for state in queries.NOT_REACHED)
    return has_any and is_young and not report.progress.is_superseded


def _merged(found: list[Reason]) -> tuple[Reason, ...]:
    """Returns reasons that differ by the address alone as one, without it."""
    counts: Counter[tuple[DeliveryState, int | None, str]] = Counter()
    for each in found:
        counts[each.state, each.code, without_addresses(each.detail)] += each.count
    return tuple(Reason(*key, count) for key, count in counts.most_common(REASONS_SHOWN))


def retry(engine: Engine, tx: Connection, actor: Actor, bulletin_id: int) -> int:
    """Queues again whom a bulletin did not reach; returns how many.

    Raises:
        NotFound: there is no such bulletin.
        StateConflict: a newer bulletin has taken its place, it is too old, or everybody was reached.
    """
    report = queries.report_deliveries(tx, bulletin_id, after_recipient=0, limit=1)
    if not _may_retry(engine, report):
        raise StateConflict("nothing_to_retry", "There is nobody to send this bulletin to again.")
    count = rows.queue_unreached(tx, bulletin_id)
    audit.record(
        tx,
        "deliveries_retried",
        at=engine.clock(),
        actor=actor.name,
        outage_id=report.bulletin.outage_id,
        detail={"bulletin_id": bulletin_id, "count": count},
    )
    return count
