"""Looking into the audit log, and whether anybody has tampered with it (P31).

The chain shows a change to any row, a row taken out, and rows cut off its end. Whoever can write to the
database could make a whole new chain: an earlier head, kept elsewhere, shows that too (`is_still_there`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from outage_service.storage import Connection, audit
from outage_service.storage import outages as outage_rows
from outage_service.storage.audit import AuditFilter, AuditRow, Head


class Damage(StrEnum):
    """What is wrong with the chain."""

    CHANGED = "changed"
    """The row says something else than when it was written, or is not the one that stood there."""
    MISSING = "missing"
    """The row at this position is gone."""
    NOT_THE_END = "not_the_end"
    """All rows follow from each other, and their end is not the one that was noted."""


@dataclass(frozen=True, slots=True)
class Broken:
    """Where the chain breaks first; `row_id` is None for a row that is gone."""

    damage: Damage
    position: int
    row_id: int | None


@dataclass(frozen=True, slots=True)
class Verification:
    """What a look at the whole chain has found; `unsealed` rows are an older release's, chained soon."""

    head: Head
    broken: Broken | None
    unsealed: int


def verify(tx: Connection) -> Verification:
    """Computes every digest anew and returns the first place that does not fit."""
    head = audit.find_head(tx)
    return Verification(head, _first_break(tx, head), audit.count_unsealed(tx))


def _first_break(tx: Connection, head: Head) -> Broken | None:
    position, digest = 0, audit.NOTHING
    for row in audit.walk(tx):
        position += 1
        if row.position != position:
            return Broken(Damage.MISSING, position, None)
        digest = audit.digest_after(digest, position, row)
        if row.digest != digest:
            return Broken(Damage.CHANGED, position, row.id)
    if position < head.position:
        return Broken(Damage.MISSING, position + 1, None)
    if (position, digest) != (head.position, head.digest):
        return Broken(Damage.NOT_THE_END, position, None)
    return None


def is_intact_around(tx: Connection, positions: Iterable[int]) -> bool:
    """Returns whether these rows, those after them and the end of the chain fit what stands before them.

    Without a walk through all rows: a row that was changed shows, and so does one that was chained anew
    unless all after it were too.
    """
    head = audit.find_head(tx)
    wanted = {at for position in positions for at in (position, position + 1) if at <= head.position}
    wanted |= {head.position} - {0}
    rows = audit.rows_at(tx, wanted | {position - 1 for position in wanted})
    end = rows.get(head.position)
    is_end = end is not None and end.digest == head.digest
    return is_end and all(_fits(rows, position) for position in wanted)


def _fits(rows: Mapping[int, AuditRow], position: int) -> bool:
    row, before = rows.get(position), rows.get(position - 1)
    previous = before.digest if before else audit.NOTHING
    if row is None or previous is None or (before is None and position != 1):
        return False
    return row.digest == audit.digest_after(previous, position, row)


def is_still_there(tx: Connection, earlier: Head) -> bool:
    """Returns whether the chain still leads through a head that was kept elsewhere."""
    if earlier.position == 0:
        return earlier.digest == audit.NOTHING
    return audit.digest_at(tx, earlier.position) == earlier.digest


def find_head(tx: Connection) -> Head:
    """Returns the end of the chain, to be kept elsewhere."""
    return audit.find_head(tx)


def list_rows(tx: Connection, wanted: AuditFilter, *, before_id: int | None, limit: int) -> list[AuditRow]:
    """Returns rows, newest first."""
    return audit.list_rows(tx, wanted, before_id=before_id, limit=limit)


def numbers_of(tx: Connection, rows: Sequence[AuditRow]) -> dict[int, str]:
    """Returns the numbers of the outages that rows speak of, by id."""
    ids = {row.outage_id for row in rows if row.outage_id is not None}
    return {one.id: one.number for one in outage_rows.outages_by_id(tx, sorted(ids))}


def list_actions(tx: Connection) -> list[str]:
    """Returns the names of the acts that there are rows of."""
    return audit.list_actions(tx)
