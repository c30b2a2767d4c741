"""Rows of clients' own outages (R26–R33), and their case numbers `EXTyy-nnnn`."""

from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from outage_service.domain.external_outages import ExternalOutage, Unit
from outage_service.domain.subscriptions import systems_mask, systems_of_mask
from outage_service.domain.texts import Language
from outage_service.storage.contingency_schema import external_number_counter, external_outage
from outage_service.storage.locks import take_turns
from outage_service.storage.schema import audit
from outage_service.storage.types import AnyRow

ESCALATED, NOT_ESCALATED = "external_escalated", "external_not_escalated"
"""What the audit log says of an incident, with the version since which it is one (R32)."""
_PLAIN = (
    "case_number", "client", "contact", "email", "description", "is_scheduled", "is_provider", "is_incident",
    "told_at", "starts_at", "ends_at", "resolved_at", "version",
)  # fmt: skip


def take_case_number(tx: Connection, year: int) -> str:
    """Returns the next case number of `year`; rolling back gives it back."""
    take_turns(tx, "external numbers")  # the first two of a year would both add its row
    counter = external_number_counter
    counted = update(counter).where(counter.c.year == year).values(last=counter.c.last + 1)
    last = tx.execute(counted.returning(counter.c.last)).scalar_one_or_none()
    if last is None:
        last = 1
        tx.execute(insert(counter).values(year=year, last=last))
    return f"EXT{year % 100:02d}-{last:04d}"


def insert_external(tx: Connection, new: ExternalOutage) -> int:
    """Adds a client's outage and returns its id."""
    added = insert(external_outage).values(**_values(new)).returning(external_outage.c.id)
    external_id: int = tx.execute(added).scalar_one()
    return external_id


def save_external(tx: Connection, changed: ExternalOutage) -> bool:
    """Writes an amended outage back; returns whether nobody else had since it was read."""
    seen = external_outage.c.version == changed.version - 1
    still = update(external_outage).where(external_outage.c.id == changed.id, seen)
    return tx.execute(still.values(**_values(changed))).rowcount == 1


def _values(one: ExternalOutage) -> dict[str, Any]:
    return {name: getattr(one, name) for name in _PLAIN} | {
        "unit": one.unit.value,
        "language": one.language.value,
        "systems": systems_mask(one.systems),
    }


def find_external(tx: Connection, external_id: int) -> ExternalOutage | None:
    """Returns a client's outage."""
    wanted = select(external_outage).where(external_outage.c.id == external_id)
    row = tx.execute(wanted).one_or_none()
    return _external(row) if row else None


def has_become_incident(tx: Connection, one: ExternalOutage) -> bool:
    """Returns whether a case was recorded as none and has turned out to be an incident, by the audit log."""
    escalations = select(audit.c.detail).where(
        audit.c.at >= one.told_at, audit.c.action.in_((ESCALATED, NOT_ESCALATED))
    )
    details = tx.execute(escalations).scalars()
    return any(each["external_id"] == one.id and each["version"] > 1 for each in details)


def list_external(
    tx: Connection, *, before_id: int | None, limit: int, only_of: Unit | None, is_open: bool | None
) -> list[ExternalOutage]:
    """Returns clients' outages below `before_id`, newest first; with `only_of` a unit's, no incidents."""
    wanted: Select[Any] = select(external_outage).order_by(external_outage.c.id.desc()).limit(limit)
    if before_id is not None:
        wanted = wanted.where(external_outage.c.id < before_id)
    if only_of is not None:
        wanted = wanted.where(external_outage.c.unit == only_of.value, ~external_outage.c.is_incident)
    if is_open is not None:
        unresolved = external_outage.c.resolved_at.is_(None)
        wanted = wanted.where(unresolved if is_open else ~unresolved)
    return [_external(row) for row in tx.execute(wanted)]


def _external(row: AnyRow) -> ExternalOutage:
    return ExternalOutage(
        id=row.id,
        unit=Unit(row.unit),
        language=Language(row.language),
        systems=systems_of_mask(row.systems),
        **{name: getattr(row, name) for name in _PLAIN},
    )
