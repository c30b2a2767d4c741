"""What the audit log keeps of an outage, and whether it bears out what the tables say of it now (P31, R107).

The row of each bulletin holds a digest of the outage as that bulletin left it, so that an outage that was
altered behind the service's back shows against its own log. How far that goes: docs/decisions/0014.
"""

import hashlib
import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from outage_service.domain.outages import Outage
from outage_service.domain.systems import Condition, System
from outage_service.services import audit_log
from outage_service.storage import Connection, audit
from outage_service.storage.audit import AuditFilter, AuditRow

OUTAGE_DIGEST = "outage"
"""The key of the digest in the detail of a bulletin's audit row; rows of older releases have none."""
SYSTEMS_OUT = "out"
"""The key of the systems that are out, or were until now: an impact keeps only its last condition."""
_KEPT = (
    "number", "kind", "started_at", "planned_end_at", "relapse_of", "invoked_at", "revoked_at", "restored_at",
    "remained_in_effect", "cancelled_at", "sequence", "impacts",
)  # fmt: skip
"""What only an act with a bulletin changes."""
_ROWS_AT_MOST = 10_000
"""Two years of bulletins, every two hours."""


def digest_of(outage: Outage) -> str:
    """Returns the SHA-256 of what a record tells of an outage."""
    said = {name: value for name, value in asdict(outage).items() if name in _KEPT}
    granted = [asdict(each) | {"systems": sorted(each.systems)} for each in outage.extensions]
    canonical = json.dumps({**said, "extensions": granted}, sort_keys=True, default=_plain)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(value: object) -> str | int:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, timedelta):
        return round(value.total_seconds())
    raise TypeError(type(value).__name__)


def kept_of(outage: Outage) -> dict[str, object]:
    """Returns what the row of a bulletin that leaves the outage like this keeps of it."""
    out = {impact.system for impact in outage.active_impacts if impact.condition is Condition.OUTAGE}
    return {OUTAGE_DIGEST: digest_of(outage), SYSTEMS_OUT: ";".join(sorted(out))}


def systems_out(tx: Connection, outage_id: int) -> frozenset[System] | None:
    """Returns the systems that were out by any of an outage's bulletins.

    None where an older release has issued one of them: then nobody knows.
    """
    rows = rows_of(tx, outage_id)
    if not all(SYSTEMS_OUT in row.detail for row in rows):
        return None
    names = {name for row in rows for name in row.detail[SYSTEMS_OUT].split(";")} - {""}
    return frozenset(map(System, names))


def rows_of(tx: Connection, outage_id: int) -> list[AuditRow]:
    """Returns the rows of the outage's bulletins, newest first."""
    rows = audit.list_rows(tx, AuditFilter(outage_id=outage_id), before_id=None, limit=_ROWS_AT_MOST)
    return [row for row in rows if "sequence" in row.detail]


def bear_out(tx: Connection, rows: list[AuditRow], outage: Outage) -> bool:
    """Returns whether the rows of an outage's bulletins bear it out.

    Each bulletin has its row, each row fits the chain where it stands, the chain's end is the one that was
    noted, and the outage is as its newest bulletin left it.
    """
    by_sequence = {row.detail["sequence"]: row for row in rows}
    if set(by_sequence) != set(range(1, outage.sequence + 1)):
        return False
    kept = by_sequence[outage.sequence].detail.get(OUTAGE_DIGEST)
    if kept is not None and kept != digest_of(outage):
        return False
    return audit_log.is_intact_around(tx, [row.position for row in rows if row.position is not None])
