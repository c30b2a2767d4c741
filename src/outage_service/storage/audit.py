"""The audit log: one row in the transaction of each act, chained so that a change to it shows (P31).

`record` adds a row; `seal`, the last thing before the commit, gives it its position in the chain and the
digest of all up to it. Sealing last, transactions wait for each other only while they commit, and with
nothing left to wait for. Database triggers refuse to change or delete a sealed row.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from outage_service.storage.console_schema import audit_head
from outage_service.storage.schema import audit
from outage_service.storage.types import AnyRow

NOTHING = "0" * 64
"""What stands for the digest before the first row."""
_UNSEALED = "audit_unsealed"
_WALKED_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One act. `position` and `digest` are None where an older release has written it a moment ago."""

    id: int
    at: datetime
    actor: str
    action: str
    outage_id: int | None
    detail: dict[str, Any]
    position: int | None
    digest: str | None


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: how many rows it has, and the digest of them all."""

    position: int
    digest: str


def record(
    tx: Connection,
    action: str,
    *,
    at: datetime,
    actor: str,
    outage_id: int | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Adds a row; `detail` holds ids and figures, never an address."""
    values = {"at": at, "actor": actor, "action": action, "outage_id": outage_id, "detail": detail or {}}
    tx.execute(insert(audit).values(**values))
    tx.info[_UNSEALED] = True


def seal(tx: Connection) -> None:
    """Chains what this transaction has recorded, and what a release without the chain has meanwhile."""
    # A connection may still say so after a transaction that was rolled back: then there is nothing to chain.
    if not tx.info.pop(_UNSEALED, False):
        return
    head = tx.execute(select(audit_head).with_for_update()).one()
    position, digest = head.position, head.digest
    for row in tx.execute(select(audit).where(audit.c.digest.is_(None)).order_by(audit.c.id)).all():
        position += 1
        digest = digest_after(digest, position, _row(row))
        tx.execute(update(audit).where(audit.c.id == row.id).values(position=position, digest=digest))
    tx.execute(update(audit_head).values(position=position, digest=digest))


def digest_after(previous: str, position: int, row: AuditRow) -> str:
    """Returns the digest of the chain up to this row: SHA-256 of the one before and all that the row says."""
    said = {
        "position": position,
        "id": row.id,
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": row.actor,
        "action": row.action,
        "outage_id": row.outage_id,
        "detail": row.detail,
    }
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}{canonical}".encode()).hexdigest()


def find_head(tx: Connection) -> Head:
    """Returns the end of the chain."""
    head = tx.execute(select(audit_head)).one()
    return Head(head.position, head.digest)


def digest_at(tx: Connection, position: int) -> str | None:
    """Returns the digest that the row at a position of the chain has; None where there is none."""
    return tx.execute(select(audit.c.digest).where(audit.c.position == position)).scalar_one_or_none()


def rows_at(tx: Connection, positions: Iterable[int]) -> dict[int, AuditRow]:
    """Returns the rows that stand at these positions of the chain."""
    wanted = sorted(positions)
    found: dict[int, AuditRow] = {}
    for start in range(0, len(wanted), _WALKED_AT_ONCE):
        some = select(audit).where(audit.c.position.in_(wanted[start : start + _WALKED_AT_ONCE]))
        found |= {row.position: _row(row) for row in tx.execute(some)}
    return found


def walk(tx: Connection) -> Iterator[AuditRow]:
    """Yields the chain from its beginning, holding a thousand rows in memory."""
    position = 0
    while rows := tx.execute(_after(position)).all():
        yield from (_row(row) for row in rows)
        position = rows[-1].position


def _after(position: int) -> Select[Any]:
    return select(audit).where(audit.c.position > position).order_by(audit.c.position).limit(_WALKED_AT_ONCE)


def count_unsealed(tx: Connection) -> int:
    """Returns how many rows the chain does not hold yet."""
    wanted = select(func.count()).select_from(audit).where(audit.c.digest.is_(None))
    return tx.execute(wanted).scalar_one()


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which rows a list is to show; acts from `since` to before `until`."""

    actor: str | None = None
    action: str | None = None
    outage_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


def list_rows(tx: Connection, wanted: AuditFilter, *, before_id: int | None, limit: int) -> list[AuditRow]:
    """Returns rows, newest first."""
    found = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before_id is not None:
        found = found.where(audit.c.id < before_id)
    for column, value in ((audit.c.actor, wanted.actor), (audit.c.action, wanted.action)):
        found = found if value is None else found.where(column == value)
    if wanted.outage_id is not None:
        found = found.where(audit.c.outage_id == wanted.outage_id)
    if wanted.since is not None:
        found = found.where(audit.c.at >= wanted.since)
    if wanted.until is not None:
        found = found.where(audit.c.at < wanted.until)
    return [_row(row) for row in tx.execute(found)]


def list_actions(tx: Connection) -> list[str]:
    """Returns the names of the acts that there are rows of."""
    return sorted(tx.execute(select(audit.c.action).distinct()).scalars())


def _row(row: AnyRow) -> AuditRow:
    return AuditRow(
        row.id, row.at, row.actor, row.action, row.outage_id, row.detail, row.position, row.digest
    )
