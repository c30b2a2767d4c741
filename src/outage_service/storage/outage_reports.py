"""What reports for a period are made of: the outages told of in it, and their promises."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, or_, select

from outage_service.domain.outage_reports import Promise
from outage_service.domain.outages import Outage
from outage_service.storage.outages import outages_by_id
from outage_service.storage.schema import bulletin


def outages_told_of(tx: Connection, *, since: datetime, until: datetime, limit: int) -> list[Outage]:
    """Returns outages that had a bulletin, or one due, in the period, both ends included; newest first."""
    wanted = select(bulletin.c.outage_id).where(
        or_(bulletin.c.issued_at.between(since, until), bulletin.c.next_due_at.between(since, until))
    )
    newest = wanted.distinct().order_by(bulletin.c.outage_id.desc()).limit(limit)
    return outages_by_id(tx, list(tx.execute(newest).scalars()))


def promises_of(tx: Connection, outage_ids: Sequence[int]) -> dict[int, list[Promise]]:
    """Returns the bulletins of each outage in order, with what they promised."""
    found: dict[int, list[Promise]] = {outage_id: [] for outage_id in outage_ids}
    wanted = (
        select(bulletin.c.outage_id, bulletin.c.created_at, bulletin.c.next_due_at)
        .where(bulletin.c.outage_id.in_(outage_ids))
        .order_by(bulletin.c.outage_id, bulletin.c.sequence)
    )
    for row in tx.execute(wanted):
        found[row.outage_id].append(Promise(row.created_at, row.next_due_at))
    return found
