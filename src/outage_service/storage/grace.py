"""Rows of relief that was extended. They are written once and never changed."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from outage_service.domain.grace import Extension
from outage_service.domain.subscriptions import systems_mask, systems_of_mask
from outage_service.storage.contingency_schema import grace


def insert_extension(tx: Connection, outage_id: int, extension: Extension, *, sequence: int) -> None:
    """Adds what the bulletin with this sequence has granted."""
    values = {
        "outage_id": outage_id,
        "sequence": sequence,
        "systems": systems_mask(extension.systems),
        "paper_accepted_until": extension.paper_accepted_until,
        "penalty_relief_until": extension.penalty_relief_until,
    }
    tx.execute(insert(grace).values(**values))


def extensions_of(tx: Connection, outage_ids: Sequence[int]) -> dict[int, tuple[Extension, ...]]:
    """Returns what each outage was granted, in order; an outage without an extension is left out."""
    found: dict[int, tuple[Extension, ...]] = {}
    if not outage_ids:
        return found
    wanted = (
        select(grace).where(grace.c.outage_id.in_(outage_ids)).order_by(grace.c.outage_id, grace.c.sequence)
    )
    for row in tx.execute(wanted):
        one = Extension(systems_of_mask(row.systems), row.paper_accepted_until, row.penalty_relief_until)
        found[row.outage_id] = (*found.get(row.outage_id, ()), one)
    return found
